"""`Classifier` and `Regressor`: networks as scikit-learn's estimators, for its pipelines, searches and metrics.

This package needs scikit-learn; `import nn` loads it only when `nn.estimators` is used.
"""

from typing import TYPE_CHECKING

from ..checks import require
from ..lookup import missing

require("sklearn", "nn.estimators are scikit-learn's estimators, and need it", '"glassgrad[sklearn]"')

from .classifier import Classifier  # noqa: E402
from .regressor import Regressor  # noqa: E402

__all__ = ["Classifier", "Regressor"]

if not TYPE_CHECKING:
    __getattr__ = missing(globals())
