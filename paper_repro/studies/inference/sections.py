"""The report on an inference: defects of the data, then the couplings; terminal, page and text show the same sections."""

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from paper_repro.analysis.adequacy import Adequacy
from paper_repro.analysis.confirmation import CORRELATION, Compared, Confirmation
from paper_repro.report.document import Figure, Section, Table, Text, Tone
from paper_repro.report.numbers import as_with, fixed, number, percent, significant
from paper_repro.studies.inference.confirmation import SWEEPS
from paper_repro.studies.inference.network_sections import HEADLINES, network_sections
from paper_repro.studies.inference.results import Coupling, DataSummary, Inference
from paper_repro.studies.inference.verdicts import RESOLUTION

TITLE = "paper_repro · infer"
HEADING = "Hamiltonian inferred from spin snapshots"
LEAD = "Method: closed-form score matching, then maximum likelihood where it applies; snapshots alone, without energies or forces."
_HEADLINES = {
    "inadequate": "The library is not sufficient: these data require terms that it lacks. The couplings below are not reliable.",
    "adequate": "The library is sufficient for these data.",
    "undecided": "There are too few data to decide whether the library is sufficient.",
}
_BY_CHAINS = {
    "model-based": "The errors are from Markov chains of the fitted law.",
    "maximum-likelihood": "Couplings and errors are of maximum likelihood, from Markov chains that start from the data.",
}
_WARNINGS = "Defects of the data"
#: Standard deviations from which a difference between the data and the fitted law is shown.
_LARGE = 3.0
_WHOLE = 10.0  # from which a number of two digits is an integer
_TONES: dict[str, Tone] = {"present": "good", "undecided": "open"}
_HEADLINE_TONES: dict[str, Tone] = {"inadequate": "bad", "undecided": "open"}


def sections(found: Inference) -> tuple[Section, ...]:
    """Return the sections of the report, in the order in which they are read."""
    parts = [_data(found.data)]
    if found.warnings:
        parts.append(_warnings(found))
    enough = _adequacy(found)
    parts = [enough, *parts] if found.adequacy.verdict == "inadequate" else [*parts, enough]
    parts.append(_couplings(found))
    if found.groups:
        parts.append(_groups(found))
    if found.confirmation is not None:
        parts.append(_confirmation(found.confirmation))
    if found.network is not None:
        parts += network_sections(found.network, found.couplings)
    parts.append(_learning(found))
    return (*parts, Section("Conventions", tuple(map(Text, found.conventions))), _answer(found))


def _answer(found: Inference) -> Section:
    present = [coupling.term.name for coupling in found.couplings if coupling.verdict == "present"]
    listed = f": {_listed(present)}" if present else ""
    lines = [_headline(found.adequacy)]
    lines.append(Text(f"Of {len(found.couplings)} terms {_verdicts(found)}, with a joint error rate of {found.level:g}{listed}."))
    if found.network is not None:
        lines.append(HEADLINES[found.network.witness.verdict])
    if found.confirmation is not None and not found.confirmation.holds:
        lines.append(Text("Energies or correlations of the data differ from those of the fitted law.", "bad"))
    if found.warnings:
        kinds = ", ".join(dict.fromkeys(warning.kind for warning in found.warnings))
        lines.append(Text(f"Warnings about the data: {kinds} (section '{_WARNINGS}').", "bad"))
    return Section("The law", tuple(lines), summary=True)


def _verdicts(found: Inference) -> str:
    counts = Counter(coupling.verdict for coupling in found.couplings)
    return f"{counts['present']} present, {counts['absent']} absent, {counts['undecided']} undecided"


def _headline(judged: Adequacy) -> Text:
    return Text(_HEADLINES[judged.verdict], _HEADLINE_TONES.get(judged.verdict))


def _listed(names: Sequence[str]) -> str:
    """Return names of terms, the part shared by neighbours given once: exchange 1 AA, AB; exchange 2 AA."""
    parts = [name.rpartition(" ") for name in names]
    shared = itertools.groupby(parts, key=lambda part: part[0])
    return "; ".join(f"{start} {', '.join(last for _, _, last in each)}".strip() for start, each in shared)


def _data(data: DataSummary) -> Section:
    low, high = data.sites
    size = f"{low} sites" if low == high else f"{low} to {high} sites"
    several = "s" if len(data.temperatures) > 1 else ""
    listed = ", ".join(f"{value:g}" for value in data.temperatures)
    kept = f"temperature{several} {listed} (energy / k_B)" if data.temperatures else "temperature not known"
    text = (
        f"{_count(data.snapshots, 'snapshot')} of {_count(data.systems, 'system')} with {size}, {_count(data.runs, 'run')}, "
        f"species {', '.join(data.species)}; {kept}."
    )
    return Section("Data", (Text(text), *(Text(f"Note: {note}.") for note in data.notes)))


def _adequacy(found: Inference) -> Section:
    judged = found.adequacy
    text = (
        f"p = {significant(judged.p)} over {_count(len(judged.alternatives), 'term')} outside the library, each tested against the "
        f"residual of the fit (score test, level {judged.level:g})."
    )
    blocks: list[Text | Table] = [_headline(judged), Text(text)]
    if judged.verdict == "inadequate" and {warning.kind for warning in found.warnings} - {"correlated"}:
        blocks.append(
            Text("The defects of the data may be the reason: a mixture of laws requires terms that none of them has.", "bad")
        )
    if judged.verdict == "undecided" and math.isfinite(judged.needed):
        size = "if its coupling were 5 % of the largest exchange"
        blocks.append(Text(f"About {_rounded(judged.needed)} times as many snapshots would show '{judged.reference}' {size}."))
    shown = [row for row in judged.alternatives if row.named]
    if shown:
        columns = ("term outside the library", "β × coupling, added alone", "share of the force", "p")
        rows = tuple((row.name, number(row.estimate, row.error), percent(row.force), significant(row.p)) for row in shown)
        blocks.append(Table(columns, rows, frozenset(columns[1:])))
    return Section("Is the library sufficient?", tuple(blocks))


