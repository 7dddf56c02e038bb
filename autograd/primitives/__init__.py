"""The table of derivatives: what every computation is made of, one entry a primitive.

The parts are in the order of a textbook: `elementary` functions, `arithmetic`, `shapes`,
`reductions` over axes, matrix `products`, the steps of `networks`, `convolution` and pooling,
`recurrence`, and `attention`. `table` maps each name to its entry.
"""

from ..core import table
from . import arithmetic, attention, convolution, elementary, networks, products, recurrence, reductions, shapes

__all__ = ["arithmetic", "attention", "convolution", "elementary", "networks", "products", "recurrence", "reductions", "shapes", "table"]
