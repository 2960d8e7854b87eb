"""The couplings: their ratios, which the paper gives in Table 1, and themselves in units of energy."""

import math
import statistics
from collections.abc import Sequence

import attrs

from paper_repro.numerics.estimates import deviation
from paper_repro.numerics.measured import Measured
from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.numbers import NONE, fixed, number, significant
from paper_repro.studies.reproduction.determinism import EXACT, GIVEN, STATISTICAL
from paper_repro.studies.reproduction.results import AUTHORS_NAME, Inversion, Judgement
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
    """Build the ratios to the reference coupling, beside the published ones and with a verdict where the law is the paper's.

    None without an inversion, and for a law without ratios: one term, or couplings that are all 0.
    """
    if not subject.results.inversion or subject.ratios is None:
        return None
    text = (
        "Ours: mean over the training seeds, ± the standard deviation between them; ± sequences: one standard error within a"
        f" training, resampling test sequences. {subject.terms[subject.reference]} is the reference, whose ratio is 1 by"
        " definition."
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
    """Return the table: what is published of another law, and the authors' weights where they are not at hand, are left out."""
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
            significant(statistics.fmean(item.standard_error for item in found)) if known else NONE,
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
        (term, number(float(truth)), number(part.mean), number(part.half_width), fixed(part.within, 5), fixed(part.between, 5))
        for term, truth, part in zip(subject.terms, subject.couplings, in_energy(subject), strict=True)
    )
    columns = ("", "truth", "ours", f"half-width of the {subject.confidence:.0%} interval", "± sequences", "± seeds")
    text = (
        "In units of energy: T₀ times the result of the inversion, no factor fitted. The interval is of the mean over the"
        " trainings; it holds their scatter, by Student's t, and the errors of the test sequences, which they share."
    )
    if len(subject.results.seeds) < 2:
        text += " There is one training: the scatter between trainings is not in the interval, and ± seeds is not known."
    table = Table(columns, rows, frozenset(columns[1:]))
    return Section("The couplings in units of energy", (Text(text), table), f"truth: {EXACT}; ours: {STATISTICAL}")
