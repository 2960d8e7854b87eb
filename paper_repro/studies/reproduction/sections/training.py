"""The trainings."""

from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.numbers import fixed
from paper_repro.studies.reproduction.determinism import EXACT, STATISTICAL
from paper_repro.studies.reproduction.subject import Subject


def training(subject: Subject) -> Section | None:
    """Build the section; None before a training."""
    results, spec = subject.results, subject.spec
    if not results.training:
        return None
    rows = tuple(
        (name, f"{part.steps:,}", fixed(float(part.epoch_losses[0]), 4), fixed(float(part.epoch_losses[-1]), 4))
        for name, part in results.named(results.training)
    )
    first = results.training.trained[0]
    text = f"{first.parameters:,} parameters, {spec.training.epochs} epochs, batches of {spec.training.batch}."
    columns = ("", "steps", "loss, first epoch", "loss, last epoch")
    caption = f"The loss of each training, averaged over epochs; its weighting in time is {spec.diffusion.weighting!r}."
    figure = Figure("training", caption, "A falling curve of the loss for each training seed.")
    blocks = (Text(text), Table(columns, rows, frozenset(columns[1:])), figure)
    return Section("Training", blocks, f"counts: {EXACT}; losses: {STATISTICAL}")
