"""The trainings."""

from collections.abc import Mapping

from paper_repro.report.document import Block, Figure, Section, Table, Text
from paper_repro.report.numbers import fixed
from paper_repro.spec import ShiftedTimeWeighting
from paper_repro.studies.reproduction.determinism import EXACT, STATISTICAL
from paper_repro.studies.reproduction.sections import conclusions
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
    weighting = spec.diffusion.weighting
    weight = f"t + {weighting.time_scale:g}" if isinstance(weighting, ShiftedTimeWeighting) else "t"
    caption = f"Loss of each training, the squared error of the score with weight {weight}, averaged over each epoch."
    alt = "A curve of the loss against the epoch for each training."
    figure = Figure("training", conclusions.of_training(subject), caption, alt)
    return Text(text), Table(columns, rows, frozenset(columns[1:])), figure


def _adopted(subject: Subject) -> tuple[Block, ...]:
    """Return which trainings were made elsewhere, and what made them."""
    results = subject.results
    rows = tuple(
        (name, f"{part.steps:,}", part.file, part.sha256[:12], part.spec_sha256[:12], _maker(part.made))
        for name, part in results.named(results.adopted)
    )
    text = (
        "No network was trained in this run. The weights were supplied; the digest of the training (before weights 6 that of"
        " the spec), the seed and the number of steps in their files were checked."
    )
    return Text(text), Table(("", "steps", "file", "SHA-256", "spec when trained", "trained by"), rows, frozenset({"steps"}))


def _maker(made: Mapping[str, str]) -> str:
    parts = (f"{name} {value}" if name in {"paper_repro", "torch", "ranks"} else value for name, value in made.items())
    return ", ".join(parts) or "not stated in the file"
