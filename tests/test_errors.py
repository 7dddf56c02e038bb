"""Every mistake that the engine refuses, and the sentence it refuses it with."""

import math
import pickle
import re

import numpy as np
import pytest

import autograd
from autograd import Node, Primitive, Tensor, Value, grad, jacobian, jvp, no_grad, table, vjp
from autograd.core import record
from autograd.structures import matching, tree_map


def v(number=2.0, label=None):
    return Value(number, label)


def t(*shape):
    return Tensor(np.ones(shape))


def assigned(node, new):
    node.data = new


def written(array, index, new):
    array[index] = new


def after_a_change(node, new):
    """Backward through a leaf that was changed after its use."""
    out = (node * node).sum() if isinstance(node, Tensor) else node * node
    node.data = new
    out.backward()


def constant(kind=Value):
    with no_grad():
        return kind(2.0) * 3


def stale_window():
    x = t(2)
    window = x.data
    x.data = [5.0, 6.0]
    window -= 1


def added_in_place(array, node):
    array += node


def with_rules(vjp, call, array=lambda *xs: xs[0] * 1.0, **parts):
    """Backward through a primitive of one's own with a mistake in its rules."""
    own = Primitive("own", symbol="o", latex="#1", scalar=lambda *xs: xs[0], array=array, vjp=vjp, doc="Mistaken.", **parts)
    try:
        call(own)
    finally:
        del table["own"]


class Odd(Node):
    __slots__ = ()


def odd():
    return record(Odd, 1.0, table["identity"], (), {})


VALUES = [
    (lambda: Value("3"), TypeError, "A Value is a number, not the text '3'. Convert it first: Value(float('3'))."),
    (lambda: Value([1, 2]), TypeError, "A Value is one number, not the list [1, 2]. Make a Tensor of it, or a list of Values"),
    (lambda: Value(np.ones(3)), TypeError, "A Value is one number, not an array of shape (3,)."),
    (lambda: Value(2j), TypeError, "A Value is a real number, not the complex 2j. Keep its real and imaginary part in two Values."),
    (lambda: Value(None), TypeError, "A Value is a real number, not the NoneType None."),
    (lambda: Value({n: n for n in range(99)}), TypeError, "A Value is a real number, not a dict."),
    (lambda: Value(v(2.0, "w")), TypeError, "Value(…) got Value 'w', which is a node already; use it as it is, or copy its number"),
    (lambda: Value(1.0, label=3), TypeError, "label is a text for pictures and errors, not int 3."),
    (lambda: assigned(v(), "3"), TypeError, "A Value is a number, not the text '3'."),
    (lambda: assigned(v() * 3, 1.0), RuntimeError, "the Value 6.0 (from multiply) was computed, so its data follows from its inputs."),
    (lambda: v() * [1, 2], TypeError,
     "multiply got a Value and the list [1, 2]: a Value is one number. Make an array of the list, or go through its numbers one by one."),
    (lambda: np.ones(3) @ v(), ValueError, "matmul got shapes (3,) and (): a single number has no axis to multiply along; use * instead."),
    (lambda: v() + 2j, TypeError, "add got a Value and the complex 2j: derivatives here are of real numbers."),
    (lambda: v() - "a", TypeError, "subtract got a Value and the str 'a'; it takes Values and real numbers."),
    (lambda: None * v(), TypeError, "multiply got a Value and the NoneType None"),
    (lambda: v() < "a", TypeError, "'<' not supported between instances of 'Value' and 'str'"),
    (lambda: max([v(), None]), TypeError, "'>' not supported between instances of 'NoneType' and 'Value'"),
    (lambda: math.exp(v()), TypeError,
     "would drop the Value from the graph, and its derivative with it. For the plain number write `.item()`"),
    (lambda: math.exp(v()), TypeError,
     "to keep the derivative write autograd.exp(x), autograd.sqrt(x), … for math.exp(x), math.sqrt(x), …."),
    (lambda: math.floor(v()), TypeError, "would drop the Value from the graph"),
    (lambda: float(v()), TypeError, "float(…), or a function of the math module, would drop the Value from the graph"),
    (lambda: int(v()), TypeError, "int(…) would drop the Value from the graph"),
    (lambda: complex(v()), TypeError, "complex(…) would drop the Value from the graph"),
    (lambda: np.array([v()], dtype=float), TypeError, "would drop the Value from the graph"),
    (lambda: written(np.ones(2), 0, v()), TypeError, "would drop the Value from the graph"),
    (lambda: autograd.tanh(v(), v()), TypeError, "tanh takes 1 input and got 2."),
    (lambda: autograd.add(v()), TypeError, "add takes 2 inputs and got 1."),
    (lambda: autograd.maximum(1.0, 2.0, 3.0), TypeError, "maximum takes 2 inputs and got 3."),
    (lambda: autograd.leaky_relu(v(), slope=2), TypeError, "leaky_relu got shape (), slope=2: "),
    (lambda: autograd.tanh(odd()), TypeError, "Odd does not say how primitives are computed on it."),
]  # fmt: skip

