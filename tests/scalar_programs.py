"""Programs of scalars, as people write them who have not thought of arrays.

Each function of `PROGRAMS` makes one for given sizes: the function to compile, its arguments, and its parameters.
"""

import itertools
import math
import random

import autograd
from autograd import Value

PROGRAMS = {}


def program(make):
    PROGRAMS[make.__name__] = make
    return make


def values(rng, *shape):
    if not shape:
        return Value(rng.uniform(-1, 1))
    return [values(rng, *shape[1:]) for _ in range(shape[0])]


def numbers(rng, *shape, low=-1.0, high=1.0):
    if not shape:
        return rng.uniform(low, high)
    return [numbers(rng, *shape[1:], low=low, high=high) for _ in range(shape[0])]


def flat(x):
    return [v for part in x for v in flat(part)] if isinstance(x, list) else [x]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def softmax(xs):
    top = max(xs)
    powers = [(x - top).exp() for x in xs]
    total = sum(powers)
    return [p / total for p in powers]


@program
def logistic_regression(rng, n=30, features=3):
    w, b = values(rng, features), values(rng)

    def loss(xs, ys):
        total = 0.0
        for x, y in zip(xs, ys, strict=True):
            p = 1 / (1 + (-(dot(w, x) + b)).exp())
            total -= y * p.log() + (1 - y) * (1 - p).log()
        return total / len(xs)

    return loss, (numbers(rng, n, features), numbers(rng, n, low=0.0)), [*w, b]


@program
def classes_by_softmax(rng, n=20, features=3, classes=4):
    w, b = values(rng, classes, features), values(rng, classes)
    labels = [rng.randrange(classes) for _ in range(n)]

    def loss(xs):
        total = Value(0.0)
        for x, label in zip(xs, labels, strict=True):
            p = softmax([dot(row, x) + bias for row, bias in zip(w, b, strict=True)])
            total -= p[label].log()
        for row in w:
            for v in row:
                total += 0.01 * v * v
        return total

    return loss, (numbers(rng, n, features),), flat([w, b])


@program
def mixture(rng, n=30, parts=3):
    logits, means, widths = values(rng, parts), values(rng, parts), values(rng, parts)

    def loss(xs):
        shares = softmax(logits)
        total = 0.0
        for x in xs:
            p = 0.0
            for share, mean, width in zip(shares, means, widths, strict=True):
                z = (x - mean) / width.exp()
                p += share * (-0.5 * z * z).exp() / (width.exp() * math.sqrt(2 * math.pi))
            total -= p.log()
        return total / n

    return loss, (numbers(rng, n),), [*logits, *means, *widths]


@program
def mixture_in_the_plane(rng, n=15, parts=3):
    means, logits = values(rng, parts, 2), values(rng, parts)

    def loss(points):
        shares = softmax(logits)
        total = 0.0
        for x, y in points:
            squares = [(x - mx) ** 2 + (y - my) ** 2 for mx, my in means]
            total -= sum(s * (-0.5 * d).exp() for s, d in zip(shares, squares, strict=True)).log()
        return total

    return loss, (numbers(rng, n, 2),), flat([means, logits])


@program
def k_means(rng, n=20, k=4, d=2):
    centers = values(rng, k, d)

    def loss(points):
        total = 0.0
        for p in points:
            total += min(sum((a - b) ** 2 for a, b in zip(p, c, strict=True)) for c in centers)
        return total / len(points)

    return loss, (numbers(rng, n, d),), flat(centers)


@program
def soft_k_means(rng, n=15, k=3, d=2):
    centers = values(rng, k, d)

    def loss(points):
        total = 0.0
        for p in points:
            squares = [sum((a - b) ** 2 for a, b in zip(p, c, strict=True)) for c in centers]
            for share, square in zip(softmax([-2.0 * s for s in squares]), squares, strict=True):
                total += share * square
        return total

    return loss, (numbers(rng, n, d),), flat(centers)


@program
def all_pairs_energy(rng, n=10, d=3):
    """Of every two different points, each pair once."""
    points = values(rng, n, d)

    def energy():
        total = 0.0
        for i in range(n):
            for j in range(i):
                square = sum((a - b) ** 2 for a, b in zip(points[i], points[j], strict=True))
                total += 1 / (square + 0.1).sqrt()
        return total

    return energy, (), flat(points)


