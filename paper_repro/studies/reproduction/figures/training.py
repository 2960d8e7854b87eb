"""The loss of every training."""

from paper_repro.report.figures.curves import Curve, Curves
from paper_repro.studies.reproduction.subject import Subject


def losses(subject: Subject) -> Curves | None:
    """Return the loss of each training seed, averaged over epochs."""
    results = subject.results
    if not results.training:
        return None
    curves = [Curve(name, part.epoch_losses) for name, part in results.named(results.training)]
    return Curves(curves, "epoch", "loss, mean of the epoch")
