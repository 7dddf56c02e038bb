"""Settings of all optimizers, parameters of all kinds, and a loss for them: the tests of several rooms share this."""

import numpy as np

import autograd
from autograd import Tensor, Value
from autograd.stores import StoredValue
from nn import optim

START = [1.0, -2.0, 0.3]

# Each optimizer with settings, and where PyTorch 2.13 is after 25 steps from START on `bumps`.
SETTINGS = [
    (optim.SGD, {"lr": 0.01}, [1.1812524903009805, -1.591386396941818, -0.3152965177494493]),
    (optim.SGD, {"lr": 0.05, "weight_decay": 0.1}, [1.2265857497001278, -0.42331972307329196, -0.4233185972675032]),
    (optim.SGD, {"lr": 0.05, "momentum": 0.9}, [1.288716787464733, 1.395179498855652, -0.36217564647250877]),
    (optim.SGD, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}, [1.1853435096795826, 1.0599693830047514, -0.514228796452205]),
    (
        optim.SGD,
        {"lr": 0.02, "momentum": 0.8, "dampening": 0.5, "weight_decay": 0.05},
        [1.2240440942989634, -0.3438894894317232, -0.398940609088914],
    ),
    (optim.SGD, {"lr": 0.02, "momentum": 0.9, "nesterov": True}, [1.2540910370815126, -0.37715182418123, -0.4226816526925169]),
    (
        optim.SGD,
        {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
        [1.2359190096846098, -0.36870727400493314, -0.4182788181780917],
    ),
    (optim.Adam, {"lr": 0.1}, [1.2294478033831364, -0.11066648897919985, -0.3083306026868886]),
    (optim.Adam, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 0.001}, [1.2445199987290543, -0.6019078663481561, -0.42842292511633046]),
    (optim.Adam, {"lr": 0.05, "weight_decay": 0.1}, [1.2229949662701314, -0.6685412925113564, -0.5605311311134566]),
    (optim.Adam, {"lr": 0.1, "betas": (0.0, 0.99)}, [1.2438930483077446, -0.42747758289822496, -0.4273078466028848]),
    (optim.AdamW, {"lr": 0.1}, [1.2278707508626332, -0.11371240478757523, -0.3089081412711016]),
    (
        optim.AdamW,
        {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.5},
        [1.2065459289673257, -0.29832450061128746, -0.42189298960144667],
    ),
    (optim.AdamW, {"lr": 0.05, "weight_decay": 0.0}, [1.2263402671085153, -0.6677647822746118, -0.5658750746604887]),
    (optim.RMSprop, {"lr": 0.05}, [1.244590278928704, -0.42730784687523016, -0.42730530071842704]),
    (
        optim.RMSprop,
        {"lr": 0.02, "alpha": 0.9, "eps": 0.0001, "weight_decay": 0.1},
        [1.2266040084408294, -1.1869595789519587, -0.3167341198758715],
    ),
    (optim.RMSprop, {"lr": 0.01, "momentum": 0.8}, [1.2586416054277916, -0.5303631297590345, -0.46825324018347847]),
    (optim.RMSprop, {"lr": 0.01, "alpha": 0.8, "centered": True}, [1.2445445755088016, -1.0785337754548965, -0.37625821011313193]),
    (
        optim.RMSprop,
        {"lr": 0.005, "alpha": 0.8, "centered": True, "momentum": 0.5, "weight_decay": 0.05},
        [1.2355885953597239, -1.125811660374975, -0.3865002554058919],
    ),
    (optim.Adagrad, {"lr": 0.2}, [1.2445902789330665, -0.45210614669789473, -0.42729511892356525]),
    (optim.Adagrad, {"lr": 0.3, "lr_decay": 0.1, "weight_decay": 0.1}, [1.226604008579513, -0.47389067780149685, -0.4233044860117737]),
    (
        optim.Adagrad,
        {"lr": 0.2, "initial_accumulator_value": 0.5, "eps": 0.001},
        [1.244590278936102, -0.45541818246672156, -0.4272899718816826],
    ),
    (optim.Adam, {"lr": 0.1, "amsgrad": True}, [1.2294557418265664, -0.11067381298553271, -0.30834196361170124]),
    (
        optim.Adam,
        {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
        [0.6176380619978143, -4.538925862160488, 0.6334210223316227],
    ),
    (
        optim.AdamW,
        {"lr": 0.05, "betas": (0.5, 0.8), "amsgrad": True},
        [1.2434768066596842, -0.6660986048944781, -0.42480111919532615],
    ),
    (optim.SGD, {"lr": 0.05, "momentum": 0.9, "maximize": True}, [0.7154561551728819, -715.5318258287537, 0.5703321077841732]),
    (optim.AdamW, {"lr": 0.05, "maximize": True}, [0.7360364692725585, -3.318282193291692, 0.7136452970472558]),
    (optim.RMSprop, {"lr": 0.02, "momentum": 0.5, "maximize": True}, [0.6805333764248704, -6.383371830530966, 0.6805199968105715]),
    (optim.Adagrad, {"lr": 0.2, "weight_decay": 0.1, "maximize": True}, [0.6695748321851726, -4.08961336714286, 0.6695747560538361]),
]
OPTIMIZERS = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad]
REMEMBERING = [(optim.SGD, {"momentum": 0.9}), (optim.Adam, {"amsgrad": True}), *((optimizer, {}) for optimizer in OPTIMIZERS[1:])]
KINDS = ["Values", "Values in a store", "Tensor", "Tensors of shape ()"]


def stored(values):
    """The same Values, after a compiled program has moved them into one array."""
    autograd.compile(lambda: autograd.dot(values, values))()
    assert {type(value) for value in values} == {StoredValue}
    return values


def parameters(kind):
    return {
        "Values": lambda: [Value(x) for x in START],
        "Values in a store": lambda: stored([Value(x) for x in START]),
        "Tensor": lambda: [Tensor(START)],
        "Tensors of shape ()": lambda: [Tensor(x) for x in START],
    }[kind]()


def numbers(params):
    return np.concatenate([np.ravel(p.data) for p in params])


def bumps(params):
    """A loss with hills and valleys, Σ p² + sin 3p."""
    return sum((p * p + autograd.sin(3 * p)).sum() if isinstance(p, Tensor) else p * p + autograd.sin(3 * p) for p in params)


def step(optimizer, params):
    optimizer.zero_grad()
    bumps(params).backward()
    optimizer.step()
