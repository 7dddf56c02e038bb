"""Claims about `History`: a table of epochs, which pandas can read and matplotlib can draw."""

import math

import pytest

import nn


def history(epochs=3):
    out = nn.History()
    for i in range(1, epochs + 1):
        out.append({"epoch": i, "loss": 1 / i, "val_loss": 2 / i, "lr": 0.1, "seconds": 0.5})
    return out


def test_columns_are_lists_by_name():
    assert history()["loss"] == [1, 1 / 2, 1 / 3]
    assert list(history()) == ["epoch", "loss", "val_loss", "lr", "seconds"]
    assert {len(column) for column in history().values()} == {3}


def test_pandas_reads_it_as_a_table():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(history())
    assert frame.shape == (3, 5)
    assert frame["val_loss"].min() == 2 / 3
    assert frame.set_index("epoch").loc[2, "loss"] == 0.5


def test_what_an_epoch_did_not_measure_is_nan():
    table = history(2)
    table.append({"epoch": 3, "loss": 0.25, "accuracy": 0.5})
    assert table["accuracy"][2] == 0.5
    assert all(map(math.isnan, table["accuracy"][:2]))
    assert math.isnan(table["val_loss"][2])
    assert {len(column) for column in table.values()} == {3}


def test_its_text_is_the_table():
    assert repr(nn.History()) == "History of no epochs"
    assert repr(history(2)).splitlines() == [
        "epoch  loss  val_loss   lr  seconds",
        "    1     1         2  0.1      0.5",
        "    2   0.5         1  0.1      0.5",
    ]
    long = repr(history(200)).splitlines()
    assert len(long) == 12
    assert long[6] == "… 190 more …"
    assert long[-1].split()[0] == "200"


def test_plot_draws_the_measures_and_not_the_rest():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    panels = history().plot()
    lines = [line for panel in panels for line in panel.get_lines()]
    assert sorted(len(line.get_ydata()) for line in lines) == [3, 3]
    pyplot.close("all")
    with pytest.raises(ValueError, match="empty history"):
        nn.History().plot()
