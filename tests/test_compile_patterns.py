"""Programs of scalars compile to what a person would write: a few short lines, without tables of numbers."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scalar_programs import PROGRAMS, made

import autograd
from autograd import Value

LINES = {
    "logistic_regression": 25, "classes_by_softmax": 33, "mixture": 40, "mixture_in_the_plane": 31, "k_means": 23, "soft_k_means": 31,
    "all_pairs_energy": 26, "all_pairs_potential": 32, "multidimensional_scaling": 27, "attention": 30, "causal_attention": 36,
    "heads_of_causal_attention": 52, "gaussian_process": 150, "kernel_regression": 32, "hidden_markov_model": 90, "heat_equation": 36,
    "heat_on_a_ring": 34, "convolution_of_a_list": 22, "convolution_of_an_image": 24, "smoothing": 23, "total_variation": 29,
    "polynomial_fit": 21, "fourier_fit": 24, "matrix_factorization": 24, "word_vectors": 35, "bigrams": 33, "black_scholes": 36,
    "black_scholes_of_many": 70, "rosenbrock": 23, "batch_norm": 22, "micrograd_network": 30,
}  # fmt: skip
# The words and labels of a text, and which ratings there are, are data: a person, too, would write a list of them.
WITH_DATA = {"classes_by_softmax", "matrix_factorization", "word_vectors", "bigrams"}


def run(f, args, parameters):
    for p in parameters:
        p.zero_grad()
    out = f(*args)
    out.backward()
    return np.array([out.data, *[p.grad for p in parameters]])


def agree(f, args, parameters, rtol=1e-12):
    compiled = autograd.compile(f)
    expected, found = run(f, args, parameters), run(compiled, args, parameters)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * max(1.0, np.abs(expected).max()))
    return compiled.source


def tables(source):
    """The lists of more than a few numbers in a text."""
    return [table for table in re.findall(r"np\.array\([^)]*\)", source) if table.count(",") > 6]


def test_all_programs_have_a_number_of_lines():
    assert LINES.keys() == PROGRAMS.keys()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_scalars_fits_on_a_slide(name):
    source = agree(*made(name))
    assert len(source.splitlines()) <= LINES[name]
    assert max(map(len, source.splitlines())) <= 100
    assert name in WITH_DATA or not tables(source)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("logistic_regression", {"n": 300}), ("mixture", {"n": 150}), ("k_means", {"n": 80}), ("soft_k_means", {"n": 60}),
        ("all_pairs_energy", {"n": 20}), ("all_pairs_potential", {"n": 20}), ("causal_attention", {"n": 12}),
        ("heads_of_causal_attention", {"n": 9, "heads": 3}), ("kernel_regression", {"n": 30, "m": 20}), ("heat_equation", {"n": 50}),
        ("heat_on_a_ring", {"n": 50}), ("convolution_of_an_image", {"height": 12, "width": 15}), ("total_variation", {"height": 15}),
    ],
)  # fmt: skip
def test_more_points_make_no_longer_program(name, sizes):
    source = agree(*made(name, **sizes))
    assert len(source.splitlines()) <= LINES[name]
    assert max(map(len, source.splitlines())) <= 100
    assert not tables(source)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_programs_of_all_sizes_agree_with_eager_ones(data):
    name = data.draw(st.sampled_from(sorted(PROGRAMS)))
    sizes = [key for key in inspect.signature(PROGRAMS[name]).parameters if key != "rng"]
    numbers = {key: data.draw(st.integers(1, 4), label=key) for key in sizes}
    try:
        program = made(name, seed=data.draw(st.integers(0, 9)), **numbers)
        out = program[0](*program[1])
    except IndexError:  # such as of classes that are not there
        return
    if isinstance(out, Value) and np.isfinite(out.data):
        source = agree(*program)
        assert max(map(len, source.splitlines())) <= 100


def test_what_a_loop_subtracts_is_one_sum():
    w = [Value(1.0 + i) for i in range(50)]

    def loss():
        total = 0.0
        for i, v in enumerate(w):
            total -= v.log()
            if i % 2:
                total += v * v
            total = total - (-v - 1.0)
        return total

    source = agree(loss, (), w)
    assert "np.log(w)" in source
    assert len(source.splitlines()) < 25


def test_the_differences_of_all_points_are_a_broadcast():
    assert "points[:, None] - centers" in agree(*made("k_means"))


def test_a_triangle_of_scores_is_a_matrix_with_a_mask():
    source = agree(*made("causal_attention"))
    assert "mask1 = np.tri(6, dtype=bool)" in source
    assert "np.where(mask1, t1, -np.inf)" in source
    assert "index" not in source


@pytest.mark.parametrize("scale", [30.0, 1000.0])
def test_what_a_mask_hides_may_overflow(scale):
    f, args, parameters = made("causal_attention")
    for p in parameters:
        p.data *= scale
    agree(f, args, parameters)


def test_what_a_mask_hides_may_be_undefined():
    n = 5
    q, k = [[Value(i + 1.0), Value(1.0)] for i in range(n)], [[Value(1.0), Value(-float(t))] for t in range(n)]
    parameters = [v for row in q + k for v in row]

    def score(i, t):  # positive below the diagonal, and not above
        return sum(a * b for a, b in zip(q[i], k[t], strict=True))

    def shares(i):
        powers = [(score(i, t).log() - score(i, 0).log()).exp() for t in range(i + 1)]
        return [p / sum(powers) for p in powers]

    for f in (
        lambda: sum(sum(score(i, t).log() for t in range(i + 1)).tanh() for i in range(n)),
        lambda: sum(sum(1 / score(i, t) for t in range(i + 1)) ** 2 for i in range(n)),
        lambda: sum(max([score(i, t).sqrt() for t in range(i + 1)]).tanh() for i in range(n)),
        lambda: sum(sum(p * k[t][j] for t, p in enumerate(shares(i))).tanh() for i in range(n) for j in range(2)),
    ):
        assert "np.tri(5, dtype=bool)" in agree(f, (), parameters)


def test_heads_are_matrix_products_side_by_side():
    source = agree(*made("heads_of_causal_attention"))
    assert "reshape(5, 2, 3)" in source
    assert "index" not in source


def test_neighbours_are_slices_of_a_padded_list():
    assert "np.pad(start, (1, 1))" in agree(*made("heat_equation", steps=1))
    assert "np.roll(" in agree(*made("heat_on_a_ring"))


def test_windows_are_views():
    assert "sliding_window_view(signal, 3)" in agree(*made("convolution_of_a_list"))
    assert "sliding_window_view(image, (3, 3), (0, 1))" in agree(*made("convolution_of_an_image"))


def test_neighbours_in_two_directions_are_two_differences():
    source = agree(*made("total_variation"))
    assert "image[:, 1:] - image[:, :4]" in source
    assert "image[1:] - image[:5]" in source


def test_pairs_of_a_list_are_the_indices_of_a_triangle():
    assert "np.tril_indices(10, -1)" in agree(*made("all_pairs_energy"))
    assert "np.triu_indices(8, 1)" in agree(*made("multidimensional_scaling"))
