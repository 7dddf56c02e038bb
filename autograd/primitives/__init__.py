"""The table of derivatives: what every computation is made of, one entry a primitive.

The parts are in the order of a textbook: `elementary` functions, `arithmetic`, `shapes`,
`reductions` over axes, matrix `products`, the steps of `networks`, `convolution` and pooling,
`recurrence`, and `attention`; then the rest of NumPy: `trigonometry`, `rounding`, `cumulative` sums and products, `sorting`,
`contraction` of many arrays, and `linalg`. `table` maps each name to its entry.
"""

from ..core import table
from . import (
    arithmetic,
    attention,
    contraction,
    convolution,
    cumulative,
    elementary,
    linalg,
    networks,
    products,
    recurrence,
    reductions,
    rounding,
    shapes,
    sorting,
    trigonometry,
)

__all__ = [
    "arithmetic", "attention", "contraction", "convolution", "cumulative", "elementary", "linalg", "networks", "products", "recurrence",
    "reductions", "rounding", "shapes", "sorting", "table", "trigonometry",
]  # fmt: skip
