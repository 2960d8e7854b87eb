"""The trainings."""

from collections.abc import Mapping

from paper_repro.report.document import Block, Figure, Section, Table, Text
from paper_repro.report.numbers import fixed
from paper_repro.studies.reproduction.determinism import EXACT, STATISTICAL
from paper_repro.studies.reproduction.subject import Subject


def training(subject: Subject) -> Section | None:
    """Build the section; None before a training."""
    if subject.results.adopted:
        return Section("Training", _adopted(subject), f"counts: {EXACT}")
    if not subject.results.training:
        return None
    return Section("Training", _made(subject), f"counts: {EXACT}; losses: {STATISTICAL}")


def _made(subject: Subject) -> tuple[Block, ...]:
    results, spec = subject.results, subject.spec
    rows = tuple(
        (name, f"{part.steps:,}", fixed(float(part.epoch_losses[0]), 4), fixed(float(part.epoch_losses[-1]), 4))
        for name, part in results.named(results.training)
    )
    first = results.training.trained[0]
    text = f"{first.parameters:,} parameters, {spec.training.epochs} epochs, batches of {spec.training.batch}."
    columns = ("", "steps", "loss, first epoch", "loss, last epoch")
    caption = f"The loss of each training, averaged over epochs; its weighting in time is {spec.diffusion.weighting!r}."
    figure = Figure("training", caption, "A falling curve of the loss for each training seed.")
    return Text(text), Table(columns, rows, frozenset(columns[1:])), figure


def _adopted(subject: Subject) -> tuple[Block, ...]:
    """Say which trainings were taken from elsewhere, and what made them."""
    results = subject.results
    rows = tuple(
        (name, f"{part.steps:,}", part.file, part.sha256[:12], part.spec_sha256[:12], _maker(part.made))
        for name, part in results.named(results.adopted)
    )
    text = (
        "No network was trained in this run: the weights were given, checked by the digest of the spec, the seed and the steps that"
        " their files state, and kept as they are."
    )
    return Text(text), Table(("", "steps", "file", "SHA-256", "spec", "trained by"), rows, frozenset({"steps"}))


def _maker(made: Mapping[str, str]) -> str:
    parts = (f"{name} {value}" if name in {"paper_repro", "torch", "ranks"} else value for name, value in made.items())
    return ", ".join(parts) or "not stated in the file"
