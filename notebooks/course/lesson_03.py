"""Checks of lesson 3: the graph, the chain rule, and backward."""

import itertools
import math
import operator

from autograd import Value

from .answers import exercise
from .comparing import alike, attempt, same_function, shown
from .graphs import same_gradients
from .verdict import Wrong


@exercise("3.1")
def numbers_for_grads(a, b, c):
    if alike(b, 5) and alike(a, 2):
        return
    if alike(b, 2) and alike(a, 5):
        raise Wrong("swapped")
    raise Wrong("not_these", a=shown(b), b=shown(a))


def used_twice():
    """The graph of exercise 3.2, with its grads, and its nodes by their names."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(4.0, label="c")
    d = a * b
    e = d + c
    result = e * c
    d.label, e.label, result.label = "d", "e", "L"
    result.backward()
    return result, {"a": a, "b": b, "c": c, "d": d, "e": e}


@exercise("3.2")
def filled_in(grads):
    result, nodes = used_twice()
    if not isinstance(grads, dict) or not nodes.keys() <= grads.keys():
        raise Wrong("not_named", names=", ".join(nodes))
    if ... in grads.values():
        raise Wrong("empty")

    def why(node, given):
        if node is nodes["c"] and given in (-2, 4):
            return "one_path"
        if node is nodes["c"] and given == -8:
            return "paths_multiplied"
        if given == {nodes["d"]: 1, nodes["a"]: -3, nodes["b"]: 2}.get(node):
            return "local_only"
        return "value_given" if given == node.data else "first_wrong"

    same_gradients(result, {node: grads[name] for name, node in nodes.items()}, why)


def from_paths(paths):
    return sum(math.prod(path) for path in paths)


def running_product(paths):
    return sum(itertools.accumulate(map(math.prod, paths), operator.mul))


@exercise("3.3")
def chain_rule(answer):
    same_function(
        answer,
        from_paths,
        [([[3.0, 2.0]],), ([[3.0], [4.0]],), ([[0.5, 1.0], [0.5, 1.0], [0.786, 1.0]],)],
        {
            "added_along": lambda paths: sum(map(sum, paths)),
            "multiplied_over": lambda paths: math.prod(map(math.prod, paths)),
            "not_reset": running_product,
            "first_path_only": lambda paths: math.prod(paths[0]),
        },
    )


class Box:
    """What the learner's step is called with."""

    def __init__(self, data):
        self.data = data
        self.grad = 0.0


def graphs():
    """Products: of two numbers, with themselves, one whose grad is 5, and one whose left input has a grad from elsewhere."""
    a, b, x = Value(2.0, label="a"), Value(-3.0, label="b"), Value(3.0, label="x")
    for left, right, grad in ((a, b, 1.0), (x, x, 1.0), (a, b, 5.0)):
        out = left * right
        out.label = "out"
        yield out, out, left, right, grad, 0.0
    out = a * b
    result = out + a
    out.label, result.label = "out", "L"
    yield result, out, a, b, 1.0, 1.0


@exercise("3.4")
def product_step(answer):
    for result, out, left, right, grad, before in graphs():
        left.zero_grad(), right.zero_grad()
        result.backward(grad)
        boxes = {node: Box(node.data) for node in {left, right, out}}
        boxes[out].grad, boxes[left].grad = grad, before
        attempt("product_step(out, left, right)", lambda: [answer(boxes[out], boxes[left], boxes[right])])  # noqa: B023
        if not boxes[left].grad and not boxes[right].grad:
            raise Wrong("nothing_added")
        why = "assigned" if left is right else "assigned_elsewhere" if before else "own_value" if grad == 1 else "seed_forgotten"
        same_gradients(result, {node: box.grad for node, box in boxes.items()}, why)
