"""Figures of networks, training and data, drawn with matplotlib, which is imported when the first one is drawn.

Each function draws into the axes that it is given, or into a new figure, and returns the axes;
`ax.figure.savefig(path)` saves the figure. A function for several pictures returns an array of axes.
"""

from .activations import activations
from .classes import confusion_matrix, decision_boundary
from .curves import curves
from .layers import filters, gradients, weights

__all__ = ["activations", "confusion_matrix", "curves", "decision_boundary", "filters", "gradients", "weights"]