TENSORS = [
    (lambda: Tensor(np.array([1, 2])), TypeError, "A Tensor has derivatives, so it holds floats, not int64. Write Tensor(x.astype(float))"),
    (lambda: Tensor(np.array([True])), TypeError, "so it holds floats, not bool."),
    (lambda: Tensor([[1, 2], [3]]), ValueError, "A Tensor holds real numbers, in rows that are equally long; these are not."),
    (lambda: Tensor(["a"]), TypeError, "A Tensor holds real numbers, not text. Convert the entries to floats first."),
    (lambda: Tensor([2j]), TypeError, "A Tensor holds real numbers, not complex numbers."),
    (lambda: Tensor([None]), TypeError, "A Tensor holds real numbers, not Python objects."),
    (lambda: Tensor(np.array(["2020-01-01"], dtype="datetime64")), TypeError, "A Tensor holds real numbers, not datetime64"),
    (lambda: Tensor([v(), v()]), TypeError, "not Values in a list; autograd.stack(values) makes a Tensor of them that stays in the graph."),
    (lambda: Tensor([t(2), t(2)]), TypeError,
     "use the functions of autograd on the Tensor itself (stack, for a list of them; df.to_numpy() @ t"),
    (lambda: Tensor(t(2)), TypeError, "Tensor(…) got the Tensor of shape (2,), which is a node already; use it as it is, or copy its data"),
    (lambda: Tensor([1.0], label=3), TypeError, "label is a text for pictures and errors, not int 3."),
    (lambda: t(2) + np.ones(3), ValueError, "add got shapes (2,) and (3,), which do not broadcast: counted from the right, each two axes"),
    (lambda: t(2, 3) @ np.ones((2, 3)), ValueError,
     "matmul got shapes (2, 3) and (2, 3): the last axis of the first (3) must be as long as "
     "the second to last axis of the second (2)."),
    (lambda: t(2, 3) @ np.ones(2), ValueError, "must be as long as the only axis of the second (2)."),
    (lambda: t(2) @ 3.0, ValueError, "matmul got shapes (2,) and (): a single number has no axis to multiply along; use * instead."),
    (lambda: 3.0 @ t(2), ValueError, "a single number has no axis to multiply along"),
    (lambda: t(2, 2, 2) @ np.ones((3, 2, 2)), ValueError, "matmul got shapes (2, 2, 2) and (3, 2, 2), which do not broadcast"),
    (lambda: t(2) + "a", TypeError, "add takes Tensors, numbers and arrays of numbers, not text."),
    (lambda: t(2) * [1, [2]], ValueError,
     "multiply takes Tensors, numbers and arrays of numbers, in rows that are equally long; these are not."),
    (lambda: t(2) * np.array([v(), v()]), TypeError, "not Values in a list; autograd.stack(values) makes a Tensor of them"),
    (lambda: t(2).sum(axis=5), ValueError, "sum got shape (2,), axis=5, keepdims=False: axis 5 is out of bounds"),
    (lambda: t(2).reshape(3), ValueError, "reshape got shape (2,), shape=(3,): cannot reshape array of size 2 into shape (3,)."),
    (lambda: t(2).reshape(1.5), TypeError, "reshape got shape (2,), shape=(1.5,): 'float' object cannot be interpreted as an integer."),
    (lambda: autograd.concatenate([]), ValueError, "concatenate got no input, axis=0: need at least one array to concatenate."),
    (lambda: autograd.stack([t(2), t(3), t(2), t(2)]), ValueError, "stack got shapes (2,), (3,), (2,), …, axis=0: "),
    (lambda: t(2)[5], IndexError, "getitem got shape (2,), index=5: index 5 is out of bounds for axis 0 with size 2."),
    (lambda: t(2)["a"], IndexError, "getitem got shape (2,), index='a': only integers, slices"),
    (lambda: t(2)[t(2)], TypeError, "An index is not differentiable: use plain integers, slices or integer arrays, not Values or Tensors."),
    (lambda: t(2, 2)[0, v()], TypeError, "An index is not differentiable"),
    (lambda: len(t()), TypeError, "the Tensor of shape () is a single number and has no length; .item() gives the number."),
    (lambda: t(2).item(), ValueError,
     "the Tensor of shape (2,) has 2 entries, and item() is for one; .data is the array, .tolist() a list."),
    (lambda: bool(t(2)), ValueError, "the Tensor of shape (2,) has 2 truth values, not one. Compare its data and say (t.data > 0).any()"),
    (lambda: float(t(1)), TypeError, "would drop the Tensor from the graph, and its derivative with it."),
    (lambda: np.asarray(t(2)), TypeError, "Turning it into a NumPy array would drop the Tensor from the graph"),
    (lambda: autograd.add(t(2), t(2), t(2)), TypeError, "add takes 2 inputs and got 3."),
    (lambda: assigned(t(2), [1.0]), ValueError, "the Tensor of shape (2,) cannot take data of shape (1,); make a new Tensor."),
    (lambda: assigned(t(2), ["a", "b"]), TypeError, "A Tensor holds real numbers, not text."),
    (lambda: assigned(t(1), [2j]), TypeError, "A Tensor holds real numbers, not complex numbers."),
    (lambda: assigned(t(1) * 2, [3.0]), RuntimeError,
     "the Tensor of shape (1,) (from multiply) was computed, so its data follows from its inputs."),
    (lambda: written(t(1) * 2, 0, 3.0), RuntimeError, "(from multiply) was computed, so its data follows from its inputs."),
    (lambda: written((t(1) * 2).data, 0, 3.0), RuntimeError, "These are the data of a computed Tensor, so they follow from its inputs."),
    (lambda: written(t(2), 0, v()), TypeError, "Writing a Value into an array would drop it from the graph, and its derivative with it."),
    (lambda: added_in_place(t(2).data, t(2)), TypeError, "Writing a Tensor into an array would drop it from the graph"),
    (lambda: t(2).astype(int), TypeError, "A Tensor holds floats, such as float32, and cannot become int64; t.data"),
    (stale_window, RuntimeError, "the Tensor of shape (2,) has got new data since this array was taken; take its .data again."),
]  # fmt: skip

