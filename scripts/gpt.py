"""A small GPT in plain scalar Python: one layer, four heads, and every number is a `Value`.

It is GPT-2 (Radford and others, 2019) with RMS norm in place of layer norm, ReLU in place of GELU, and
no biases, as in Karpathy's microgpt.
"""

from __future__ import annotations

import random

from autograd import Value, softmax, take

EMBEDDING, HEADS, CONTEXT, HIDDEN = 16, 4, 16, 64
HEAD = EMBEDDING // HEADS

Vector = list[Value]
Matrix = list[Vector]


class GPT:
    """The model. Its parameters are matrices, which are lists of rows of Values.

    Args:
        tokens: how many different tokens there are.
        rng: the generator of the first weights.
    """

    def __init__(self, tokens: int, rng: random.Random) -> None:
        def matrix(rows: int, columns: int, spread: float = 0.08) -> Matrix:
            return [[Value(rng.gauss(0, spread)) for _ in range(columns)] for _ in range(rows)]

        self.token_embedding = matrix(tokens, EMBEDDING)
        self.position_embedding = matrix(CONTEXT, EMBEDDING)
        self.query = matrix(EMBEDDING, EMBEDDING)
        self.key = matrix(EMBEDDING, EMBEDDING)
        self.value = matrix(EMBEDDING, EMBEDDING)
        self.attention = matrix(EMBEDDING, EMBEDDING)
        self.hidden = matrix(HIDDEN, EMBEDDING)
        self.output = matrix(EMBEDDING, HIDDEN)
        self.head = matrix(tokens, EMBEDDING)

    def parameters(self) -> list[Value]:
        """All numbers of all matrices."""
        return [number for matrix in vars(self).values() for row in matrix for number in row]

    def logits(self, token: int, position: int, keys: Matrix, values: Matrix) -> Vector:
        """The scores of all tokens to come next. The key and the value of this position are added to `keys` and `values`."""
        x = rms_norm(add(take(self.token_embedding, token), self.position_embedding[position]))
        x = add(x, self.attend(rms_norm(x), keys, values))
        hidden = [number.relu() for number in linear(self.hidden, rms_norm(x))]
        return linear(self.head, add(x, linear(self.output, hidden)))

    def attend(self, x: Vector, keys: Matrix, values: Matrix) -> Vector:
        """Attention: for each head, the mean of the values so far, weighted by how well their keys match the query of `x`."""
        query = linear(self.query, x)
        keys.append(linear(self.key, x))
        values.append(linear(self.value, x))
        mixed = []
        for start in range(0, EMBEDDING, HEAD):
            part = slice(start, start + HEAD)
            scores = [sum(q * k for q, k in zip(query[part], key[part], strict=True)) / HEAD**0.5 for key in keys]
            weights = softmax(scores)
            mixed += [sum(w * value[i] for w, value in zip(weights, values, strict=True)) for i in range(start, start + HEAD)]
        return linear(self.attention, mixed)

    def loss(self, tokens: list[int]) -> Value:
        """The mean of -log p of each token after the first, given those before it."""
        keys: Matrix = []
        values: Matrix = []
        losses = []
        for position in range(len(tokens) - 1):
            probabilities = softmax(self.logits(tokens[position], position, keys, values))
            losses.append(-take(probabilities, tokens[position + 1]).log())
        return sum(losses) / len(losses)


def linear(matrix: Matrix, x: Vector) -> Vector:
    """The product of a matrix and a vector."""
    return [sum(w * number for w, number in zip(row, x, strict=True)) for row in matrix]


def rms_norm(x: Vector) -> Vector:
    """A vector divided by the root of its mean square (Zhang and Sennrich, 2019)."""
    scale = (sum(number * number for number in x) / len(x) + 1e-5) ** -0.5
    return [number * scale for number in x]


def add(a: Vector, b: Vector) -> Vector:
    """The sum of two vectors."""
    return [x + y for x, y in zip(a, b, strict=True)]
