"""One of each layer with an input for it, and one of each loss with predictions and targets; the tests of several rooms share them."""

import numpy as np

import nn

ROWS, SEQUENCES, SIGNALS, IMAGES = (3, 4), (3, 2, 4), (3, 4, 5), (3, 4, 6, 6)

# How each is made, and the shape of an input that it takes; of an Embedding, of whole numbers.
LAYERS = {
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d(2), IMAGES),
    "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(2), IMAGES),
    "AvgPool1d": (lambda: nn.AvgPool1d(2), SIGNALS),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), IMAGES),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), ROWS),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(4), IMAGES),
    "Conv1d": (lambda: nn.Conv1d(4, 3, 2), SIGNALS),
    "Conv2d": (lambda: nn.Conv2d(4, 3, 2), IMAGES),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(4, 3, 2), SIGNALS),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(4, 3, 2), IMAGES),
    "Dropout": (lambda: nn.Dropout(), ROWS),
    "Dropout1d": (lambda: nn.Dropout1d(), SIGNALS),
    "Dropout2d": (lambda: nn.Dropout2d(), IMAGES),
    "ELU": (lambda: nn.ELU(), ROWS),
    "Embedding": (lambda: nn.Embedding(5, 3), ROWS),
    "Flatten": (lambda: nn.Flatten(), IMAGES),
    "GELU": (lambda: nn.GELU(), ROWS),
    "GRU": (lambda: nn.GRU(4, 3), SEQUENCES),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), SIGNALS),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(4), IMAGES),
    "LSTM": (lambda: nn.LSTM(4, 3), SEQUENCES),
    "LayerNorm": (lambda: nn.LayerNorm(4), ROWS),
    "LeakyReLU": (lambda: nn.LeakyReLU(), ROWS),
    "LearnedPositionalEncoding": (lambda: nn.LearnedPositionalEncoding(4), SEQUENCES),
    "Linear": (lambda: nn.Linear(4, 3), ROWS),
    "LogSoftmax": (lambda: nn.LogSoftmax(1), ROWS),
    "MaxPool1d": (lambda: nn.MaxPool1d(2), SIGNALS),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), IMAGES),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), IMAGES),
    "PositionalEncoding": (lambda: nn.PositionalEncoding(4), SEQUENCES),
    "RMSNorm": (lambda: nn.RMSNorm(4), ROWS),
    "RNN": (lambda: nn.RNN(4, 3), SEQUENCES),
    "ReLU": (lambda: nn.ReLU(), ROWS),
    "SiLU": (lambda: nn.SiLU(), ROWS),
    "Sigmoid": (lambda: nn.Sigmoid(), ROWS),
    "Sin": (lambda: nn.Sin(), ROWS),
    "Softmax": (lambda: nn.Softmax(1), ROWS),
    "Softplus": (lambda: nn.Softplus(), ROWS),
    "Tanh": (lambda: nn.Tanh(), ROWS),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2), SEQUENCES),
    "Unflatten": (lambda: nn.Unflatten(1, (2, 2)), ROWS),
    "Upsample": (lambda: nn.Upsample(scale_factor=2), IMAGES),
}
# These take whatever comes, several inputs, or are no layers of arrays.
OTHERS = {
    "Identity", "Layer", "MLP", "Module", "ModuleDict", "ModuleList", "MultiheadAttention", "Neuron", "ParameterList", "Sequential",
    "TransformerDecoderLayer",
}  # fmt: skip

SCORES, SHARES, LABELS = np.array([[2.0, -1.0], [0.5, 0.0]]), np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 1])
LOSSES = {
    "BCELoss": (lambda: nn.BCELoss(weight=np.array([1.0, 2.0])), SHARES, SHARES),
    "BCEWithLogitsLoss": (lambda: nn.BCEWithLogitsLoss(weight=np.array([1.0, 2.0]), pos_weight=np.array([3.0, 1.0])), SCORES, SHARES),
    "CrossEntropyLoss": (lambda: nn.CrossEntropyLoss(np.array([1.0, 2.0]), label_smoothing=0.1), SCORES, LABELS),
    "HingeLoss": (lambda: nn.HingeLoss(), SCORES, np.array([[1.0, -1.0], [-1.0, 1.0]])),
    "HuberLoss": (lambda: nn.HuberLoss(delta=0.5), SCORES, SHARES),
    "KLDivLoss": (lambda: nn.KLDivLoss("batchmean"), SCORES, SHARES),
    "L1Loss": (lambda: nn.L1Loss(), SCORES, SHARES),
    "MSELoss": (lambda: nn.MSELoss(), SCORES, SHARES),
    "MultiMarginLoss": (lambda: nn.MultiMarginLoss(2, weight=np.array([1.0, 2.0])), SCORES, LABELS),
    "NLLLoss": (lambda: nn.NLLLoss(np.array([1.0, 2.0])), SCORES, LABELS),
}
OPTIMIZERS = {
    "Adadelta": {"weight_decay": 0.1},
    "Adagrad": {"weight_decay": 0.1},
    "Adam": {"weight_decay": 0.1, "amsgrad": True},
    "AdamW": {},
    "Adamax": {},
    "Lion": {"weight_decay": 0.1},
    "NAdam": {"decoupled_weight_decay": True, "weight_decay": 0.1},
    "RAdam": {},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "SGD": {"momentum": 0.9, "nesterov": True},
}
SCHEDULES = {
    "CosineAnnealingLR": {"T_max": 3},
    "CosineAnnealingWarmRestarts": {"T_0": 3},
    "LambdaLR": {"lr_lambda": lambda epoch: np.float64(0.9) ** epoch},
    "MultiStepLR": {"milestones": [1, 2]},
    "ExponentialLR": {"gamma": np.float64(0.9)},
    "LinearLR": {},
    "OneCycleLR": {"max_lr": np.float64(0.1), "total_steps": 9, "cycle_momentum": False},
    "StepLR": {"step_size": 1},
}


def modules():
    """The names of all modules."""
    return {name for name in nn.__all__ if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.Module)}


def input_for(name, dtype=np.float64):
    """An input of a layer."""
    shape = LAYERS[name][1]
    numbers = np.cos(np.arange(np.prod(shape))).reshape(shape).astype(dtype)
    return np.arange(np.prod(shape)).reshape(shape) % 5 if name == "Embedding" else numbers