@program
def all_pairs_potential(rng, n=8):
    """Of every point and every other, both ways; coordinates in lists of their own."""
    xs, ys = values(rng, n), values(rng, n)

    def energy(charges):
        total = 0.0
        for i in range(n):
            for j in range(n):
                if i != j:
                    square = (xs[i] - xs[j]) ** 2 + (ys[i] - ys[j]) ** 2
                    total -= charges[i] * charges[j] / (square + 0.5)
        return total

    return energy, (numbers(rng, n),), xs + ys


@program
def multidimensional_scaling(rng, n=8, d=2):
    points = values(rng, n, d)

    def stress(distances):
        total = 0.0
        for i in range(n):
            for j in range(i + 1, n):
                length = (sum((a - b) ** 2 for a, b in zip(points[i], points[j], strict=True)) + 1e-9) ** 0.5
                total += (length - distances[i][j]) ** 2
        return total

    return stress, (numbers(rng, n, n),), flat(points)


def attend(queries, keys, values_, seen):
    out = []
    for i, q in enumerate(queries):
        scores = [dot(q, k) / math.sqrt(len(q)) for k in keys[: seen(i)]]
        shares = softmax(scores)
        out.append([sum(s * v[j] for s, v in zip(shares, values_, strict=False)) for j in range(len(values_[0]))])
    return out


def attention_program(rng, n, d, seen):
    wq, wk, wv = values(rng, d, d), values(rng, d, d), values(rng, d, d)

    def loss(xs):
        queries, keys, contents = ([[dot(row, x) for row in w] for x in xs] for w in (wq, wk, wv))
        return sum(v**2 for row in attend(queries, keys, contents, seen) for v in row)

    return loss, (numbers(rng, n, d),), flat([wq, wk, wv])


@program
def attention(rng, n=6, d=4):
    return attention_program(rng, n, d, lambda i: n)


@program
def causal_attention(rng, n=6, d=4):
    return attention_program(rng, n, d, lambda i: i + 1)


@program
def heads_of_causal_attention(rng, n=5, heads=2, d=3):
    wide = heads * d
    wq, wk, wv, wo = (values(rng, wide, wide) for _ in range(4))

    def loss(xs):
        queries, keys, contents = ([[dot(row, x) for row in w] for x in xs] for w in (wq, wk, wv))
        total = 0.0
        for i in range(n):
            joined = []
            for h in range(heads):
                part = slice(h * d, (h + 1) * d)
                shares = softmax([dot(queries[i][part], keys[t][part]) / d**0.5 for t in range(i + 1)])
                joined += [sum(shares[t] * contents[t][part][j] for t in range(i + 1)) for j in range(d)]
            for row in wo:
                total += dot(row, joined).tanh()
        return total

    return loss, (numbers(rng, n, wide),), flat([wq, wk, wv, wo])


