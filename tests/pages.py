"""For tests of pages in a browser: opening them, and the window that they are in."""

from contextlib import contextmanager

from autograd import draw

SIZES = [(390, 844), (800, 700), (1400, 900)]
SCHEMES = ["light", "dark"]


def opened(browser, node, tmp_path, **options):
    """The browser, with the page of a node."""
    path = draw(node, **options).save(tmp_path / "page.html")
    browser.get(path.as_uri())
    return browser


@contextmanager
def window(browser, width, height, scheme="light", touch=False):
    """A window of a size, in a colour scheme."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
    )
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def text(browser, id):
    return browser.find_element("id", id).text


def press(browser, *keys):
    browser.find_element("tag name", "body").send_keys(*keys)


def card(browser, name):
    """The box of a node."""
    return browser.find_element("xpath", f"//button[@aria-label='Explain {name}']/ancestor::div[contains(@class, 'card')]")


def number(browser, label):
    """The field in the box of a leaf."""
    return browser.find_element("css selector", f"#world input[aria-label='{label}']")


def type_number(browser, label, x):
    field = number(browser, label)
    field.click()
    field.send_keys(str(x))  # it is selected when it gets the focus


def read(browser):
    """What the page computed, by label."""
    return {node["label"]: node for node in browser.execute_script("return glassgrad.read().nodes")}
