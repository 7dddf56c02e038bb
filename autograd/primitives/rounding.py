"""The table of derivatives: rounding, whose derivative is 0, remainders, and signs."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..core import Primitive
from .arithmetic import abs_, sign


def _rounding(name: str, symbol: str, latex: str, scalar: Any, array: Any, onnx: Any, doc: str) -> Primitive:
    return Primitive(
        name, symbol=symbol, latex=latex, scalar=lambda x: math.copysign(scalar(x), x), array=array,
        onnx=onnx, vjp=(lambda g, y, x: g * 0.0,),
        doc=f"""{doc} Its derivative is 0.

        >>> {name}(-2.5)
        {float(scalar(-2.5))}
        """,
    )  # fmt: skip


floor = _rounding("floor", "⌊·⌋", r"\lfloor #1 \rfloor", math.floor, np.floor, "Floor", "The largest whole number that is not above x.")
ceil = _rounding("ceil", "⌈·⌉", r"\lceil #1 \rceil", math.ceil, np.ceil, "Ceil", "The smallest whole number that is not below x.")
trunc = _rounding("trunc", "trunc", r"\operatorname{trunc}(#1)", math.trunc, np.trunc, lambda x: sign(x) * floor(abs_(x)),
    "The number without its decimals.")
rint = _rounding("rint", "round", r"\operatorname{round}(#1)", round, np.rint, "Round", "The nearest whole number; the even one of two.")


def rounded(x: Any, decimals: int = 0) -> Any:
    """A number rounded to some decimals, as `np.round` does it."""
    return rint(x * 10.0**decimals) / 10.0**decimals if decimals else rint(x)


floor_divide = Primitive(
    "floor_divide", symbol="⌊÷⌋", latex=r"\left\lfloor \frac{#1}{#2} \right\rfloor", domain=(0.1, 3.0),
    scalar=operator.floordiv, array=np.floor_divide,
    onnx=lambda a, b: floor(a / b),
    vjp=(lambda g, y, a, b: g * 0.0,
         lambda g, y, a, b: g * 0.0),
    doc="""How many times b goes into a, rounded down. Its derivative is 0.

    >>> floor_divide(7.0, 2.0)
    3.0
    """,
)  # fmt: skip
mod = Primitive(
    "mod", symbol="mod", latex=r"#1 \; \mathrm{mod} \; #2", domain=(0.1, 3.0),
    scalar=lambda a, b: a % b, array=np.remainder,
    onnx=lambda a, b: a - b * floor(a / b),
    vjp=(lambda g, y, a, b: g,
         lambda g, y, a, b: -g * floor(a / b)),
    doc="""What remains of a after division by b, with the sign of b.

    >>> mod(-1.0, 3.0)
    2.0
    """,
)  # fmt: skip
fmod = Primitive(
    "fmod", symbol="fmod", latex=r"\operatorname{fmod}(#1, #2)", domain=(0.1, 3.0),
    scalar=math.fmod, array=np.fmod,
    onnx="Mod(fmod=1)",
    vjp=(lambda g, y, a, b: g,
         lambda g, y, a, b: -g * trunc(a / b)),
    doc="""What remains of a after division by b, with the sign of a.

    >>> fmod(-1.0, 3.0)
    -1.0
    """,
)  # fmt: skip
copysign: Primitive = Primitive(
    "copysign", symbol="±", latex=r"\operatorname{copysign}(#1, #2)",
    scalar=math.copysign, array=np.copysign,
    vjp=(lambda g, y, a, b: g * sign(a) * copysign(1.0, b),
         lambda g, y, a, b: g * 0.0),
    doc="""The size of a with the sign of b.

    >>> copysign(3.0, -0.0)
    -3.0
    """,
)  # fmt: skip

__all__ = ["ceil", "copysign", "floor", "floor_divide", "fmod", "mod", "rint", "trunc"]
