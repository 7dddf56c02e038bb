"""A reverse-mode automatic differentiation engine that you can see through.

`Value` is a number and `Tensor` an array that remember how they were computed; `backward()`
fills in their derivatives. `grad` and its relatives turn functions into their derivatives, and
`draw` makes a picture of any computation.
"""

from os import path as _path
from typing import TYPE_CHECKING
from warnings import warn as _warn

from .anomaly import detect_anomaly
from .checking import check_gradients
from .compiling import compile, vmap
from .core import Case, Node, Primitive, table
from .functions import clip, dot, log_softmax, logsumexp, matmul, max, mean, min, softmax, sum
from .methods import named as _named
from .modes import no_grad, scope
from .primitives.arithmetic import abs_ as abs
from .primitives.arithmetic import add, divide, multiply, negative, sign, subtract
from .primitives.choices import maximum, minimum, where
from .primitives.elementary import *
from .primitives.rounding import *
from .primitives.trigonometry import *
from .process import collect_cycles_less_often
from .randomness import bernoulli, dropout
from .shaping import broadcast_to, concatenate, expand_dims, getitem, pad, reshape, squeeze, stack, take, transpose
from .statistics import norm, std, var
from .tensor import Tensor
from .transforms import grad, hessian, jacobian, jvp, value_and_grad, vjp
from .value import Value

__all__ = [
    "Case", "Drawing", "Node", "Primitive", "Tensor", "Value", "abs", "add", "bernoulli", "broadcast_to", "check_gradients", "clip",
    "collect_cycles_less_often", "compile", "concatenate", "detect_anomaly", "divide", "dot", "draw", "dropout", "expand_dims", "getitem",
    "grad", "hessian", "jacobian", "jvp", "latex", "log_softmax", "logsumexp", "matmul", "max", "maximum", "mean", "min", "minimum",
    "multiply", "negative", "no_grad", "norm", "pad", "reshape", "scope", "sign", "softmax", "squeeze", "stack", "std", "subtract", "sum",
    "table", "take", "transpose", "value_and_grad", "var", "vjp", "vmap", "where",
]  # fmt: skip
__all__ += [name for name in ("power", *_named()) if name not in __all__]

_folder = _path.dirname(__file__)
if _path.exists(_path.join(_folder, "numpy")):
    _warn(
        f"{_folder} holds the files of glassgrad and of another package that is imported as autograd (HIPS's has a folder numpy), and "
        "each may have overwritten files of the other. Install them in two environments. To keep glassgrad in this one: "
        "pip uninstall autograd, then pip install --force-reinstall --no-deps glassgrad.",
        stacklevel=2,
    )

if TYPE_CHECKING:
    from .drawing import Drawing, draw, latex
else:

    def __getattr__(name):
        """Drawing is loaded when it is first used."""
        if name in ("Drawing", "draw", "latex"):
            from . import drawing

            return getattr(drawing, name)
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
