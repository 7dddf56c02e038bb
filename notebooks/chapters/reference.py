"""The page of the reference: each public name with the first sentence of its docstring, and a page of its own."""

from importlib import import_module

__all__ = ["PUBLIC", "reference"]

MODULES = ["autograd", "nn", "nn.functional", "nn.optim", "nn.data", "nn.callbacks", "nn.metrics", "nn.plot"]
NAMES = {module: [name for name in import_module(module).__all__ if callable(getattr(import_module(module), name))] for module in MODULES}
PUBLIC = {getattr(import_module(module), name): f"{module}.{name}" for module, names in NAMES.items() for name in names}


def reference() -> str:
    lines = ["Reference", "=========", "", "Every public name, in the words of its docstring.", ""]
    for module, names in NAMES.items():
        lines += [module, "-" * len(module), "", f".. currentmodule:: {module}", "", ".. autosummary::", "   :toctree: names", ""]
        lines += [*(f"   {name}" for name in names), ""]
    return "\n".join(lines)
