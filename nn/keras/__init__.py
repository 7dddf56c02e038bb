"""`keras`, a phrase book: Keras' words, and what each is called here.

    from nn import keras

and a program written for Keras runs. There is hardly any mathematics in here: each name is a short way onto what
exists. A `keras.layers.Dense` is an `nn.Linear` inside, `fit` is that of `nn.Trainer`, `model.save` is `nn.save`. Where
the two mean different things by one word, this book means Keras' thing: images have their channels last, kernels have
Keras' shapes, a layer makes its weights at its first call, and a model that was not told otherwise is in evaluation.
"""

from ..lookup import missing
from . import (
    activations,
    backend,
    callbacks,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    preprocessing,
    regularizers,
    utils,
)
from .layers import Input, Layer
from .layers.variable import Variable
from .models import Model, Sequential
from .page import page

__all__ = [
    "Input", "Layer", "Model", "Sequential", "Variable", "activations", "backend", "callbacks", "datasets", "initializers", "layers",
    "losses", "metrics", "models", "ops", "optimizers", "page", "preprocessing", "regularizers", "utils",
]  # fmt: skip

__getattr__ = missing(globals())
