"""Claims about the data of a playground: made by a formula, drawn with the mouse, pasted as CSV."""

import numpy as np
from pages import text
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_playground_numbers import read
from test_playground_page import click, loss, moons, slide


def test_data_can_be_made(browser, tmp_path):
    moons(browser, tmp_path)
    for name in ("moons", "circles", "XOR", "spirals"):
        browser.execute_script("choices.noise = 0; choices.points = 0")
        browser.find_element(By.CSS_SELECTOR, f"[data-set='{name}']").click()
        count = "return [data.X.length, data.y.filter((y) => y === 1).length, data.train.n + data.held.n]"
        assert browser.execute_script(count) == [200, 100, 200]
        before = browser.execute_script("return data.X")
        slide(browser, "noise", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        assert browser.execute_script("return data.X") != before
        slide(browser, "points", Keys.HOME)
        assert browser.execute_script("return data.X.length") == 10
        click(browser, "step")
        assert np.isfinite(loss(browser))


def test_noise_never_moves_the_readers_own_points(browser, tmp_path):
    moons(browser, tmp_path)
    assert not browser.find_element(By.ID, "k-noise").is_enabled()


def test_points_are_drawn_by_clicks(browser, tmp_path):
    moons(browser, tmp_path, held_out=0)
    browser.find_element(By.CSS_SELECTOR, "[data-set='draw']").click()
    click(browser, "clear")
    browser.find_element(By.XPATH, "//*[@id='pens']/button[2]").click()
    plane = browser.find_element(By.ID, "plane")
    ActionChains(browser).move_to_element_with_offset(plane, 60, -40).click().perform()
    X, y = browser.execute_script("return [data.X, data.y]")
    assert len(X) == 3
    assert y == [0, 1, 1]
    assert X[2][0] > 0
    assert X[2][1] > 0
    click(browser, "step")
    assert read(browser)["training"] == [0, 1, 2]


def test_pythons_points_come_back_after_drawing(browser, tmp_path):
    moons(browser, tmp_path)
    first = browser.execute_script("return data.X")
    browser.find_element(By.CSS_SELECTOR, "[data-set='draw']").click()
    assert not browser.find_element(By.ID, "undraw").is_displayed()
    click(browser, "clear")
    click(browser, "undraw")
    assert browser.execute_script("return data.X") == first
    assert not browser.find_element(By.ID, "undraw").is_displayed()


def test_drawing_starts_from_the_set_on_show_and_the_readers_points_come_back(browser, tmp_path):
    moons(browser, tmp_path)
    first = browser.execute_script("return data.X")
    browser.find_element(By.CSS_SELECTOR, "[data-set='circles']").click()
    shown = browser.execute_script("return data.X")
    browser.find_element(By.CSS_SELECTOR, "[data-set='draw']").click()
    assert browser.execute_script("return data.X") == shown
    ActionChains(browser).move_to_element_with_offset(browser.find_element(By.ID, "plane"), 20, 20).click().perform()
    assert browser.execute_script("return data.X.length") == len(shown) + 1
    click(browser, "undraw")
    assert browser.execute_script("return data.X") == first
    browser.execute_script("own = { ...own, X: own.X.map(([x, y]) => [x + 1, y]) }; useOwn()")
    for name in ("moons", "draw", "circles", "draw"):
        browser.find_element(By.CSS_SELECTOR, f"[data-set='{name}']").click()
    assert text(browser, "undraw") == "Back to your points"
    click(browser, "undraw")
    assert browser.execute_script("return data.X") == [[x + 1, y] for x, y in first]
    assert text(browser, "undraw") == "Back to Python’s points"


def test_a_pen_has_the_marker_of_its_class(browser, tmp_path):
    moons(browser, tmp_path)
    marks = "return [...document.querySelectorAll(`#${arguments[0]} canvas`)].slice(0, 2).map((mark) => mark.toDataURL())"
    light = browser.execute_script(marks, "pens")
    assert light == browser.execute_script(marks, "legend")
    click(browser, "theme")
    assert light != browser.execute_script(marks, "pens") == browser.execute_script(marks, "legend")
    click(browser, "theme")


def test_points_are_pasted_as_csv_and_a_wrong_line_is_named(browser, tmp_path):
    moons(browser, tmp_path)
    click(browser, "csv-button")
    area = browser.find_element(By.ID, "csv-text")
    assert len(area.get_attribute("value").splitlines()) == 40
    for wrong, said in {
        "x,y,class\n1,2,1\n3,4": "Line 3 is not 3 numbers: 3,4",
        "1,2,1\n3,4,7": "Line 2 has the class 7; the classes are -1, 1.",
        "1,2,1": "These are not two points yet.",
    }.items():
        browser.execute_script("arguments[0].value = arguments[1]", area, wrong)
        click(browser, "csv-use")
        assert text(browser, "csv-says") == said
    browser.execute_script("arguments[0].value = arguments[1]", area, "x1, x2, class\n1, 2, 1\n-1; 0.5; -1\n\n0\t0\t1")
    click(browser, "csv-use")
    assert browser.execute_script("return [data.X, data.y]") == [[[1, 2], [-1, 0.5], [0, 0]], [1, 0, 1]]
    assert not browser.find_element(By.ID, "csv").is_displayed()


def test_what_is_pasted_takes_the_place_of_the_points_and_pythons_come_back(browser, tmp_path):
    moons(browser, tmp_path)
    first = browser.execute_script("return data.X")
    click(browser, "csv-button")
    assert text(browser, "csv-says") == ""
    browser.switch_to.active_element.send_keys("x,y,class\n1,2,0\n3,4,1")  # the first class, −1, may be called 0
    assert text(browser, "csv-says") == "The first line is read as a heading: x,y,class"
    click(browser, "csv-use")
    assert browser.execute_script("return [data.X, data.y]") == [[[1, 2], [3, 4]], [0, 1]]
    click(browser, "csv-button")
    click(browser, "csv-first")
    assert browser.execute_script("return data.X") == first
    assert not browser.find_element(By.ID, "csv").is_displayed()


def test_a_stroke_draws_points_and_the_plane_stays_where_it_is(browser, tmp_path):
    moons(browser, tmp_path)
    before = browser.execute_script("return range")
    browser.find_element(By.CSS_SELECTOR, "[data-set='draw']").click()
    plane = browser.find_element(By.ID, "plane")
    stroke = ActionChains(browser).move_to_element_with_offset(plane, -60, 0).click_and_hold()
    for _ in range(4):
        stroke = stroke.move_by_offset(20, 0)
    stroke.release().perform()
    ys = browser.execute_script("return data.X.slice(40).map(([, y]) => y)")
    assert len(ys) == 5
    assert len(set(ys)) == 1
    assert browser.execute_script("return range") == before
