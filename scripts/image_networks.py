"""The networks of `train_cifar.py` and of the benchmark, for images of 32×32 pixels in three colours, with batch normalization."""

from __future__ import annotations

from typing import Any

import nn

__all__ = ["resnet", "vgg"]


def vgg(*sizes: int) -> nn.Sequential:
    """Stages of two convolutions and a max pooling, with these numbers of channels, and then of classes (Simonyan and Zisserman, 2014)."""
    *stages, classes = sizes
    layers: list[nn.Module] = []
    ins = 3
    for outs in stages:
        layers += [*_normalized(ins, outs), nn.ReLU(), *_normalized(outs, outs), nn.ReLU(), nn.MaxPool2d(2)]
        ins = outs
    pixels = (32 // 2 ** len(stages)) ** 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(ins * pixels, classes))


def resnet(*sizes: int, blocks: int = 3) -> nn.Sequential:
    """Stages of residual blocks with these numbers of channels, and then of classes: ResNet-20, if `blocks` is 3 (He and others, 2015)."""
    *stages, classes = sizes
    layers: list[nn.Module] = [*_normalized(3, stages[0]), nn.ReLU()]
    ins = stages[0]
    for outs in stages:
        for _ in range(blocks):
            layers.append(Residual(ins, outs))
            ins = outs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(ins, classes))


class Residual(nn.Module):
    """Two convolutions whose result is added to their input; if there are more channels than before, with half of the rows and columns."""

    def __init__(self, ins: int, outs: int) -> None:
        stride = 1 if ins == outs else 2
        self.body = nn.Sequential(*_normalized(ins, outs, stride=stride), nn.ReLU(), *_normalized(outs, outs))
        self.shortcut = nn.Identity() if ins == outs else nn.Sequential(*_normalized(ins, outs, kernel=1, stride=stride))

    def forward(self, x: Any) -> Any:
        return (self.body(x) + self.shortcut(x)).relu()


def _normalized(ins: int, outs: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    """A convolution and its batch normalization, whose bias makes one of the convolution needless."""
    return [nn.Conv2d(ins, outs, kernel, stride=stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outs)]