@program
def gaussian_process(rng, n=5):
    """Its log likelihood, by a Cholesky factor and forward substitution."""
    length, noise = values(rng), values(rng)

    def loss(xs, ys):
        kernel = [[(-((a - b) ** 2) / length.exp()).exp() for b in xs] for a in xs]
        for i in range(n):
            kernel[i][i] = kernel[i][i] + noise.exp()
        factor = [[0.0] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                rest = kernel[i][j] - sum(factor[i][k] * factor[j][k] for k in range(j))
                factor[i][j] = rest.sqrt() if i == j else rest / factor[j][j]
        solved = []
        for i in range(n):
            solved.append((ys[i] - sum(factor[i][k] * solved[k] for k in range(i))) / factor[i][i])
        return 0.5 * sum(v * v for v in solved) + sum(factor[i][i].log() for i in range(n))

    return loss, (numbers(rng, n), numbers(rng, n)), [length, noise]


@program
def kernel_regression(rng, n=12, m=8):
    length, weights = values(rng), values(rng, n)

    def loss(known, xs, ys):
        total = 0.0
        for x, y in zip(xs, ys, strict=True):
            kernel = [(-((x - k) ** 2) / (2 * length.exp() ** 2)).exp() for k in known]
            total += (dot(weights, kernel) / sum(kernel) - y) ** 2
        return total / m

    return loss, (numbers(rng, n), numbers(rng, m), numbers(rng, m)), [length, *weights]


@program
def hidden_markov_model(rng, states=3, symbols=4, length=6):
    """The forward algorithm."""
    start, moves, shows = values(rng, states), values(rng, states, states), values(rng, states, symbols)
    seen = [rng.randrange(symbols) for _ in range(length)]

    def loss():
        p_start, p_moves, p_shows = softmax(start), [softmax(row) for row in moves], [softmax(row) for row in shows]
        alpha = [p_start[s] * p_shows[s][seen[0]] for s in range(states)]
        for symbol in seen[1:]:
            alpha = [sum(alpha[r] * p_moves[r][s] for r in range(states)) * p_shows[s][symbol] for s in range(states)]
        return -sum(alpha).log()

    return loss, (), flat([start, moves, shows])


@program
def heat_equation(rng, n=12, steps=8):
    """A rod with ends held at 0."""
    start, rate = values(rng, n), values(rng)

    def loss(target):
        u = start
        for _ in range(steps):
            left, right = [0.0, *u[:-1]], [*u[1:], 0.0]
            u = [u[i] + 0.1 * rate * (left[i] - 2 * u[i] + right[i]) for i in range(n)]
        return sum((a - b) ** 2 for a, b in zip(u, target, strict=True))

    return loss, (numbers(rng, n),), [*start, rate]


@program
def heat_on_a_ring(rng, n=12, steps=8):
    start, rate = values(rng, n), values(rng)

    def loss(target):
        u = start
        for _ in range(steps):
            u = [u[i] + rate * (u[i - 1] - 2 * u[i] + u[(i + 1) % n]) for i in range(n)]
        return sum((a - b) ** 2 for a, b in zip(u, target, strict=True))

    return loss, (numbers(rng, n),), [*start, rate]


@program
def convolution_of_a_list(rng, n=20, k=3):
    kernel, bias = values(rng, k), values(rng)

    def loss(signal):
        out = [(sum(kernel[j] * signal[i + j] for j in range(k)) + bias).tanh() for i in range(len(signal) - k + 1)]
        return sum(v * v for v in out)

    return loss, (numbers(rng, max(n, k)),), [*kernel, bias]


@program
def convolution_of_an_image(rng, height=7, width=6, k=3, channels=2):
    kernels, biases = values(rng, channels, k, k), values(rng, channels)
    height, width = max(height, k), max(width, k)

    def loss(image):
        total = 0.0
        for kernel, bias in zip(kernels, biases, strict=True):
            for i in range(height - k + 1):
                for j in range(width - k + 1):
                    z = bias
                    for a in range(k):
                        for b in range(k):
                            z = z + kernel[a][b] * image[i + a][j + b]
                    total += z.relu() ** 2
        return total

    return loss, (numbers(rng, height, width),), flat([kernels, biases])


@program
def smoothing(rng, n=15):
    """A curve near given points, and smooth."""
    curve = values(rng, n)

    def loss(points):
        total = 0.0
        for i in range(n):
            total += (curve[i] - points[i]) ** 2
        for i in range(1, n - 1):
            total += 3.0 * (curve[i - 1] - 2 * curve[i] + curve[i + 1]) ** 2
        return total

    return loss, (numbers(rng, n),), curve


@program
def total_variation(rng, height=6, width=5):
    image = values(rng, height, width)

    def loss(noisy):
        total = 0.0
        for i in range(height):
            for j in range(width):
                total += (image[i][j] - noisy[i][j]) ** 2
                if i > 0:
                    total += 0.1 * ((image[i][j] - image[i - 1][j]) ** 2 + 1e-3).sqrt()
                if j > 0:
                    total += 0.1 * ((image[i][j] - image[i][j - 1]) ** 2 + 1e-3).sqrt()
        return total

    return loss, (numbers(rng, height, width),), flat(image)


@program
def polynomial_fit(rng, n=20, degree=4):
    c = values(rng, degree + 1)

    def loss(xs, ys):
        total = 0.0
        for x, y in zip(xs, ys, strict=True):
            total += (sum(c[k] * x**k for k in range(degree + 1)) - y) ** 2
        return total / n

    return loss, (numbers(rng, n), numbers(rng, n)), c


@program
def fourier_fit(rng, n=15, waves=4):
    a, b, speeds = values(rng, waves), values(rng, waves), values(rng, waves)

    def loss(ts, ys):
        total = 0.0
        for t, y in zip(ts, ys, strict=True):
            wave = sum(a[k] * (speeds[k] * t).sin() + b[k] * (speeds[k] * t).cos() for k in range(waves))
            total += (wave - y) ** 2
        return total

    return loss, (numbers(rng, n), numbers(rng, n)), [*a, *b, *speeds]


@program
def matrix_factorization(rng, rows=5, columns=6, rank=2):
    left, right = values(rng, rows, rank), values(rng, columns, rank)

    def loss(ratings):
        error = 0.0
        for i in range(rows):
            for j in range(columns):
                if (i + 2 * j) % 3:
                    error += (ratings[i][j] - dot(left[i], right[j])) ** 2
        return error

    return loss, (numbers(rng, rows, columns),), flat([left, right])


@program
def word_vectors(rng, words=6, d=3, pairs=15):
    """Skip-gram, with all words as the wrong ones."""
    inside, outside = values(rng, words, d), values(rng, words, d)
    text = [(rng.randrange(words), rng.randrange(words)) for _ in range(pairs)]

    def loss():
        total = 0.0
        for center, context in text:
            scores = [dot(inside[center], row) for row in outside]
            total -= softmax(scores)[context].log()
        return total / pairs

    return loss, (), flat([inside, outside])


@program
def bigrams(rng, letters=6, length=25):
    table = values(rng, letters, letters)
    text = [rng.randrange(letters) for _ in range(length + 1)]

    def loss():
        total = 0.0
        for a, b in itertools.pairwise(text):
            total += -softmax(table[a])[b].log()
        return total

    return loss, (), flat(table)


@program
def black_scholes(rng):
    volatility, rate = Value(0.2), Value(0.05)

    def price(spot, strike, time):
        d1 = (autograd.log(spot / strike) + (rate + volatility**2 / 2) * time) / (volatility * time**0.5)
        d2 = d1 - volatility * time**0.5

        def normal(x):
            return 0.5 * (1 + autograd.erf(x / math.sqrt(2)))

        return spot * normal(d1) - strike * (-rate * time).exp() * normal(d2)

    return price, (100.0, 105.0 + rng.random(), 0.5), [volatility, rate]


@program
def black_scholes_of_many(rng, n=20):
    volatility, rate = Value(0.2), Value(0.05)

    def loss(spots, strikes, prices):
        total = 0.0
        for spot, strike, price in zip(spots, strikes, prices, strict=True):
            d1 = (autograd.log(spot / strike) + (rate + volatility**2 / 2) * 0.5) / (volatility * 0.5**0.5)
            d2 = d1 - volatility * 0.5**0.5
            found = spot * (0.5 * (1 + autograd.erf(d1 / 2**0.5))) - strike * (-rate * 0.5).exp() * (0.5 * (1 + autograd.erf(d2 / 2**0.5)))
            total += (found - price) ** 2
        return total / n

    args = numbers(rng, n, low=90.0, high=110.0), numbers(rng, n, low=90.0, high=110.0), numbers(rng, n, low=1.0, high=5.0)
    return loss, args, [volatility, rate]


@program
def rosenbrock(rng, n=10):
    x = values(rng, n)

    def f():
        return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(n - 1))

    return (f if n > 1 else lambda: x[0] * 1.0), (), x


@program
def batch_norm(rng, n=8, d=3):
    gain, shift = values(rng, d), values(rng, d)

    def loss(xs):
        total = 0.0
        for j in range(d):
            column = [x[j] for x in xs]
            mean = sum(column) / n
            variance = sum((v - mean) ** 2 for v in column) / n
            for v in column:
                total += (gain[j] * (v - mean) / (variance + 1e-5) ** 0.5 + shift[j]).tanh()
        return total

    return loss, (numbers(rng, n, d),), [*gain, *shift]


@program
def micrograd_network(rng, n=20):
    layers = [(values(rng, m, k), values(rng, m)) for k, m in ((2, 6), (6, 6), (6, 1))]

    def loss(xs, ys):
        total = 0.0
        for x, y in zip(xs, ys, strict=True):
            for w, b in layers:
                x = [(dot(row, x) + bias).tanh() for row, bias in zip(w, b, strict=True)]
            total -= (0.5 + 0.499 * y * x[0]).log()
        return total

    return loss, (numbers(rng, n, 2), numbers(rng, n)), flat([[w, b] for w, b in layers])


def made(name, seed=0, **sizes):
    return PROGRAMS[name](random.Random(seed), **sizes)
