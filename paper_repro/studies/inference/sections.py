"""The report on an inference: what is wrong with the data, then the couplings; terminal, page and text show the same sections."""

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
from paper_repro.studies.inference.results import Coupling, DataSummary, Inference
from paper_repro.studies.inference.verdicts import RESOLUTION

TITLE = "paper_repro · infer"
LEAD = "The Hamiltonian behind snapshots of spins, by closed-form score matching; no energies, forces or network are used."
_HEADLINES = {
    "inadequate": "The library is not enough: these data need terms that it lacks. Its couplings are not to be trusted.",
    "adequate": "The library is enough for these data.",
    "undecided": "The data are too few to say whether the library is enough.",
}
#: Standard deviations from which a difference between the data and the fitted law is shown.
_LARGE = 3.0
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
    parts.append(_learning(found))
    return (*parts, Section("Conventions", tuple(map(Text, found.conventions))), _answer(found))


def _answer(found: Inference) -> Section:
    counts = Counter(coupling.verdict for coupling in found.couplings)
    present = [coupling.term.name for coupling in found.couplings if coupling.verdict == "present"]
    listed = f": {_listed(present)}" if present else ""
    verdicts = f"{counts['present']} present, {counts['absent']} absent, {counts['undecided']} undecided"
    lines = [_headline(found.adequacy)]
    lines.append(
        Text(f"Of {len(found.couplings)} terms {verdicts}, with an error rate of {found.level:g} over all of them{listed}.")
    )
    if found.confirmation is not None and not found.confirmation.holds:
        lines.append(Text("Energies or correlations of the data are not those of the fitted law.", "bad"))
    if found.warnings:
        kinds = ", ".join(dict.fromkeys(warning.kind for warning in found.warnings))
        lines.append(Text(f"Warnings about the data: {kinds}. They stand above the couplings.", "bad"))
    return Section("The law", tuple(lines), summary=True)


def _headline(judged: Adequacy) -> Text:
    return Text(_HEADLINES[judged.verdict], _HEADLINE_TONES.get(judged.verdict))


def _listed(names: Sequence[str]) -> str:
    """Return names of terms with what neighbours share said once: exchange 1 AA, AB; exchange 2 AA."""
    parts = [name.rpartition(" ") for name in names]
    shared = itertools.groupby(parts, key=lambda part: part[0])
    return "; ".join(f"{start} {', '.join(last for _, _, last in each)}".strip() for start, each in shared)


def _data(data: DataSummary) -> Section:
    low, high = data.sites
    size = f"{low} sites" if low == high else f"{low} to {high} sites"
    kept = f"temperature {data.temperature:g} (energy / k_B)" if data.temperature is not None else "temperature not known"
    text = (
        f"{_count(data.snapshots, 'snapshot')} of {_count(data.systems, 'system')} with {size}, {_count(data.runs, 'run')}, "
        f"species {', '.join(data.species)}; {kept}."
    )
    return Section("Data", (Text(text), *(Text(f"Note: {note}.") for note in data.notes)))


def _adequacy(found: Inference) -> Section:
    judged = found.adequacy
    text = (
        f"p = {significant(judged.p)} over {_count(len(judged.alternatives), 'term')} that the library leaves out, each looked for "
        f"in what the fit does not explain (score test, level {judged.level:g})."
    )
    blocks: list[Text | Table] = [_headline(judged), Text(text)]
    if judged.verdict == "inadequate" and {warning.kind for warning in found.warnings} - {"correlated"}:
        blocks.append(
            Text("The warnings about the data may be the reason: a mixture of laws needs terms that none of them has.", "bad")
        )
    if judged.verdict == "undecided" and math.isfinite(judged.needed):
        size = "of 5 % of the largest exchange"
        blocks.append(Text(f"About {significant(judged.needed)} times as many snapshots would show {judged.reference} {size}."))
    shown = [row for row in judged.alternatives if row.named]
    if shown:
        columns = ("left out", "β × coupling, added alone", "share of the force", "p")
        rows = tuple((row.name, number(row.estimate, row.error), percent(row.force), significant(row.p)) for row in shown)
        blocks.append(Table(columns, rows, frozenset(columns[1:])))
    return Section("Is the library enough?", tuple(blocks))


