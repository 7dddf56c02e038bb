"""Checks of lesson 2: derivatives by nudging."""

from .answers import exercise
from .comparing import number, same_function


def square(x):
    return x * x


def cube(x):
    return x**3


def savings(rate):
    money = 100
    for _ in range(10):
        money = money * (1 + rate) - 2
    return money


@exercise("2.1")
def promise(estimate):
    mistakes = {"whole_derivative": 15, "same_step": 9.02, "whole_input": 27.12, "change_only": 0.12, "multiplied": 9.1204}
    number(estimate, 9.12, mistakes, tolerance=1e-5)


def nudged(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


@exercise("2.2")
def nudge(answer):
    same_function(
        answer,
        nudged,
        [(square, 3.0), (square, -1.0), (cube, 0.5), (savings, 0.05)],
        {
            "one_sided": lambda f, x: (f(x + 1e-5) - f(x)) / 1e-5,
            "left_sided": lambda f, x: (f(x) - f(x - 1e-5)) / 1e-5,
            "turned_round": lambda f, x: -nudged(f, x),
            "numerator": lambda f, x: f(x + 1e-5) - f(x - 1e-5) / 2e-5,
            "not_halved": lambda f, x: 2 * nudged(f, x),
            "not_divided": lambda f, x: 2e-5 * nudged(f, x),
            "brackets": lambda f, x: 1e-10 * nudged(f, x),
        },
        tolerance=1e-7,
    )


def product(numbers):
    a, b = numbers
    return a * b


def weighted_sum(numbers):
    w1, w2, b = numbers
    return w1 * 0.5 + w2 * 3.0 + b


def curved(numbers):
    a, b = numbers
    return a**3 * b


def one_sided(f, numbers, h=1e-5):
    return [(f([*numbers[:i], numbers[i] + h, *numbers[i + 1 :]]) - f(numbers)) / h for i in range(len(numbers))]


def gradient_of(f, numbers, h=1e-5):
    derivatives = []
    for i in range(len(numbers)):
        up, down = numbers.copy(), numbers.copy()
        up[i] += h
        down[i] -= h
        derivatives.append((f(up) - f(down)) / (2 * h))
    return derivatives


@exercise("2.3")
def gradient(answer):
    same_function(
        answer,
        gradient_of,
        [(product, [2.0, -3.0]), (weighted_sum, [2.0, -1.0, 0.5]), (curved, [2.0, -3.0])],
        {
            "nothing_moved": lambda f, numbers: [0.0] * len(numbers),
            "one_sided": one_sided,
            "all_at_once": lambda f, numbers: [sum(gradient_of(f, numbers))] * len(numbers),
            "not_put_back": lambda f, numbers: [sum(gradient_of(f, numbers)[: i + 1]) for i in range(len(numbers))],
            "not_halved": lambda f, numbers: [2 * derivative for derivative in gradient_of(f, numbers)],
        },
    )


@exercise("2.4")
def cost(calls):
    number(calls, 2_000_000, {"one_call_each": 1_000_000, "only_two": 2})
