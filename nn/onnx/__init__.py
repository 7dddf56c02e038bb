"""ONNX, the format in which many programs exchange models.

`exporting` writes a model as a file: `tracing` finds the steps of its computation, `writers`, `operators` and `layers`
say how each primitive is written, and `bodies` holds what is written. `importing` reads a file as a module; `readers`
and `layer_readers` say what each operator is here. `library` asks for the package `onnx`.
"""

from .exporting import to_onnx
from .importing import from_onnx

__all__ = ["from_onnx", "to_onnx"]
