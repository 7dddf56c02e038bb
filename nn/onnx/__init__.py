"""ONNX, the format in which many programs exchange models.

`exporting` writes a model as a file: `tracing` finds the steps of its computation, `operators` says how each primitive is written, and
`bodies` holds what is written. `importing` reads a file as a module.
"""

from .exporting import to_onnx

__all__ = ["to_onnx"]