BACKWARD = [
    (lambda: t(2).backward(), ValueError, "backward() starts from a single number, and the Tensor of shape (2,) has 2. Reduce it first"),
    (lambda: t(2).backward([1.0]), ValueError, "A gradient of the Tensor of shape (2,) has its shape, (2,), and not (1,)."),
    (lambda: t(2).backward("a"), TypeError, "A gradient is made of real numbers, not text."),
    (lambda: t(1).backward([1j]), TypeError, "A gradient is made of real numbers, not complex numbers."),
    (lambda: v().backward([1.0]), TypeError, "A Value is one number, not the list [1.0]."),
    (lambda: constant().backward(), RuntimeError,
     "backward() on the Value 6.0: it is a constant, made by detach() or under no_grad(), and has no"),
    (lambda: constant(Tensor).backward(), RuntimeError, "backward() on the Tensor of shape (): it is a constant"),
    (lambda: v(2.0, "x").detach().backward(), RuntimeError, "it is a constant, made by detach() or under no_grad(), and has no history."),
    (lambda: after_a_change(v(2.0, "w"), 3.0), RuntimeError, "Value 'w' was changed after multiply had used it, so the gradient would mix"),
    (lambda: after_a_change(t(2), [3.0, 4.0]), RuntimeError, "the Tensor of shape (2,) was changed after multiply had used it"),
    (lambda: with_rules((lambda g, y, x: g,) * 2, lambda own: own(v()).backward()), TypeError,
     "The vjp of own gives 2 gradients, and it was called with 1 input; its entry in the table must give one for each."),
    (lambda: with_rules((lambda g, y, x: g,), lambda own: own(v(), v()).backward()), TypeError,
     "The vjp of own gives 1 gradient, and it was called with 2 inputs"),
    (lambda: with_rules(lambda g, y, *xs: [g], lambda own: own(v(), v()).backward(), cases=(autograd.Case(()),)), TypeError,
     "The vjp of own gives 1 gradient, and it was called with 2 inputs"),
    (lambda: with_rules((lambda g, y, x: g[:1],), lambda own: own(t(2)).sum().backward()), ValueError,
     "The vjp of own gave a gradient of shape (1,) for an input of shape (2,)."),
    (lambda: with_rules((lambda g, y, x: g.reshape(3, 5),), lambda own: own(t(2)).sum().backward()), ValueError, "cannot reshape"),
]  # fmt: skip

