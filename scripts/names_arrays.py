"""How a network on arrays is trained on most of the names, measured on the others, and makes up new ones."""

from __future__ import annotations

import argparse
import random

import numpy as np
import tutorial
from names_models import MODELS
from numpy.typing import NDArray

import nn

NOT_THERE = nn.CrossEntropyLoss().ignore_index  # the target after the end of a name

Arrays = tuple[NDArray[np.intp], NDArray[np.intp]]


class Alphabet:
    """Numbers the characters of the names. One more number, `end`, marks where a name begins and ends."""

    def __init__(self, names: list[str]) -> None:
        self.characters = sorted(set("".join(names)))
        self.end = len(self.characters)

    def encode(self, name: str) -> list[int]:
        """A name as numbers, with `end` before and after it."""
        return [self.end, *map(self.characters.index, name), self.end]


class Names:
    """Names as arrays, nine tenths of them for training. No name is in both parts, so that none can be memorised.

    Attributes:
        train, held_out: inputs and targets, of shape (names, time). The target has the letter that
            comes after the one at the same place in the input.
    """

    def __init__(self, names: list[str], alphabet: Alphabet, seed: int) -> None:
        self.alphabet, self.tokens = alphabet, alphabet.end + 1
        names = sorted(set(names))
        random.Random(seed).shuffle(names)
        self.time = max(map(len, names)) + 1
        tenth = len(names) // 10
        self.train, self.held_out = self.arrays(names[tenth:]), self.arrays(names[:tenth])

    def arrays(self, names: list[str]) -> Arrays:
        """Names as inputs and targets, both of shape (names, time)."""
        inputs = np.full((len(names), self.time), self.alphabet.end)
        targets = np.full((len(names), self.time), NOT_THERE)
        for i, name in enumerate(names):
            tokens = self.alphabet.encode(name)
            inputs[i, : len(tokens) - 1] = tokens[:-1]
            targets[i, : len(tokens) - 1] = tokens[1:]
        return inputs, targets

    def bigram(self) -> float:
        """The mean of -log p of a character held out, with p from the counts of pairs of characters in training, plus one each."""
        counts = np.ones((self.tokens, self.tokens))
        np.add.at(counts, pairs(self.train), 1)
        p = counts / counts.sum(axis=1, keepdims=True)
        return float(-np.log(p[pairs(self.held_out)]).mean())


def pairs(arrays: Arrays) -> Arrays:
    """Each character of the names, and the one that follows it, as two flat arrays."""
    inputs, targets = arrays
    return inputs[targets != NOT_THERE], targets[targets != NOT_THERE]


def lesson(kind: str, names: Names, seed: int, epochs: int) -> tuple[nn.Trainer, nn.data.DataLoader]:
    """A trainer, and the batches that it trains on."""
    nn.manual_seed(seed)
    model = MODELS[kind](names.tokens, names.time)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.003)
    batches = nn.data.DataLoader(nn.data.TensorDataset(*names.train), batch_size=64, shuffle=True)
    schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(batches))
    callbacks = [nn.callbacks.ClipGradients(max_norm=1.0), nn.callbacks.LearningRateSchedule(schedule, every="batch")]
    return nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=callbacks), batches


def sample(trainer: nn.Trainer, names: Names, count: int, rng: np.random.Generator, temperature: float = 0.7) -> list[str]:
    """New names, letter by letter, all at the same time."""
    end = names.alphabet.end
    tokens = np.full((count, 1), end)
    for _ in range(names.time):
        logits = trainer.predict(tokens)[:, :, -1]
        # The largest of logits with Gumbel noise is a draw from their softmax.
        chosen = (logits / temperature + rng.gumbel(size=logits.shape)).argmax(axis=1)
        tokens = np.column_stack([tokens, chosen])
    rows = [row[1:].tolist() for row in tokens]
    return ["".join(names.alphabet.characters[t] for t in row[: row.index(end) if end in row else None]) for row in rows]


def run(args: argparse.Namespace, alphabet: Alphabet) -> None:
    """Train, print how well it went, and make up names."""

    def nats(seed: int) -> float:
        names = Names(args.data, alphabet, seed)
        trainer, batches = lesson(args.model, names, seed, args.epochs)
        trainer.fit(batches, epochs=args.epochs)
        return trainer.evaluate(names.held_out)["loss"]

    if args.seeds:
        print(f"{Names(args.data, alphabet, seed=0).bigram():.4f} nats per character with the bigram model and seed 0")
        tutorial.try_seeds(args.seeds, nats, "nats per character")
        return
    names = Names(args.data, alphabet, args.seed)
    trainer, batches = lesson(args.model, names, args.seed, args.epochs)
    interrupted = tutorial.until_ctrl_c(lambda: trainer.fit(batches, names.held_out, epochs=args.epochs))
    print(f"{trainer.evaluate(names.held_out)['loss']:.4f} nats per character of the {len(names.held_out[0])} names held out")
    print(f"{names.bigram():.4f} with the bigram model")
    print(f"{sum(trainer.history.get('seconds', [])):.0f} seconds for {trainer.epoch} epochs")
    for name in sample(trainer, names, args.samples, np.random.default_rng(args.seed)):
        print(name)
    tutorial.end(trainer, interrupted)
