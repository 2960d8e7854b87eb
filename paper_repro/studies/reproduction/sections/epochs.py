"""The last epochs of the trainings: how far one training wanders, and how far trainings lie from each other."""

import math
import statistics
from collections.abc import Callable, Sequence

from paper_repro.numerics.estimates import deviation
from paper_repro.report.document import Section, Table, Text
from paper_repro.report.numbers import fixed, significant
from paper_repro.studies.reproduction.determinism import EXACT, STATISTICAL
from paper_repro.studies.reproduction.recorded_epochs import SEQUENCES
from paper_repro.studies.reproduction.results import EpochInversion, Inversion
from paper_repro.studies.reproduction.subject import Subject

Value = Callable[[Inversion], float]


def epochs(subject: Subject) -> Section | None:
    """Build the section; None where the weights of no training were recorded before its end."""
    trainings = subject.results.epochs.trained
    wandering = [found for found in trainings if len(found) > 1]
    if not wandering:
        return None
    count = max(map(len, wandering))
    text = (
        f"The weights after each of the last {count} epochs were inverted on the first"
        f" {min(SEQUENCES, subject.spec.test_set.sequences)} test sequences. Within: standard deviation over the epochs of one"
        f" training, root mean square over {len(wandering)} of {len(trainings)} trainings. Between: standard deviation between"
        " trainings after the last epoch. Smallest and largest: over all epochs of all trainings."
    )
    blocks = Text(text), _scatter(subject), _by_epoch(subject)
    return Section("The last epochs", blocks, f"epochs: {EXACT}; the rest: {STATISTICAL}")


def _quantities(subject: Subject) -> list[tuple[str, Value]]:
    reference = subject.terms[subject.reference]
    lines: list[tuple[str, Value]] = [("R²", lambda part: part.r2.value), ("scale over β", _scale(subject))]
    if subject.ratios is not None:
        lines.insert(0, ("cosine", lambda part: part.cosine.value))
        lines += [(f"{term} / {reference}", _ratio(term)) for term in subject.terms if term != reference]
    return lines


def _scale(subject: Subject) -> Value:
    return lambda part: part.scale.value / subject.spec.beta


def _ratio(term: str) -> Value:
    return lambda part: part.ratios[term].value


def _scatter(subject: Subject) -> Table:
    trainings, rows = subject.results.epochs.trained, []
    for label, value in _quantities(subject):
        found = [[value(item.inversion) for item in training] for training in trainings]
        every = [one for training in found for one in training]
        scatter = deviation([training[-1] for training in found])
        rows.append((label, significant(within(found)), significant(scatter), fixed(min(every), 4), fixed(max(every), 4)))
    columns = ("", "within", "between", "smallest", "largest")
    return Table(columns, tuple(rows), frozenset(columns[1:]))


def within(trainings: Sequence[Sequence[float]]) -> float:
    """Return the root mean square over trainings of the standard deviation over the epochs of one; NaN where none has two."""
    found = [statistics.variance(training) for training in trainings if len(training) > 1]
    return math.sqrt(statistics.fmean(found)) if found else math.nan


def _by_epoch(subject: Subject) -> Table:
    rows = [
        (f"{name}, epoch {item.epoch}", *(fixed(value(item.inversion), 4) for _, value in _quantities(subject)))
        for name, training in subject.results.named(subject.results.epochs)
        for item in _in_order(training)
    ]
    columns = ("", *(label for label, _ in _quantities(subject)))
    return Table(columns, tuple(rows), frozenset(columns[1:]), page_only=True)


def _in_order(training: Sequence[EpochInversion]) -> list[EpochInversion]:
    return sorted(training, key=lambda item: item.epoch)