FUNCTIONS = [
    (lambda: autograd.mean([]), ValueError, "mean() got an empty list; it needs at least one number."),
    (lambda: autograd.max([]), ValueError, "max() got an empty list"),
    (lambda: autograd.min(iter([])), ValueError, "min() got an empty list"),
    (lambda: autograd.logsumexp([]), ValueError, "logsumexp() got an empty list"),
    (lambda: autograd.softmax([]), ValueError, "softmax() got an empty list"),
    (lambda: autograd.log_softmax([]), ValueError, "log_softmax() got an empty list"),
    (lambda: autograd.dot([v()], [1, 2]), ValueError,
     "dot got 1 and 2 numbers; it multiplies them in pairs, so the lists must be equally long."),
    (lambda: autograd.dot(t(2, 3, 4), t(2, 4, 5)), ValueError, "dot takes vectors and matrices, and got shapes (2, 3, 4) and (2, 4, 5)"),
    (lambda: autograd.take([v()], [0]), TypeError, "take from a list of rows takes one whole number, not [0]."),
    (lambda: autograd.take([v()], 3), IndexError, "take: there is no row 3 in a table of 1 rows."),
    (lambda: autograd.take(t(2), 1.5), TypeError, "take needs whole numbers to say which rows, not 1.5."),
    (lambda: autograd.take(t(2), t(2)), TypeError, "take needs whole numbers to say which rows, not Tensor([1., 1.])."),
    (lambda: autograd.take(t(2), 7), IndexError, "take got shape (2,), indices=7, axis=None: index 7 is out of bounds"),
    (lambda: autograd.pad(t(2), ((1, 1), (2, 2))), ValueError, "pad takes one number, or (before, after), or that for each of the 1 axes"),
    (lambda: autograd.pad(t(2), 1.5), TypeError, "pad got shape (2,), pad_width=((1.5, 1.5),): `pad_width` must be of integral type."),
    (lambda: autograd.pad(t(2), -1), ValueError, "pad got shape (2,), pad_width=((-1, -1),): index can't contain negative values."),
    (lambda: autograd.nonsense, AttributeError, "module 'autograd' has no attribute 'nonsense'"),
]  # fmt: skip

