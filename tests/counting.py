"""How much work something is, counted instead of timed: the tests of several rooms share this."""

import sys


def steps_of(work):
    """How many lines of Python run in `work`, and how many functions are called."""
    count = 0

    def step(frame, event, argument):
        nonlocal count
        count += 1
        return step

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(step)
    sys.setprofile(step)
    try:
        work()
    finally:
        sys.setprofile(before[1])
        sys.settrace(before[0])
    return count
