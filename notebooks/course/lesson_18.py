"""Checks of lesson 18: convolutions."""

import numpy as np

import nn

from .answers import exercise
from .comparing import number, same_function
from .verdict import Wrong

KERNEL = np.array([[-1, 0, 1]] * 3)
PATCH = np.array([[0, 0, 1], [0, 0, 1], [0, 1, 1]])


@exercise("18.1")
def one_place(answer):
    if np.shape(answer) == (3, 3):
        raise Wrong("matrix_product")
    number(answer, np.sum(KERNEL * PATCH), {"pixels_added": np.sum(PATCH), "turned_round": -np.sum(KERNEL * PATCH)})


def by_the_library(image, kernel):
    return nn.functional.conv2d(image[None, None], kernel[None, None])[0, 0]


def side_by_side(image, kernel):
    return nn.functional.conv2d(image[None, None], kernel[None, None], stride=kernel.shape)[0, 0]


@exercise("18.2")
def convolve(answer):
    image, kernel = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 5.0], [2.0, 4.0, 0.0]]), np.array([[1.0, -1.0], [0.0, 2.0]])
    rng = np.random.default_rng(0)
    cases = [(image, kernel), (rng.normal(size=(8, 6)).round(1), rng.normal(size=(3, 2)).round(1))]
    same_function(
        answer,
        by_the_library,
        cases,
        {
            "last_place_missing": lambda image, kernel: by_the_library(image, kernel)[:-1, :-1],
            "kernel_flipped": lambda image, kernel: by_the_library(image, kernel[::-1, ::-1].copy()),
            "jumps": side_by_side,
            "mean_of_the_patch": lambda image, kernel: by_the_library(image, kernel) / kernel.size,
        },
    )


@exercise("18.3")
def parameters(answer):
    known = {"biases_left_out": 72, "for_each_place": 8 * 9 * 64 + 8, "fully_connected": 64 * 8 * 64 + 8 * 64, "one_kernel": 10}
    number(answer, 80, known, tolerance=1e-6)


@exercise("18.4")
def max_pool(answer):
    x = np.array([[1.0, 5.0, 0.0, -1.0], [2.0, 3.0, -2.0, -3.0]])
    same_function(
        answer,
        lambda x: nn.functional.max_pool2d(x[None, None], 2)[0, 0],
        [(x,), (np.random.default_rng(0).normal(size=(6, 4)).round(1),)],
        {
            "windows_overlap": lambda x: nn.functional.max_pool2d(x[None, None], 2, stride=1)[0, 0],
            "mean_pooled": lambda x: nn.functional.avg_pool2d(x[None, None], 2)[0, 0],
            "corners_kept": lambda x: x[::2, ::2],
        },
    )
