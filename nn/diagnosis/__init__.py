"""Finding out from one batch what is wrong with a network, and saying it in sentences."""

from .diagnose import diagnose
from .finding import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