def _count(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _warnings(found: Inference) -> Section:
    return Section(
        "What is wrong with the data", tuple(Text(f"{warning.kind}: {warning.text}", "bad") for warning in found.warnings)
    )


def _couplings(found: Inference) -> Section:
    unit = "in units of energy" if found.data.temperature is not None else "as β × coupling, without unit"
    text = (
        f"Couplings {unit}, with 95 % intervals of each. Verdicts hold together with an error rate of {found.level:g}: present, "
        f"where the coupling is not 0; absent, where it is below {100 * RESOLUTION:g} % of the strongest present; the bound is "
        f"the upper limit of its size."
    )
    blocks = [Text(text)]
    if found.errors == "model-based":
        blocks.append(
            Text(
                "The snapshots are few: the errors are those of the fitted law, by Markov chains that go on from the data. They "
                "hold if the library has the law and the data are in equilibrium."
            )
        )
    columns = ("term", "coupling", "95 % interval", "bound", "verdict")
    rows = tuple(_row(coupling) for coupling in found.couplings)
    tones = {} if found.adequacy.verdict == "inadequate" else _TONES
    table = Table(columns, rows, frozenset({"coupling", "95 % interval", "bound"}), tones)
    caption = "Each coupling with its 95 % interval; colours and marks are the verdicts, which hold over all terms together."
    return Section("Couplings", (*blocks, table, Figure("couplings", caption, "couplings of all terms with intervals")))


def _row(coupling: Coupling) -> tuple[str, ...]:
    low, high, bound = (as_with(coupling.error, value) for value in (coupling.low, coupling.high, coupling.bound))
    return coupling.term.name, number(coupling.estimate, coupling.error), f"{low} … {high}", bound, coupling.verdict


def _confirmation(made: Confirmation) -> Section:
    held = "agree with" if made.holds else "differ from"
    text = (
        f"Markov chains go on from the data under the fitted law for {SWEEPS} sweeps. Energies and correlations of the data {held} "
        f"those of the fitted law (p = {significant(made.p)}, the largest of {len(made.rows)} differences)."
    )
    shown = [row for row in made.rows if row.name.startswith(("βH", CORRELATION)) or abs(row.z) > _LARGE]
    rows = tuple(_compared(row) for row in shown)
    columns = ("mean", "data", "fitted law", "difference ± σ", "z")
    return Section(
        "Does the fitted law give these data?",
        (
            Text(text, None if made.holds else "bad"),
            Table(columns, rows, frozenset(columns[1:])),
            Figure(
                "correlations", "Mean S·S of pairs by their class: the data, and data of the fitted law.", "correlations of both"
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
    most, middle = (f"{float(significant(float(count))):,.0f}" for count in (curve.needed.max(), np.median(curve.needed)))
    text = (
        f"Half-widths of the 95 % intervals, in units of the largest coupling. About {most} snapshots like these would make them "
        f"{100 * curve.precision:g} % for every term, {middle} for the median term."
    )
    columns = ("snapshots", "median of the terms", "widest")
    caption = "Half-width of the interval of each term against the number of snapshots; the dotted line is the precision wanted."
    figure = Figure("learning", caption, "widths of intervals against snapshots")
    return Section("How many snapshots are needed", (Text(text), Table(columns, rows, frozenset(columns)), figure))


def _groups(found: Inference) -> Section:
    text = "Something of each group is there, and these data do not say which of its terms; the number of snapshots would."
    rows = tuple((", ".join(group.terms), significant(group.p), f"{group.snapshots:,}") for group in found.groups)
    return Section(
        "Terms that cannot be told apart", (Text(text), Table(("terms", "p", "snapshots"), rows, frozenset({"p", "snapshots"})))
    )
