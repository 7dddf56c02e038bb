"""Checks of lesson 4: build Value yourself."""

import math
import sys

from autograd import Value, draw

from .answers import exercise
from .comparing import alike, attempt, shown
from .graphs import same_gradients
from .verdict import Wrong


class Number:
    """As in the lesson."""

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.grad, self.inputs, self.slopes = data, 0.0, inputs, slopes


@exercise("4.1")
def tanh(answer):
    for data in (0.5, -1.2):
        x = Number(data)
        y = attempt(f"tanh(Number({data}))", lambda: answer(x))  # noqa: B023 (called at once)
        t = math.tanh(data)
        if not hasattr(y, "inputs"):
            raise Wrong("plain_number", given=shown(y))
        if not alike(y.data, t):
            raise Wrong("other_result", call=f"tanh(Number({data})).data", given=shown(y.data), right=shown(t))
        if not all(isinstance(part, (tuple, list)) for part in (y.inputs, y.slopes)):
            raise Wrong("no_tuples")
        if list(y.inputs) != [x] or len(y.slopes) != 1:
            raise Wrong("forgets_input")
        slope = y.slopes[0]
        if not alike(slope, 1 - t * t):
            for why, mistaken in (("of_the_input", 1 - data * data), ("not_squared", 1 - t)):
                if alike(slope, mistaken):
                    raise Wrong(why)
            raise Wrong("other_slope", given=shown(slope), right=shown(1 - t * t))


DOUBLINGS = 12  # then there are 4,096 paths, and 13 numbers
MANY = 1000  # calls


def calls_made(action):
    """How many calls, of Python's own functions too, are made while an action runs."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return calls


def diamond():
    """The graph of exercise 4.2, with its nodes by their names, each with the names of those that use it."""
    x = Value(3.0, label="x")
    s = x * x
    t = s * s
    y = s + t
    s.label, t.label, y.label = "s", "t", "y"
    return {"x": x, "s": s, "t": t, "y": y}, {"x": "s", "s": "ty", "t": "y", "y": ""}


@exercise("4.2")
def order(names):
    nodes, users = diamond()
    if not isinstance(names, (list, tuple)):
        raise Wrong("not_all_names", names=", ".join(nodes))
    if ... in names:
        raise Wrong("empty")
    if sorted(map(str, names)) != sorted(nodes):
        raise Wrong("not_all_names", names=", ".join(nodes))
    if list(names) == ["x", "s", "t", "y"]:
        raise Wrong("forward_order")
    for i, name in enumerate(names):
        late = [user for user in users[name] if user not in names[:i]]
        if late:
            raise Wrong("too_early", draw(nodes["y"], marks={nodes[name]: "✗"}), name=name, user=late[0])


@exercise("4.3")
def ordered(answer):
    x = Number(3.0)
    s = Number(9.0, (x, x), (3.0, 3.0))
    t = Number(81.0, (s, s), (9.0, 9.0))
    y = Number(90.0, (s, t), (1.0, 1.0))
    names = {x: "x", s: "s", t: "t", y: "y"}
    for result, expected in ((s, [x, s]), (y, [x, s, t, y]), (x, [x])):
        found = attempt(f"ordered({names[result]})", lambda: answer(result))  # noqa: B023 (called at once)
        shown_as = [names.get(number, "?") for number in found]
        if not found:
            raise Wrong("empty_list")
        if len(set(found)) < len(found):
            raise Wrong("twice", given=shown(shown_as))
        if set(found) != set(expected):
            raise Wrong("one_missing", given=shown(shown_as), right=shown([names[number] for number in expected]))
        for i, number in enumerate(found):
            if not set(number.inputs) <= set(found[:i]):
                raise Wrong("before_inputs", given=shown(shown_as), name=names[number])
    doubled = Number(1.0)
    for _ in range(DOUBLINGS):
        doubled = Number(2 * doubled.data, (doubled, doubled), (1.0, 1.0))
    if calls_made(lambda: answer(doubled)) > MANY:
        raise Wrong("every_path")


def a_sum(kind):
    a, b = kind(2.0), kind(-3.0)
    return {"a": a, "b": b}, a + b


def a_product(kind):
    a, b = kind(2.0), kind(-3.0)
    return {"a": a, "b": b}, a * b


def used_twice(kind):
    x = kind(3.0)
    return {"x": x}, x * x


def two_steps(kind):
    a, b, c = kind(2.0), kind(-3.0), kind(4.0)
    s = a * b
    return {"a": a, "b": b, "c": c, "s": s}, s * c


def with_tanh(kind):
    x = kind(0.5)
    s = x * x
    return {"x": x, "s": s}, s.tanh()


def used_by_two(kind):
    x = kind(3.0)
    s = x * x
    t = s * s
    return {"x": x, "s": s, "t": t}, s + t


WHY = {
    a_product: "own_slopes",
    used_twice: "assigned",
    two_steps: lambda node, given: "handed_on_early" if given == 0 else "share_forgotten",
    with_tanh: "tanh_slope",
    used_by_two: "no_order",
}


@exercise("4.4")
def my_value(answer):
    for graph, formula in (
        (a_sum, "a + b"), (a_product, "a * b"), (used_twice, "x * x"),
        (two_steps, "a * b * c"), (with_tanh, "(x * x).tanh()"), (used_by_two, "s + s * s"),
    ):  # fmt: skip
        mine, my_result = attempt(formula, lambda: graph(answer))  # noqa: B023 (called at once)
        attempt(formula, lambda: my_result)  # noqa: B023
        nodes, result = graph(Value)
        if not alike(my_result.data, result.data):
            raise Wrong("other_result", call=formula, given=shown(my_result.data), right=shown(result.data))
        for name, node in nodes.items():
            node.label = name
        result.label = "out"
        attempt(f"({formula}).backward()", lambda: [my_result.backward()])  # noqa: B023
        result.backward()
        grads = {result: my_result.grad} | {nodes[name]: number.grad for name, number in mine.items()}
        if graph is a_sum and not any(grads.values()):
            raise Wrong("no_seed")
        same_gradients(result, grads, WHY.get(graph, "first_wrong"))
    doubled = answer(1.0)
    for _ in range(DOUBLINGS):
        doubled = doubled + doubled
    if calls_made(doubled.backward) > MANY:
        raise Wrong("follows_paths")
