"""Figures of networks, training and data, drawn with matplotlib, which is imported when the first one is drawn.

Each function draws into the axes that it is given, or into a new figure, and returns the axes;
`ax.figure.savefig(path)` saves the figure. A function for several pictures returns an array of axes.
"""

from .activations import activations
from .animation import animation
from .attention import attention
from .classes import confusion_matrix, decision_boundary
from .curves import curves
from .images import feature_maps, filters, grad_cam
from .landscape import landscape
from .layers import gradients, weights

__all__ = [
    "activations", "animation", "attention", "confusion_matrix", "curves", "decision_boundary", "feature_maps", "filters", "grad_cam",
    "gradients", "landscape", "weights",
]  # fmt: skip
