"""Pictures of what a network learned and how, drawn with matplotlib, which is loaded by the first of them.

Each function draws into the axes it is given, or into a new figure, and returns the axes;
`ax.figure.savefig(path)` saves. Those that may draw several pictures return an array of axes.
"""

from .activations import activations
from .classes import confusion_matrix, decision_boundary
from .curves import curves
from .layers import filters, gradients, weights

__all__ = ["activations", "confusion_matrix", "curves", "decision_boundary", "filters", "gradients", "weights"]
