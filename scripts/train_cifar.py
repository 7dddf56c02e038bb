"""Trains a network to tell ten kinds of small photographs apart (CIFAR-10), and shows its filters and its mistakes.

After each epoch the whole state of training is saved. `--resume` continues from there, bit for bit as
if it had not stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import tutorial
from command_line import positive, run
from image_networks import resnet, vgg

import nn
from nn.data import transforms

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the colours of CIFAR-10's training images
BATCH_SIZE = 128
CHECKPOINT = "checkpoint.safetensors"


class Plan(NamedTuple):
    """A network, and how many epochs it is trained for."""

    network: Callable[[], nn.Sequential]
    epochs: int


PLANS = {"vgg": Plan(partial(vgg, 32, 64, 128, 10), 10), "resnet": Plan(partial(resnet, 16, 32, 64, 10), 12)}


def augmented() -> transforms.Transform:
    """Changes of the training images that change no class: moved by up to four pixels, mirrored, in a slightly other light."""
    return transforms.Compose([
        transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(brightness=0.1, contrast=0.1, saturation=0.1), transforms.Normalize(MEAN, DEVIATION),
    ])  # fmt: skip


def lesson(
    plan: Plan, train: nn.data.CIFAR10, test: nn.data.CIFAR10, seed: int, epochs: int, checkpoint: Path | None = None
) -> tutorial.Lesson:
    """A trainer, and its `fit` with its arguments.

    The learning rate rises for the first third of the steps, and then falls to 0. The test images are
    measured after each epoch. Nothing is chosen by the result, so they stay a test.
    """
    nn.manual_seed(seed)
    train.transform, test.transform = augmented(), transforms.Normalize(MEAN, DEVIATION)
    model = plan.network()
    optimizer = nn.optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.05)
    batches = nn.data.DataLoader(train, batch_size=BATCH_SIZE, shuffle=True)
    schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.003, total_steps=epochs * len(batches))
    callbacks: list[nn.callbacks.Callback] = [nn.callbacks.LearningRateSchedule(schedule, every="batch")]
    if checkpoint is not None:
        callbacks.append(nn.callbacks.ModelCheckpoint(checkpoint))
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    trainer = nn.Trainer(model, loss, optimizer, metrics=["accuracy"], callbacks=callbacks)
    return trainer, partial(trainer.fit, batches, test, epochs=epochs)


def main() -> None:
    parser = tutorial.arguments(__doc__.splitlines()[0], out="out/cifar")
    tutorial.add_images(parser, "CIFAR-10, unpacked or not, in the binary or the Python version")
    parser.add_argument("--model", choices=list(PLANS), default="vgg", help="a small VGG, or a ResNet-20")
    parser.add_argument("--epochs", type=positive, help="how often it sees each image (default: 10 for vgg, 12 for resnet)")
    parser.add_argument("--resume", action="store_true", help=f"continue from {CHECKPOINT} in the folder --out")
    args = parser.parse_args()
    train, test = tutorial.images(parser, args, nn.data.CIFAR10)
    plan = PLANS[args.model]
    epochs = args.epochs or plan.epochs
    if args.seeds:
        tutorial.try_seeds(args.seeds, lambda seed: tutorial.test_accuracy(*lesson(plan, train, test, seed, epochs)), "test accuracy")
        return
    checkpoint = args.out / CHECKPOINT
    trainer, fit = lesson(plan, train, test, args.seed, epochs, checkpoint)
    if args.resume:
        fit = tutorial.resumed(parser, trainer, fit, checkpoint)
    tutorial.train_and_show(args.out, trainer, fit, test)


if __name__ == "__main__":
    run(main)
