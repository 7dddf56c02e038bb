"""The result of a diagnosis: `Diagnosis`, a list of `Finding`s."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Diagnosis", "Finding"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: "not finite", "input scale", "dead ReLU", "saturation", "loss at the start", "softmax
            twice", "no gradient", "vanishing gradient", "exploding gradient", "missing activation",
            "activation at the output", "class numbers", "learning rate", "divergence", "no
            progress", "plateau" or "overfitting".
        layer: the dotted path of the layer; "" for the whole model, its data or its loss.
        number: what was measured, such as the share of dead units.
        sentence: what was seen, in words.
        advice: what to try, in words.

    Example:
        >>> Finding("dead ReLU", "1", 0.75, "ReLU '1': 24 of 32 units are dead.", "Try LeakyReLU.").kind
        'dead ReLU'
    """

    kind: str
    layer: str
    number: float
    sentence: str
    advice: str


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What `diagnose` found. Its text is the sentences, with the advice once for all findings of a kind.

    Attributes:
        findings: in the order in which numbers pass through the network; none if all is well.
        loss: the loss of the batch; None without a loss function, or without finite numbers to
            compute it from.

    Example:
        >>> Diagnosis([Finding("input scale", "", 100.0, "The inputs are not scaled.", "Scale them.")], loss=0.5)
        The inputs are not scaled. Scale them.
    """

    findings: list[Finding]
    loss: float | None

    def __repr__(self) -> str:
        if not self.findings:
            loss = "" if self.loss is None else f" The loss is {self.loss:.4g}."
            return f"All is well, as far as one batch shows.{loss}"
        lines = []
        for kind in dict.fromkeys(finding.kind for finding in self.findings):
            alike = [finding for finding in self.findings if finding.kind == kind]
            lines += [finding.sentence for finding in alike]
            lines[-1] += f" {alike[-1].advice}"
        return "\n".join(lines)
