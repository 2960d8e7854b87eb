"""The couplings: their ratios, which the paper gives in Table 1, and themselves in units of energy."""

import math
import statistics
from collections.abc import Sequence

import attrs

from paper_repro.numerics.estimates import deviation
from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.numbers import NONE, number, uncertainty
from paper_repro.studies.reproduction.determinism import EXACT, GIVEN, STATISTICAL
from paper_repro.studies.reproduction.results import AUTHORS_NAME, Inversion, Judgement
from paper_repro.studies.reproduction.sections import conclusions
from paper_repro.studies.reproduction.sections.intervals import over_trainings
from paper_repro.studies.reproduction.sections.tables import UNRESOLVED, is_resolved, shown
from paper_repro.studies.reproduction.sections.verdicts import TONES
from paper_repro.studies.reproduction.subject import Subject
from paper_repro.studies.reproduction.verdicts import mean_interval


@attrs.frozen
class Line:
    """One line of the table of ratios: a label, the path of the value in the results, and the true value."""

    label: str
    path: str
    truth: float

    def of(self, part: Inversion) -> Measured:
        """Return the value of one network."""
        name = self.path.rpartition(".")[2]
        found: Measured = part.ratios[name] if ".ratios." in self.path else getattr(part, name)
        return found


def _lines(subject: Subject) -> list[Line]:
    reference, true = subject.terms[subject.reference], subject.ratios
    if true is None:
        return []
    ratios = [
        Line(f"{term} / {reference}", f"inversion.ratios.{term}", float(value))
        for term, value in zip(subject.terms, true, strict=True)
        if term != reference
    ]
    return [*ratios, Line("cosine", "inversion.cosine", 1.0), Line("R²", "inversion.r2", 1.0)]


def ratios(subject: Subject) -> Section | None:
    """Build the ratios to the reference coupling, with the published ones and a verdict if the law is the paper's.

    None without an inversion, and for a law without ratios: one term, or couplings that are all 0.
    """
    if not subject.results.inversion or subject.ratios is None:
        return None
    text = (
        "Ours: mean over trainings ± standard deviation between them. ± sequences: one standard error within a training, from"
        f" resampling the test sequences. {subject.terms[subject.reference]} is the reference; its ratio is 1 by definition."
    )
    if subject.published is None:
        title, classes = "Ratios of the couplings", f"truth: {EXACT}; ours: {STATISTICAL}"
    else:
        title, classes = (
            "Table 1: the couplings",
            f"truth, published: {EXACT}; ours: {STATISTICAL}; authors' weights: {GIVEN}",
        )
    unresolved = "" if _has_ratios(subject) else UNRESOLVED
    return Section(title, (Text(text + _authors(subject) + unresolved), ratio_table(subject), *_figures(subject)), classes)


def _has_ratios(subject: Subject) -> bool:
    """Whether every training tells the reference coupling from 0."""
    return all(is_resolved(part, subject.terms[subject.reference]) for part in subject.results.inversion.trained)


def ratio_table(subject: Subject) -> Table:
    """Return the table, without published values for another law, and without the authors' weights if they were not given."""
    verdicts = {item.measured: item for item in subject.judgements}
    inversion = subject.results.inversion
    columns = ["", "truth", "published", "ours ± seeds", "± sequences", f"{AUTHORS_NAME}, here", "verdict"]
    left_out = {"published", "verdict"} if subject.published is None else set()
    left_out |= set() if inversion.authors is not None else {f"{AUTHORS_NAME}, here"}
    rows = []
    for line in _lines(subject):
        found, judged = [line.of(part) for part in inversion.trained], verdicts.get(line.path)
        known = _has_ratios(subject) or ".ratios." not in line.path
        cells = (
            line.label,
            number(line.truth),
            number(subject.published_value(line.path)),
            _ours(found, judged) if known else NONE,
            uncertainty(statistics.fmean(item.standard_error for item in found)) if known else NONE,
            shown(None if inversion.authors is None else line.of(inversion.authors)),
            NONE if judged is None else judged.decided.verdict,
        )
        rows.append(tuple(cell for column, cell in zip(columns, cells, strict=True) if column not in left_out))
    kept = tuple(column for column in columns if column not in left_out)
    return Table(kept, tuple(rows), frozenset(kept[1:]) - {"verdict"}, TONES)


def _ours(found: Sequence[Measured], judged: Judgement | None) -> str:
    if judged is None:
        return over_trainings([item.value for item in found])
    return number(judged.value, judged.over_seeds)


def _authors(subject: Subject) -> str:
    if subject.results.has_authors:
        return " The authors' released weights were inverted on the same test set."
    return " The authors' weights were not given (--authors-weights)." if subject.published is not None else ""


def _figures(subject: Subject) -> tuple[Figure, Figure]:
    seed, published = subject.results.seeds[0], " and published" if subject.published is not None else ""
    ratios = (
        f"(a) Ratios of the couplings: true{published} values and those of each network, with one standard error. (b) Differences"
        " from the true values."
    )
    if len(subject.results.seeds) > 1:
        ratios += " Bands: mean over trainings ± standard deviation between them."
    argument = (
        "One test chain. (a) Its spins, projected on the plane of largest variance. (b)"
        f" W of seed {seed} below the diagonal, βJ above it. (c) Components of the score of this network near t = 0 against those"
        " of the exact force; the line is equality. (d) Couplings from least squares for each network, with one standard error,"
        " and the true values as bars."
    )
    return (
        Figure(
            "ratios", conclusions.of_ratios(subject), ratios,
            "Two dot plots with a row for each coupling: ratios of each network around the true values, and their differences.",
        ),
        Figure(
            "argument", conclusions.of_inversion(subject), argument,
            "A row of arrows, a banded matrix, a scatter plot of forces around a straight line, and couplings drawn on bars.",
        ),
    )  # fmt: skip


@attrs.frozen
class InEnergy:
    """A coupling in units of energy: the mean over trainings, the half-width of its interval, and both components of its error."""

    mean: float
    half_width: float
    within: float
    between: float


def in_energy(subject: Subject) -> list[InEnergy]:
    """Return the couplings (term,) in units of energy."""
    found = []
    for term in subject.terms:
        parts = [part.couplings[term] for part in subject.results.inversion.trained]
        values = [subject.spec.temperature * part.value for part in parts]
        errors = [subject.spec.temperature * part.standard_error for part in parts]
        mean, half_width = mean_interval(values, errors, subject.confidence)
        within = math.sqrt(statistics.fmean(error**2 for error in errors))
        found.append(InEnergy(mean, half_width, within, deviation(values)))
    return found


def couplings(subject: Subject) -> Section | None:
    """Build the couplings in units of energy, with intervals of both components of the error."""
    if not subject.results.inversion:
        return None
    rows = tuple(
        (term, number(float(truth)), number(part.mean, part.half_width), uncertainty(part.within), uncertainty(part.between))
        for term, truth, part in zip(subject.terms, subject.couplings, in_energy(subject), strict=True)
    )
    columns = ("", "truth", f"ours ± half-width ({subject.confidence:.0%})", "± sequences", "± seeds")
    text = (
        "T₀ times the dimensionless couplings of the inversion; no factor is fitted. The interval of the mean over trainings"
        " includes the scatter between them (Student's t) and the error of the test sequences, which they share."
    )
    if len(subject.results.seeds) < 2:
        text += " With one training, the interval does not include the scatter between trainings, and ± seeds is not known."
    table = Table(columns, rows, frozenset(columns[1:]))
    return Section("The couplings in units of energy", (Text(text), table), f"truth: {EXACT}; ours: {STATISTICAL}")
