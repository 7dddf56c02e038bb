"""Neural networks on top of `autograd`: modules, losses and optimizers."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import autograd as _autograd

if not hasattr(_autograd, "Primitive"):
    raise ImportError(
        f"nn belongs to glassgrad, but `import autograd` finds another package (HIPS's?): {_autograd.__file__}. Install them in two "
        "environments. To keep glassgrad in this one: pip uninstall autograd, then pip install --force-reinstall --no-deps glassgrad."
    )

from . import callbacks, data, functional, init, metrics, optim, plot, utils
from .activation import ELU, GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Sin, Softmax, Softplus, Tanh
from .attention import MultiheadAttention
from .batch_normalization import BatchNorm1d, BatchNorm2d, InstanceNorm2d
from .containers import ModuleDict, ModuleList, ParameterList, Sequential
from .convolution import Conv1d, Conv2d
from .diagnosis import Diagnosis, Finding, diagnose
from .dropout import Dropout, Dropout1d, Dropout2d
from .linear import Embedding, Flatten, Identity, Linear, Unflatten
from .lookup import missing
from .losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    MultiMarginLoss,
    NLLLoss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    multi_margin_loss,
    nll_loss,
)
from .mlp import MLP, Layer, Neuron
from .module import Module
from .normalization import GroupNorm, LayerNorm, RMSNorm
from .onnx import from_onnx, to_onnx
from .parameter import Parameter
from .playground import playground
from .pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from .positional import LearnedPositionalEncoding, PositionalEncoding
from .randomness import get_rng_state, manual_seed, set_rng_state
from .recurrent import GRU, LSTM, RNN
from .resizing import PixelShuffle, Upsample
from .saving import load, save
from .training import History, Trainer
from .transformer import TransformerDecoderLayer, TransformerEncoderLayer
from .transposed import ConvTranspose1d, ConvTranspose2d
from .vectorize import devectorize, vectorize

__all__ = [
    "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "AvgPool1d", "AvgPool2d", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d",
    "BatchNorm2d", "Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d", "CrossEntropyLoss", "Diagnosis", "Dropout",
    "Dropout1d", "Dropout2d", "ELU", "Embedding", "Finding", "Flatten", "GELU", "GRU", "GroupNorm", "HingeLoss",
    "History", "HuberLoss", "Identity", "InstanceNorm2d", "KLDivLoss", "L1Loss", "LSTM", "Layer", "LayerNorm",
    "LeakyReLU", "LearnedPositionalEncoding", "Linear", "LogSoftmax", "MLP", "MSELoss", "MaxPool1d", "MaxPool2d",
    "Module", "ModuleDict", "ModuleList", "MultiMarginLoss", "MultiheadAttention", "NLLLoss", "Neuron", "Parameter",
    "ParameterList", "PixelShuffle", "PositionalEncoding", "RMSNorm", "RNN", "ReLU", "Sequential", "SiLU", "Sigmoid",
    "Sin", "Softmax", "Softplus", "Tanh", "Trainer", "TransformerDecoderLayer", "TransformerEncoderLayer", "Unflatten",
    "Upsample", "binary_cross_entropy", "binary_cross_entropy_with_logits", "callbacks", "cross_entropy", "data",
    "devectorize", "diagnose", "from_onnx", "functional", "get_rng_state", "hinge_loss", "huber_loss", "init", "kl_div", "l1_loss",
    "load", "manual_seed", "metrics", "mse_loss", "multi_margin_loss", "nll_loss", "optim", "playground", "plot", "save",
    "set_rng_state", "to_onnx", "utils", "vectorize",
]  # fmt: skip


def _estimators(name: str) -> Any:
    """`nn.estimators`, which is loaded when it is used, since scikit-learn takes a second to load."""
    return import_module("nn.estimators") if name == "estimators" else None


if not TYPE_CHECKING:
    __getattr__ = missing(globals(), _estimators)
