"""The switch that shortens the course."""

import os

__all__ = ["short"]


def short(usual, shortened):
    """`usual`; or `shortened` where the environment variable GLASSGRAD_COURSE is "short", as in the tests.

    >>> epochs = short(40, 2)
    """
    return shortened if os.environ.get("GLASSGRAD_COURSE") == "short" else usual
