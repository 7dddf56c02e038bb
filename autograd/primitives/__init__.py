"""The table of derivatives: one entry for each primitive. Every computation is made of these.

The parts are `arithmetic`, `choices` between numbers, `elementary` functions, and `reductions` over axes; `shapes`,
`indexing` and `joining` of arrays; matrix `products`, the steps of `networks`, `convolution` and pooling,
`recurrence`, and `attention`; then the rest of NumPy: `trigonometry`, `rounding`, `cumulative` sums and
products, `sorting`, `contraction` of many arrays, and `linalg`.

`table` maps each name to its entry. The other files contain what entries share: `algebra` for their argument
`simplify`, `printing` for `numpy`, and `batching` for `batch`; and `windows`, with which `convolution` computes, and
`made_of_windows`, which has its `composition`s.
"""

from ..core import table
from . import (
    arithmetic,
    attention,
    choices,
    contraction,
    convolution,
    cumulative,
    elementary,
    indexing,
    joining,
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
    "arithmetic", "attention", "choices", "contraction", "convolution", "cumulative", "elementary", "indexing", "joining",
    "linalg", "networks", "products", "recurrence", "reductions", "rounding", "shapes", "sorting", "table", "trigonometry",
]  # fmt: skip