NUMPY = [
    (lambda: np.partition(t(2), 1), TypeError,
     "np.partition has no derivative here, so on a Value or Tensor it would lose the gradient; use the functions of"),
    (lambda: np.spacing(v()), TypeError, "np.spacing has no derivative here, so on a Value or Tensor it would lose the gradient"),
    (lambda: np.hypot.reduce(t(2)), TypeError, "np.hypot.reduce has no derivative here"),
    (lambda: np.maximum.accumulate(t(2)), TypeError, "np.maximum.accumulate has no derivative here"),
    (lambda: np.add.reduce(t(2), initial=5), TypeError, "np.add.reduce(…, initial=…) has no derivative here"),
    (lambda: np.exp(t(2), where=np.array([True, False])), TypeError, "np.exp(…, where=…) has no derivative here"),
    (lambda: np.add(np.ones(2), 1, out=(t(2),)), TypeError, "np.add(…, out=…) would overwrite a node's number; use the result instead."),
    (lambda: added_in_place(np.ones(2), t(2)), TypeError,
     "np.add(…, out=…), or an operator such as +=, would write a node into a plain array"),
    (lambda: np.histogram(np.ones(2), weights=t(2)), TypeError, "np.histogram has no derivative here"),
    (lambda: np.quantile(t(2), v()), TypeError, "The share of a quantile is a plain number, and has no derivative here"),
    (lambda: np.percentile(t(2), v()), TypeError, "The share of a quantile is a plain number"),
    (lambda: np.gradient(t(2), v()), TypeError, "The spacings of gradient are plain numbers, and have no derivative here"),
    (lambda: np.trim_zeros(t(2)), TypeError, "np.trim_zeros has no derivative here"),
    (lambda: np.sum(t(2), dtype=int), TypeError,
     "np.sum called like this (got an unexpected keyword argument 'dtype') has no derivative here"),
    (lambda: np.sum(t(2, 2), 0, float), TypeError, "np.sum called like this (too many positional arguments)"),
    (lambda: np.dot(t(2), t(2), np.ones(())), TypeError, "np.dot called like this (too many positional arguments)"),
    (lambda: np.linalg.eig(t(2, 2)), TypeError, "np.linalg.eig has no derivative here"),
    (lambda: np.take(t(2), 1.5), TypeError, "take needs whole numbers to say which rows, not 1.5."),
    (lambda: np.concatenate([t(2), t(2, 2)]), ValueError, "concatenate got shapes (2,) and (2, 2), axis=0: "),
]  # fmt: skip

