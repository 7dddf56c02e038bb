"""The table of derivatives: one entry for each primitive. Every computation is made of these.

It has nine parts: `arithmetic`, `elementary` functions, `reductions` over axes, `shapes`, matrix
`products`, the steps of `networks`, `convolution` and pooling, `recurrence`, and `attention`. `table`
maps each name to its entry. The other files contain what entries share: `algebra` for their argument
`simplify`, `printing` for `numpy`, and `batching` for `batch`.
"""

from ..core import table
from . import arithmetic, attention, convolution, elementary, networks, products, recurrence, reductions, shapes

__all__ = ["arithmetic", "attention", "convolution", "elementary", "networks", "products", "recurrence", "reductions", "shapes", "table"]
