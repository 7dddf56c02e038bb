"""`Entry`: one entry of the table of derivatives, with all that the library knows of a primitive."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from .errors import broadcast_error
from .halves import HALF, in_halves, in_single
from .spelling import SIGNS, signature_of
from .texts import visible

__all__ = ["Case", "Entry", "entries"]

entries: Final[dict[str, Any]] = {}  # the table: name -> `core.Primitive`


class Case:
    """A sample call of a primitive: the shapes of its inputs, and its static arguments.

    Example:
        >>> Case((2, 3), axis=1).shapes
        ((2, 3),)
    """

    def __init__(self, *shapes: tuple[int, ...], **static: Any) -> None:
        self.shapes = shapes
        self.static = static

    def __repr__(self) -> str:
        parts = [str(shape) for shape in self.shapes] + [f"{key}={value!r}" for key, value in self.static.items()]
        return f"Case({', '.join(parts)})"


class Entry:
    """One entry of the table of derivatives: all that the library knows of a primitive.

    `name`, `symbol`, `latex`, `scalar`, `array`, `vjp` and `doc` are required. The others tell the tests, the
    compiler and the pictures more; most entries need few of them.

    Args:
        name: its name in the table, in pictures and in error messages.
        symbol: the text in its circle in a picture, or a function from the inputs to that text.
        latex: its formula, with `#1`, `#2`, … for the inputs as in a TeX macro, or a function
            from the typeset inputs to the formula.
        scalar: the function on Python floats; None if the primitive is for arrays only. Where it
            raises an error (1/0, log 0, exp 1000), `array` is called instead, and gives inf or nan.
        array: the function on NumPy arrays.
        vjp: the rules for the gradients (vector-Jacobian products), in arithmetic that works on floats,
            arrays and nodes alike. A tuple with one rule `(g, out, *inputs, **static) -> gradient` for
            each input, or None for an input without a derivative, such as a condition. `g` is the
            gradient of the result and `out` the result. For any number of inputs: a single rule that
            returns all gradients in a sequence.
        cases: sample calls, a sequence of `Case`s, on which the tests compare the rules with finite
            differences. An elementwise entry with one rule for each input needs none; it is tested on
            numbers from its `domain`.
        domain: the open interval from which the tests draw its inputs.
        elementwise: whether it computes each entry of the result from the entries at the same place,
            and broadcasts its inputs as NumPy does. The engine then sums the gradients over the
            broadcast axes; the rules need not.
        masks: how it passes the gradient to only some entries of its inputs: by "choice", as `where` and
            `maximum` do; to the "place" that an index names; or at a "kink", as `relu` does. None if all
            entries get a gradient. The index is the input without a rule; the first one, if a single rule returns
            all gradients; or a static argument.
        sums: whether it adds up many numbers. Then float16 inputs are computed in float32, forward and
            backward, and rounded once; in float16 the sum of 5,000 numbers 20, and so their mean, would be inf.
        analytic: whether `array` is complex-analytic, so that the tests can also compute its derivative
            with the complex step, f'(x) ≈ Im f(x + ih) / h.
        numpy: how compiled programs write it in NumPy: a template such as "np.maximum({0}, 0)" (in brackets, if it is
            not a call), or a function `(writer, node, *inputs, **static) -> text`; `primitives.printing` has such
            functions for operators and views. By default, the program calls NumPy's function if `array` is one;
            otherwise the source of `array` is copied into the program, which calls it.
        composition: how it is made of other entries, `(out, *inputs, **static) -> the same result`, for languages in
            which it has no form of its own. The text of an elementwise entry's `scalar` is its form, so such an entry
            needs none.
        step: one step of an entry that goes through time, for programs in other languages: `(row, *states, *others,
            **static) -> (parts, new states)`. The first input has a row for each step, and the `states` begin as the
            next inputs. The result has the parts of each step, in an axis of their own if there are several.
        onnx: what computes the same in ONNX, for an elementwise entry: the operator, such as "Tanh", with its
            attributes from the static arguments, as in "Elu(alpha=alpha)"; or, if there is none, a formula `(*inputs,
            **static) -> result` in other primitives. `nn.onnx` has those that need more.
        simplify: a rule `(node, *inputs, **static) -> simpler equivalent`, for compiled programs; it returns None
            where there is nothing to simplify. See `primitives.algebra`.
        terms: the signs of its inputs, if it is a sum of them: (1, -1) for a - b, so that chains of + and - are
            compiled as one sum.
        products: whether it is a sum of products, each of an input in the first half and one in the second: a * b, or
            a * c + b * d for the inputs a, b, c, d. If the number of inputs is odd, the last one is added. Sums of
            such products are compiled as dot products.
        reduces: for a reduction along an axis, the entry that does the same to any number of inputs, and the number
            that changes nothing: `add_n` and 0 for a sum.
        wraps: whether NumPy computes small whole numbers in their own type, where the result may not fit: 200 + 100 is
            44 in uint8.
        variable: the name of its result in a compiled program, such as "h", or a function from the inputs to the name.
        operator: the Python operator that calls it, such as "+" in `a + b`, "-" in `-a`, "<" in `a < b` or "abs" in
            `abs(a)`.
        logic: the logical operator that it is if its inputs are conditions (0 or 1): "&", "|" or "^". For example,
            the product is "&".
        answers: the functions of NumPy besides `array` that call this primitive when they are given a node.
        range: the interval that contains its results.
        kind: what it does, for code that examines graphs: "layer" (takes weighted sums, as a layer of a network
            does), "shape" (only rearranges numbers), "join" (puts arrays side by side), "affine" (adds or scales
            them), "normalization" (gives them mean 0 and standard deviation 1), "squashing" (maps all numbers into
            its `range`, and is flat at its ends), or None (none of these).
        misfit: a function from the shapes of the inputs to a sentence that says why they do not fit together,
            for error messages; it returns None if it does not know.
        batch: how `vmap` computes it for all examples of a batch at once: a rule `(batch, *inputs, **static)
            -> results`, written in primitives; see `primitives.batching`. An elementwise primitive needs
            none. Any other primitive without a rule is computed for one example after the other.
        doc: its documentation: a sentence, then an example.

    Raises:
        TypeError: a part is missing or of the wrong kind.
        ValueError: the name is taken.

    Example:
        >>> from autograd import Primitive, Value, table
        >>> cube = Primitive(
        ...     "cube", symbol="x³", latex="#1^3",
        ...     scalar=lambda x: x * x * x, array=lambda x: x * x * x,
        ...     vjp=(lambda g, y, x: g * 3 * x * x,),
        ...     analytic=True, doc="The cube.",
        ... )
        >>> v = Value(2.0)
        >>> cube(v).backward()
        >>> v.grad
        12.0
        >>> del table["cube"]
    """

    # For a compiled call, a primitive outside the table that does not call `__init__`.
    numpy: Callable[..., Any] | str | None = None
    elsewhere: tuple[Any, Any, Any] = (None, None, None)
    simplify: Callable[..., Any] | None = None
    terms: Iterable[int] = ()
    products: bool = False
    reduces: tuple[Any, float] | None = None
    wraps: bool = False
    variable: Callable[..., str] | str | None = None

    def __init__(
        self,
        name: str,
        *,
        symbol: str | Callable[..., str],
        latex: str | Callable[..., str],
        scalar: Callable[..., Any] | None,
        array: Callable[..., Any],
        vjp: tuple[Callable[..., Any] | None, ...] | Callable[..., Any],
        doc: str,
        cases: tuple[Case, ...] = (),
        domain: tuple[float, float] = (-2.0, 2.0),
        elementwise: bool = True,
        masks: str | None = None,
        sums: bool = False,
        analytic: bool = False,
        numpy: Callable[..., Any] | str | None = None,
        composition: Callable[..., Any] | None = None,
        step: Callable[..., tuple[Sequence[Any], Sequence[Any]]] | None = None,
        onnx: Callable[..., Any] | str | None = None,
        simplify: Callable[..., Any] | None = None,
        terms: Iterable[int] = (),
        products: bool = False,
        reduces: tuple[Any, float] | None = None,
        wraps: bool = False,
        variable: Callable[..., str] | str | None = None,
        operator: str | None = None,
        logic: str | None = None,
        answers: tuple[Callable[..., Any], ...] = (),
        range: tuple[float, float] = (-math.inf, math.inf),
        kind: str | None = None,
        misfit: Callable[..., str | None] | None = None,
        batch: Callable[..., Any] | None = None,
    ) -> None:
        for part, given, wanted in (
            ("name", bool(name) and isinstance(name, str), "a name"),
            ("symbol", bool(symbol) and (isinstance(symbol, str) or callable(symbol)), "a short text, or a function to one"),
            ("latex", bool(latex) and (isinstance(latex, str) or callable(latex)), "a template such as '#1 + #2'"),
            ("scalar", scalar is None or callable(scalar), "a function of floats (None: arrays only)"),
            ("array", callable(array), "a function of arrays"),
            (
                "vjp",
                callable(vjp) or (isinstance(vjp, tuple) and len(vjp) > 0 and all(r is None or callable(r) for r in vjp)),
                "a tuple with one rule for each input, or one rule that returns all gradients",
            ),
            ("masks", masks in (None, "choice", "place", "kink"), 'None, "choice", "place" or "kink"'),
            ("numpy", numpy is None or isinstance(numpy, str) or callable(numpy), 'a template such as "np.sin({0})" or a function'),
            ("composition", composition is None or callable(composition), "a function from the result and the inputs to the result"),
            ("step", step is None or callable(step), "a function from a row and the states to parts and new states"),
            ("onnx", onnx is None or isinstance(onnx, str) or callable(onnx), 'an operator such as "Tanh" or a function'),
            ("simplify", simplify is None or callable(simplify), "a function from the node and its inputs to something simpler"),
            ("terms", isinstance(terms, Iterable), "signs, 1 or -1"),
            ("reduces", reduces is None or (isinstance(reduces, tuple) and len(reduces) == 2), "an entry and a number"),
            ("variable", variable is None or isinstance(variable, str) or callable(variable), "a name, or a function to one"),
            ("operator", operator is None or operator in SIGNS, f"one of {' '.join(SIGNS)}"),
            ("logic", logic in (None, "&", "|", "^"), "one of & | ^"),
            ("answers", isinstance(answers, tuple) and all(map(callable, answers)), "a tuple of functions"),
            ("range", isinstance(range, tuple) and len(range) == 2 and range[0] < range[1], "a pair, low and high"),
            ("kind", kind in (None, "layer", "shape", "join", "affine", "normalization", "squashing"), "one of those that are documented"),
            ("misfit", misfit is None or callable(misfit), "a function of shapes"),
            ("batch", batch is None or callable(batch), "a rule (batch, *inputs, **static) -> results, or None"),
            ("doc", bool(doc) and isinstance(doc, str), "a sentence"),
        ):
            if not given:
                raise TypeError(f"The primitive {name!r} cannot be registered: its {part} must be {wanted}.")
        if not cases and (callable(vjp) or not elementwise):
            raise TypeError(f"The primitive {name!r} cannot be registered: give `cases`, sample calls that the tests can check.")
        if name in entries:
            raise ValueError(f"There is a primitive {name!r} already; choose another name.")
        self.name = name
        self.symbol = symbol
        self.latex = latex
        self.scalar = scalar
        self.array = array
        self.vjp = vjp
        self.arity = len(vjp) if isinstance(vjp, tuple) else None  # None: any number of inputs
        # Three in one attribute: Python reads all attributes of an object more slowly if it has more than 30, and a
        # vmap then takes 13 % longer.
        self.samples = cases, domain, analytic
        self.elementwise = elementwise
        self.masks = masks
        self.sums = sums
        self.numpy = numpy
        self.elsewhere = composition, step, onnx  # one attribute, as for `samples`
        self.simplify = simplify
        self.terms = terms
        self.products = products
        self.reduces = reduces
        self.wraps = wraps
        self.variable = variable
        self.operator = operator
        self.logic = logic
        self.answers = answers
        self.range = range
        self.kind = kind
        self.misfit = misfit
        self.__signature__ = signature_of(vjp, scalar, array)
        self.batch = batch
        self.__doc__ = doc
        entries[name] = self

    def compute(self, data: Any, static: Mapping[str, Any]) -> Any:
        """The result for plain numbers and arrays: a float if all inputs are numbers, else an array."""
        if self.scalar is None or not all(isinstance(x, (int, float)) for x in data):
            return self.compute_arrays(data, static)
        try:
            return self.scalar(*data, **static)
        except (ArithmeticError, ValueError, TypeError):
            # Where Python's floats raise (1/0, log 0, exp 1000), give inf or nan as NumPy does.
            with np.errstate(all="ignore"):
                return float(self.compute_arrays([*map(np.float64, data)], static))

    def compute_arrays(self, data: Any, static: Mapping[str, Any]) -> Any:
        """The result for inputs of which at least one is an array, or that are to be computed as arrays.

        Raises:
            TypeError: the number of inputs is wrong.
            ValueError, IndexError: the shapes of the inputs do not fit together.
        """
        if self.arity != len(data) and self.arity is not None:
            raise TypeError(f"{self.name} takes {self.arity} input{'s' if self.arity > 1 else ''} and got {len(data)}.")
        try:
            if self.sums and data[0].dtype is HALF:
                return in_halves(self.array(*map(in_single, data), **static), data)
            return self.array(*data, **static) if static else self.array(*data)
        except (ValueError, IndexError, TypeError) as error:
            raise broadcast_error(self, data, static, error) from None

    def gradients(self, g: Any, out: Any, inputs: Any, wanted: Any, static: Mapping[str, Any]) -> list[Any]:
        """The gradients of the inputs for which `wanted`, a sequence of bools, is true; None for the others."""
        rules = self.vjp
        if isinstance(rules, tuple):
            pairs = zip(rules, wanted, strict=True)
            return [rule(g, out, *inputs, **static) if want and rule is not None else None for rule, want in pairs]
        return [gx if want else None for gx, want in zip(rules(g, out, *inputs, **static), wanted, strict=True)]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The sample calls."""
        return self.samples[0]

    @property
    def domain(self) -> tuple[float, float]:
        """The interval from which the tests draw its inputs."""
        return self.samples[1]

    @property
    def analytic(self) -> bool:
        """Whether the tests can compute its derivative with the complex step."""
        return self.samples[2]

    @property
    def composition(self) -> Callable[..., Any] | None:
        """How it is made of other entries."""
        return self.elsewhere[0]

    @property
    def step(self) -> Callable[..., tuple[Sequence[Any], Sequence[Any]]] | None:
        """One step of a recurrence."""
        return self.elsewhere[1]

    @property
    def onnx(self) -> Callable[..., Any] | str | None:
        """What computes the same in ONNX."""
        return self.elsewhere[2]

    @property
    def index(self) -> int | None:
        """The number of the input that is an index, and chooses among the others; None if no input is."""
        if self.masks != "place":
            return None
        if not isinstance(self.vjp, tuple):
            return 0
        return self.vjp.index(None) if None in self.vjp else None

    @property
    def passes_on(self) -> bool:
        """Whether any input gets a gradient; the inputs of a comparison get none."""
        return not isinstance(self.vjp, tuple) or any(self.vjp)

    @property
    def compares(self) -> bool:
        """Whether it is a comparison, whose results are true or false."""
        return self.operator is not None and not self.passes_on

    def __repr__(self) -> str:
        return f"<primitive {visible(self.name)}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _named, (self.name,)


def _named(name: str) -> Any:
    if name not in entries:
        raise LookupError(f"No primitive is called {name!r} here; import the module that registers it first.")
    return entries[name]
