"""Trains a model on a file of names, and makes up new ones: a GPT in scalars (`gpt.py`), or a network on arrays (`names_models.py`)."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import names_arrays
from command_line import INTERRUPTED, Arguments, natural, positive, run
from gpt import CONTEXT, GPT, Matrix
from names_arrays import Alphabet
from tqdm import tqdm

import autograd
import nn

LEARNING_RATE = 0.01


def names_in(path: str) -> list[str]:
    """The names in a file, one on each line.

    Raises:
        ArgumentTypeError: the file cannot be read, or is empty.
    """
    try:
        names = Path(path).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"cannot read names from {path!r}: {error}") from None
    if not names:
        raise argparse.ArgumentTypeError(f"{path!r} has no names in it; there should be one on each line")
    return names


def sample(model: GPT, alphabet: Alphabet, rng: random.Random, temperature: float = 0.5) -> str:
    """A new name, letter by letter."""
    keys: Matrix = []
    values: Matrix = []
    name, token = "", alphabet.end
    for position in range(CONTEXT):
        logits = model.logits(token, position, keys, values)
        weights = [p.data for p in autograd.softmax([x / temperature for x in logits])]
        (token,) = rng.choices(range(len(weights)), weights)
        if token == alphabet.end:
            break
        name += alphabet.characters[token]
    return name


def train_scalars(args: argparse.Namespace) -> None:
    """Train the GPT in scalars, print its loss, and make up names."""
    rng = random.Random(args.seed)
    names = rng.sample(args.data, len(args.data))
    alphabet = Alphabet(names)
    model = GPT(alphabet.end + 1, rng)
    loss = model.loss if args.eager else autograd.compile(model.loss)
    optimizer = nn.optim.Adam(model.parameters(), lr=LEARNING_RATE, betas=(0.85, 0.99))

    smooth, seen, interrupted = 0.0, 0, False
    try:
        with tqdm(range(args.steps), unit="step") as bar:
            for step in bar:
                optimizer.lr = LEARNING_RATE * (1 - step / args.steps)
                value = loss(alphabet.encode(names[step % len(names)])[: CONTEXT + 1])
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                seen += 1
                smooth += (value.data - smooth) * max(0.01, 1 / seen)
                if step % 20 == 0:
                    bar.set_postfix(loss=f"{smooth:.4f}", refresh=False)
    except KeyboardInterrupt:
        interrupted = True
    if seen:
        print(f"loss {smooth:.4f}, the mean of about the last {min(seen, 100)} names")
    with autograd.no_grad():
        for _ in range(args.samples):
            print(sample(model, alphabet, rng))
    if interrupted:
        print(f"Interrupted after {seen} of {args.steps} steps.", file=sys.stderr)
        sys.exit(INTERRUPTED)


def main() -> None:
    parser = Arguments(__doc__)
    parser.add_argument("--data", required=True, type=names_in, metavar="FILE", help="the names, one on each line")
    parser.add_argument(
        "--model", choices=["gpt", *names_arrays.MODELS], default="gpt", help="gpt is the one in scalars, the others are on arrays"
    )
    parser.add_argument("--seed", type=natural, default=42, help="the seed of everything random")
    parser.add_argument("--samples", type=positive, default=20, help="how many new names to make up")
    scalars = parser.add_argument_group("for --model gpt")
    scalars.add_argument("--steps", type=positive, help="how many names it is shown (default: 5000)")
    scalars.add_argument("--eager", action="store_true", help="run the scalar code as it is, without compiling it")
    arrays = parser.add_argument_group("for the models on arrays")
    arrays.add_argument("--epochs", type=positive, help="how often it sees every name (default: 5)")
    arrays.add_argument("--seeds", type=positive, metavar="N", help="train with the seeds 0 to N-1 instead, without making up names")
    args = parser.parse_args()
    if args.model == "gpt" and (args.epochs or args.seeds):
        parser.error("--epochs and --seeds are for the models on arrays; choose one with --model.")
    if args.model != "gpt" and (args.steps or args.eager):
        parser.error("--steps and --eager are for --model gpt; a model on arrays has --epochs.")
    args.steps, args.epochs = args.steps or 5000, args.epochs or 5
    if args.model != "gpt" and len(set(args.data)) < 10:
        parser.error(f"a tenth of the names is held out, so at least 10 different ones are needed, and there are {len(set(args.data))}.")
    if args.model == "gpt":
        train_scalars(args)
    else:
        names_arrays.run(args, Alphabet(args.data))


if __name__ == "__main__":
    run(main)
