"""The couplings: their ratios, which the paper gives in Table 1, and themselves in units of energy."""

import math
import statistics

from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.numbers import NONE, fixed, number
from paper_repro.studies.reproduction.determinism import ASKED, EXACT, STATISTICAL
from paper_repro.studies.reproduction.results import AUTHORS_NAME, Inversion
from paper_repro.studies.reproduction.sections.tables import shown
from paper_repro.studies.reproduction.subject import Subject
from paper_repro.studies.reproduction.verdicts import mean_interval


def _of(part: Inversion, path: str) -> Measured:
    """Return the cosine, R², or the ratio of a term."""
    found: Measured = getattr(part, path) if path in {"cosine", "r2"} else part.ratios[path]
    return found


def _spread(found: list[Measured]) -> tuple[float, float]:
    """Return the mean standard error within a training, and the standard deviation between them (NaN of one)."""
    values = [item.value for item in found]
    return statistics.fmean(item.standard_error for item in found), statistics.stdev(values) if len(values) > 1 else math.nan


def ratios(subject: Subject) -> Section | None:
    """Build the ratios to the reference coupling, beside the published ones where the law is the paper's.

    None without an inversion, or for one term: a ratio to itself says nothing.
    """
    if not subject.results.inversion or len(subject.terms) < 2:
        return None
    reference = subject.terms[subject.reference]
    true = subject.couplings / subject.couplings[subject.reference]
    lines = [(f"{term} / {reference}", term, float(value)) for term, value in zip(subject.terms, true, strict=True)]
    rows = [
        _ratio_row(subject, label, path, truth) for label, path, truth in (*lines, ("cosine", "cosine", 1.0), ("R²", "r2", 1.0))
    ]
    columns = ["", "truth", "published", "ours", "± sequences", "± seeds", f"{AUTHORS_NAME}, here"]
    left_out = [k for k, name in enumerate(columns) if _is_left_out(subject, name)]
    kept = [tuple(cell for k, cell in enumerate(row) if k not in left_out) for row in (columns, *rows)]
    table = Table(kept[0], tuple(kept[1:]), frozenset(kept[0][1:]))
    text = (
        "Ours: mean over the training seeds; ± sequences: one standard error within a training, resampling test sequences; ± seeds:"
        f" standard deviation between seeds. {reference} is the reference: its ratio is 1 by definition."
    )
    return Section(
        "Table 1: the couplings" if subject.published is not None else "Ratios of the couplings",
        (Text(text + _authors(subject)), table, *_figures(subject)),
        f"truth, published: {EXACT}; ours: {STATISTICAL}; authors' weights: {ASKED}"
        if subject.published is not None
        else f"truth: {EXACT}; ours: {STATISTICAL}",
    )


def _is_left_out(subject: Subject, column: str) -> bool:
    return (column == "published" and subject.published is None) or (
        column.startswith(AUTHORS_NAME) and not subject.results.has_authors
    )


def _ratio_row(subject: Subject, label: str, path: str, truth: float) -> tuple[str, ...]:
    if path == subject.terms[subject.reference]:
        return (label, number(truth), *["1 (reference)"] * 2, NONE, NONE, NONE)
    measured = f"inversion.{path}" if path in {"cosine", "r2"} else f"inversion.ratios.{path}"
    inversion = subject.results.inversion
    found = [_of(part, path) for part in inversion.trained]
    within, between = _spread(found)
    ours = (number(statistics.fmean(item.value for item in found)), fixed(within, 5), fixed(between, 5))
    theirs = None if inversion.authors is None else _of(inversion.authors, path)
    return (label, number(truth), number(subject.published_value(measured)), *ours, shown(theirs))


def _authors(subject: Subject) -> str:
    if subject.results.has_authors:
        return " The authors' released weights went through the same inversion on the same test set."
    return " The authors' weights were not at hand (--authors-weights)." if subject.published is not None else ""


def _figures(subject: Subject) -> tuple[Figure, Figure]:
    seed, published = subject.results.seeds[0], " and published" if subject.published is not None else ""
    argument = (
        f"One test chain: its spins, in the plane in which they spread most; W of seed {seed} below the diagonal and βJ above"
        " it; the components of its score near t = 0 against those of the exact force, equal on the line; the couplings that"
        " least squares gives of each network, with one standard error, and the true ones as bars."
    )
    return (
        Figure("ratios", f"Ratios of the couplings: true{published} ones and those of each network, with one standard error; to the"
               " right their difference from the truth.", "Ratios of the couplings of each network beside the truth."),
        Figure("argument", argument, "A chain of spins, a matrix, a scatter plot of forces and a bar chart of couplings."),
    )  # fmt: skip


def couplings(subject: Subject) -> Section | None:
    """Build the couplings in units of energy, with intervals of both components of the error."""
    if not subject.results.inversion:
        return None
    rows = []
    for term, truth in zip(subject.terms, subject.couplings, strict=True):
        found = [_in_energy(part.couplings[term], subject.spec.temperature) for part in subject.results.inversion.trained]
        mean, half = mean_interval([item.value for item in found], [item.standard_error for item in found], subject.confidence)
        within = math.sqrt(statistics.fmean(item.standard_error**2 for item in found))
        rows.append((term, number(float(truth)), number(mean), number(half), fixed(within, 5), fixed(_spread(found)[1], 5)))
    columns = ("", "truth", "ours", f"half-width of the {subject.confidence:.0%} interval", "± sequences", "± seeds")
    text = (
        "In units of energy: T₀ times the result of the inversion, no factor fitted. The interval is of the mean over the"
        " trainings; it holds their scatter, by Student's t, and the errors of the test sequences, which they share."
    )
    if len(subject.results.seeds) < 2:
        text += " There is one training: the scatter between trainings is not in the interval, and ± seeds is not known."
    table = Table(columns, tuple(rows), frozenset(columns[1:]))
    return Section("The couplings in units of energy", (Text(text), table), f"truth: {EXACT}; ours: {STATISTICAL}")


def _in_energy(measured: Measured, temperature: float) -> Measured:
    return Measured(temperature * measured.value, temperature * measured.standard_error)