TRANSFORMS = [
    (lambda: grad(lambda x: [x, x])(1.0), TypeError, "grad needs a function that returns a single number, and <lambda> returned a list."),
    (lambda: grad(lambda x: x)(np.ones(2)), TypeError, "returned an array of shape (2,). Reduce it with sum() or mean(), or use jacobian."),
    (lambda: grad(lambda x: None)(1.0), TypeError,
     "<lambda> returned None; it must return numbers, arrays or nodes, or lists and dicts of them."),
    (lambda: grad(lambda x: None)(1.0), TypeError, "Does it lack a `return`?"),
    (lambda: grad(lambda x: x > 0)(1.0), TypeError, "<lambda> returned True; it must return numbers"),
    (lambda: grad(lambda x: x > 0)(1.0), TypeError, "A comparison has no derivative; where(condition, a, b) chooses between numbers."),
    (lambda: grad(lambda x: "a")(1.0), TypeError, "<lambda> returned 'a'; it must return numbers"),
    (lambda: grad(lambda x: x.sum())(np.array([1, 2])), TypeError, "A Tensor has derivatives, so it holds floats, not int64."),
    (lambda: grad(lambda x: x)("a"), TypeError, "A Value is a number, not the text 'a'."),
    (lambda: grad(lambda x: x)(), TypeError, "argnums names argument 0, and <lambda> was called with 0 positional arguments."),
    (lambda: grad(lambda x: x, 1)(1.0), TypeError, "argnums names argument 1, and <lambda> was called with 1 positional argument."),
    (lambda: grad(lambda x: x, -2)(1.0), TypeError, "argnums names argument -2"),
    (lambda: grad(lambda x: x, "x")(1.0), TypeError, "argnums is the position of an argument or a tuple of positions, not 'x'."),
    (lambda: grad(lambda x: x, (0, 0.5))(1.0), TypeError, "argnums is the position of an argument or a tuple of positions, not (0, 0.5)."),
    (lambda: grad(lambda x, y: x * y, (0, -2))(1.0, 2.0), TypeError, "argnums names an argument twice: (0, -2)."),
    (lambda: jacobian(lambda x: {"a": None})(1.0), TypeError, "<lambda> returned None; it must return numbers"),
    (lambda: vjp(lambda x: [x, x], 1.0)[1]([1.0]), TypeError,
     "The cotangent for the result of <lambda> must have the same structure: a list of 2, "
     "and not a list of 1."),
    (lambda: vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}), TypeError, "a dict with the keys ['a'], and not a dict with the keys ['b']."),
    (lambda: vjp(lambda x: x, 1.0)[1]((1.0, 2.0)), TypeError, "one number or array, and not a tuple of 2."),
    (lambda: vjp(lambda x: x * x, np.ones(2))[1](np.ones(3)), ValueError,
     "A gradient of the Tensor of shape (2,) (from multiply) has its shape, (2,), "
     "and not (3,)."),
    (lambda: vjp(lambda x: x * x, 1.0)[1](t(3)), ValueError,
     "A gradient of the Value 1.0 (from multiply) has its shape, (), and not (3,)."),
    (lambda: jvp(lambda x: x, (1.0,), (1.0, 2.0)), TypeError,
     "The tangents of jvp must have the same structure: a tuple of 1, and not a tuple of 2."),
    (lambda: jvp(lambda x: x, 1.0, 1.0), TypeError, "jvp takes the arguments of the function as one list or tuple, and the tangents as"),
    (lambda: jvp(lambda x: x, (np.ones(2),), (1.0,)), ValueError, "jvp got a tangent of shape () for an argument of shape (2,)."),
    (lambda: matching([1], {}, "This"), TypeError, "This must have the same structure: a list of 1, and not a dict with the keys []."),
    (lambda: tree_map(max, [1], [1, 2]), TypeError, "must have the same structure: a list of 1, and not a list of 2."),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "error", "sentence"), VALUES + TENSORS + BACKWARD + FUNCTIONS + NUMPY + TRANSFORMS)
def test_a_mistake_is_refused_with_a_sentence(mistake, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)):
        mistake()


def test_a_pickled_graph_names_the_primitive_that_is_missing():
    own = Primitive("missing", symbol="m", latex="#1", scalar=abs, array=np.abs, vjp=(lambda g, y, x: g,), doc="Missing.")
    pickled = pickle.dumps(own(v()))
    del table["missing"]
    with pytest.raises(LookupError, match=r"No primitive is called 'missing' here; import the module that registers it first\."):
        pickle.loads(pickled)


def test_an_error_leaves_nodes_as_they_were():
    x = t(2)
    out = (x * 2).sum()
    with pytest.raises(ValueError, match="could not broadcast"):
        x.data[...] = np.ones(3)
    with pytest.raises(ValueError, match="cannot take data"):
        x.data = np.ones(3)
    with pytest.raises(ValueError, match="broadcast"):
        x.data += np.ones(3)
    with pytest.raises(IndexError):
        x.data[5] = 1.0
    out.backward()  # not stale: nothing was changed
    assert np.array_equal(x.grad, [2.0, 2.0])
