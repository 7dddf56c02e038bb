"""The packages `onnx` and `onnxruntime`, which only those who use this folder need."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["BOOL", "DOMAIN", "FLOAT", "INT64", "OPSET", "library"]

OPSET: Final = 20  # of the operators; runtimes have known it since 2024
DOMAIN: Final = "glassgrad"  # of the functions that stand for layers
FLOAT, INT64, BOOL = 1, 7, 9  # ONNX' numbers of types of entries


def library() -> Any:
    """The package `onnx`.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        import onnx
    except ModuleNotFoundError:
        raise ModuleNotFoundError('nn.to_onnx and nn.from_onnx need onnx: pip install "glassgrad[onnx]".') from None
    return onnx