def _rounded(count: float) -> str:
    """Return a number of two significant digits, from 10 on as an integer."""
    text = significant(count)
    return f"{float(text):,.0f}" if count >= _WHOLE else text


def _count(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _warnings(found: Inference) -> Section:
    return Section(_WARNINGS, tuple(Text(f"{warning.kind}: {warning.text}", "bad") for warning in found.warnings))


def _couplings(found: Inference) -> Section:
    unit = "in units of energy" if found.data.temperatures else "as β × coupling, without unit"
    text = (
        f"Couplings {unit} ± one standard error, and 95 % intervals. The verdicts hold jointly with an error rate of "
        f"{found.level:g}. Present: the coupling is not 0. Absent: it is below {100 * RESOLUTION:g} % of the strongest coupling "
        f"present; the bound is the upper limit of its magnitude."
    )
    blocks = [Text(text)]
    if found.errors in _BY_CHAINS:
        blocks.append(
            Text(f"{_BY_CHAINS[found.errors]} They are valid if the library contains the law and the data are in equilibrium.")
        )
    columns = ("term", "coupling", "95 % interval", "bound", "verdict")
    rows = tuple(_row(coupling) for coupling in found.couplings)
    tones = {} if found.adequacy.verdict == "inadequate" else _TONES
    table = Table(columns, rows, frozenset({"coupling", "95 % interval", "bound"}), tones)
    conclusion = f"The terms of the law: {_verdicts(found)}."
    caption = "Couplings with 95 % intervals. Colours and marks give the verdicts, which hold jointly."
    alt = "A dot plot with a row for each term: its coupling and interval about a line at zero."
    return Section("Couplings", (*blocks, table, Figure("couplings", conclusion, caption, alt)))


def _row(coupling: Coupling) -> tuple[str, ...]:
    low, high, bound = (as_with(coupling.error, value) for value in (coupling.low, coupling.high, coupling.bound))
    return coupling.term.name, number(coupling.estimate, coupling.error), f"{low} … {high}", bound, coupling.verdict


def _confirmation(made: Confirmation) -> Section:
    held = "agree with" if made.holds else "differ from"
    conclusion = f"Energies and correlations of the data {held} those of the fitted law (p = {significant(made.p)})."
    text = (
        f"Markov chains under the fitted law start from the data and run for {SWEEPS} sweeps. {conclusion} p is that of the "
        f"largest of {len(made.rows)} differences; z is a difference over its standard error σ. S·S at r: mean of S_i·S_j over the "
        "pairs of class r."
    )
    shown = [row for row in made.rows if row.name.startswith(("βH", CORRELATION)) or abs(row.z) > _LARGE]
    rows = tuple(_compared(row) for row in shown)
    columns = ("mean", "data", "fitted law", "difference ± σ", "z")
    return Section(
        "Does the fitted law reproduce the data?",
        (
            Text(text, None if made.holds else "bad"),
            Table(columns, rows, frozenset(columns[1:])),
            Figure(
                "correlations",
                conclusion,
                "Top: mean S·S of pairs by class, of the data and of the fitted law. Bottom: differences in standard deviations; "
                "the band is ±2.",
                "Points and a line of correlations against the class of the pair, and their differences below.",
            ),
        ),
    )


def _compared(row: Compared) -> tuple[str, ...]:
    data, model = as_with(row.error, row.data), as_with(row.error, row.model)
    return row.name, data, model, number(row.data - row.model, row.error), fixed(row.z, 1)


def _learning(found: Inference) -> Section:
    curve = found.learning
    rows = tuple(
        (f"{point.snapshots:,}", percent(float(np.median(point.half_widths))), percent(float(point.half_widths.max())))
        for point in curve.points
    )
    most, middle = (_rounded(float(count)) for count in (curve.needed.max(), np.median(curve.needed)))
    conclusion = (
        f"A precision of {100 * curve.precision:g} % requires about {most} snapshots for every term, {middle} for the median term."
    )
    text = f"Half-widths of the 95 % intervals, in units of the largest coupling. {conclusion}"
    columns = ("snapshots", "median of the terms", "widest")
    caption = (
        "Half-width of the interval of each term (grey) against the number of snapshots, their median and, where it is "
        f"drawn, its extrapolation as 1/√n; the dotted line is {100 * curve.precision:g} %."
    )
    alt = "Curves on logarithmic axes: half-widths decrease with the number of snapshots."
    figure = Figure("learning", conclusion, caption, alt)
    return Section("How many snapshots are needed", (Text(text), Table(columns, rows, frozenset(columns)), figure))


def _groups(found: Inference) -> Section:
    text = (
        "At least one term of each group is present; these data do not decide which. The last column gives the number of snapshots "
        "that would."
    )
    rows = tuple((", ".join(group.terms), significant(group.p), f"{group.snapshots:,}") for group in found.groups)
    return Section(
        "Terms that cannot be distinguished", (Text(text), Table(("terms", "p", "snapshots"), rows, frozenset({"p", "snapshots"})))
    )
