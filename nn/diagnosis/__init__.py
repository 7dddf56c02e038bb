"""What is wrong with a network, from one batch, in sentences."""

from .diagnose import diagnose
from .finding import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
