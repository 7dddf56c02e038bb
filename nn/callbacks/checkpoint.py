"""`ModelCheckpoint`: a file from which training can continue."""

from __future__ import annotations

import os
from pathlib import Path

from ..checks import require
from .monitor import Monitor
from .training import Training

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(Monitor):
    """Saves the state of training after each epoch, or after each that is the best so far; see `Trainer.save`.

    `trainer.fit(…, resume_from=path)` continues from there, and `nn.load(path, model)` takes only the weights.

    Args:
        path: the file. It may contain names of the history's columns, as in
            "model-{epoch}.safetensors" or "{epoch:03d}-{val_loss:.3f}.safetensors"; without them
            each save replaces the one before. Its folder is created.
        monitor, mode, min_delta: what to watch with `save_best_only`; see `Monitor`.
        save_best_only: whether to save only after an epoch that is the best so far.

    Attributes:
        best, best_epoch: as in `Monitor`.
        last_path: the file that was written last; None before the first.

    Raises:
        ValueError: the path names something that is not measured; or as in `Monitor`.
        ModuleNotFoundError: safetensors is not installed.
        IsADirectoryError: it is a folder.

    Example:
        >>> import tempfile, nn
        >>> path = tempfile.mkdtemp() + "/line.safetensors"
        >>> def trainer():
        ...     model = nn.Linear(1, 1, rng=0)
        ...     optimizer = nn.optim.Adam(model.parameters())
        ...     return nn.Trainer(model, nn.MSELoss(), optimizer, callbacks=[nn.callbacks.ModelCheckpoint(path)], rng=0)
        >>> data = [[0.0], [1.0], [2.0]], [[1.0], [3.0], [5.0]]
        >>> whole, first_part, second_part = trainer(), trainer(), trainer()
        >>> history = whole.fit(data, epochs=5, batch_size=2, verbose=False)
        >>> history = first_part.fit(data, epochs=3, batch_size=2, verbose=False)
        >>> history = second_part.fit(data, epochs=5, batch_size=2, verbose=False, resume_from=path)
        >>> history["loss"] == whole.history["loss"]
        True
    """

    def __init__(
        self, path: str | os.PathLike[str], monitor: str = "val_loss", save_best_only: bool = False, mode: str = "auto",
        min_delta: float = 0.0,
    ) -> None:  # fmt: skip
        require("safetensors", "ModelCheckpoint writes its files with safetensors", '"glassgrad[scripts]"')
        self.path, self.save_best_only = os.fspath(path), save_best_only
        self.last_path: Path | None = None
        super().__init__(monitor, mode if save_best_only else "min", min_delta)

    def on_fit_begin(self, trainer: Training) -> None:
        """Check that the file can be written, and create its folder.

        Raises:
            ValueError: the path cannot be filled in, or `monitor` is not measured.
            IsADirectoryError: it is a folder.
        """
        if self.save_best_only:
            super().on_fit_begin(trainer)
        path = self._path({"epoch": 1, **dict.fromkeys(trainer.measures, 1.0)})
        if path.is_dir():
            raise IsADirectoryError(f"ModelCheckpoint writes a file, and {path} is a folder; add a name, such as model.safetensors.")
        path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, trainer: Training) -> None:
        """Save the state of training, if this epoch is to be saved."""
        if self.save_best_only and not self.notice(trainer):
            return
        path = self._path({name: column[-1] for name, column in trainer.history.items()})
        trainer.save(path)
        self.last_path = path

    def _path(self, row: dict[str, float]) -> Path:
        try:
            return Path(self.path.format(**row))
        except (KeyError, IndexError, ValueError) as error:
            known = ", ".join(f"{{{name}}}" for name in row)
            raise ValueError(f"The path {self.path!r} cannot be filled in ({error}); it may contain {known}.") from None
