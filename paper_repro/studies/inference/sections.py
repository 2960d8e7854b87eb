"""The report on an inference: what is wrong with the data, then the couplings; terminal, page and text show the same sections."""

import math
from collections import Counter

from paper_repro.report.document import Figure, Section, Table, Text, Tone
from paper_repro.report.numbers import number, percent, significant
from paper_repro.studies.inference.results import Coupling, DataSummary, Inference
from paper_repro.studies.inference.verdicts import RESOLUTION

TITLE = "paper_repro · infer"
LEAD = "The Hamiltonian behind snapshots of spins, by closed-form score matching; no energies, forces or network are used."
_HEADLINES = {
    "inadequate": "The library is not enough: these data need terms that it has not. Its couplings are not to be trusted.",
    "adequate": "The library is enough for these data.",
    "undecided": "The data are too few to say whether the library is enough.",
}
_TONES: dict[str, Tone] = {"present": "good", "undecided": "open"}


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
    return (*parts, Section("Conventions", tuple(map(Text, found.conventions))), _answer(found))


def _answer(found: Inference) -> Section:
    counts = Counter(coupling.verdict for coupling in found.couplings)
    present = [coupling.term.name for coupling in found.couplings if coupling.verdict == "present"]
    listed = f": {', '.join(present)}" if present else ""
    verdicts = f"{counts['present']} present, {counts['absent']} absent, {counts['undecided']} undecided"
    lines = [_HEADLINES[found.adequacy.verdict]]
    lines += [f"Of {len(found.couplings)} terms {verdicts}, with an error rate of {found.level:g} over all of them{listed}."]
    if found.warnings:
        kinds = ", ".join(dict.fromkeys(warning.kind for warning in found.warnings))
        lines.append(f"Warnings about the data: {kinds}. They stand above the couplings.")
    return Section("The law", tuple(map(Text, lines)), summary=True)


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
        f"{_HEADLINES[judged.verdict]} p = {significant(judged.p)} for all of {len(judged.alternatives)} terms that the library "
        f"leaves out, each looked for in what the fit does not explain (score test, level {judged.level:g})."
    )
    blocks: list[Text | Table] = [Text(text)]
    if judged.verdict == "undecided" and math.isfinite(judged.needed):
        share = "of 5 % of the largest exchange"
        blocks.append(Text(f"About {significant(judged.needed)} times as many snapshots would show {judged.reference} {share}."))
    shown = [row for row in judged.alternatives if row.named]
    if shown:
        columns = ("left out", "β × coupling, added alone", "share of the force", "p")
        rows = tuple((row.name, number(row.estimate, row.error), percent(row.force), significant(row.p)) for row in shown)
        blocks.append(Table(columns, rows, frozenset(columns[1:])))
    return Section("Is the library enough?", tuple(blocks))


def _count(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _warnings(found: Inference) -> Section:
    return Section("What is wrong with the data", tuple(Text(f"{warning.kind}: {warning.text}") for warning in found.warnings))


def _couplings(found: Inference) -> Section:
    unit = "in units of energy" if found.data.temperature is not None else "as β × coupling, without unit"
    text = (
        f"Couplings {unit}, with 95 % intervals of each. Verdicts hold together with an error rate of {found.level:g}: present, "
        f"where the coupling is not 0; absent, where it is below {100 * RESOLUTION:g} % of the strongest; the bound is the upper "
        f"limit of its size."
    )
    columns = ("term", "coupling", "95 % interval", "bound", "verdict")
    rows = tuple(_row(coupling) for coupling in found.couplings)
    table = Table(columns, rows, frozenset({"coupling", "95 % interval", "bound"}), _TONES)
    caption = "Each coupling with its 95 % interval; terms whose interval lies across 0 are not shown to be there."
    return Section("Couplings", (Text(text), table, Figure("couplings", caption, "couplings of all terms with intervals")))


def _row(coupling: Coupling) -> tuple[str, ...]:
    interval = f"{significant(coupling.low, 4)} … {significant(coupling.high, 4)}"
    shown = number(coupling.estimate, coupling.error)
    return coupling.term.name, shown, interval, significant(coupling.bound, 2), coupling.verdict


def _groups(found: Inference) -> Section:
    text = "Something of each group is there, and these data do not say which of its terms; the number of snapshots would."
    rows = tuple((", ".join(group.terms), significant(group.p), f"{group.snapshots:,}") for group in found.groups)
    return Section(
        "Terms that cannot be told apart", (Text(text), Table(("terms", "p", "snapshots"), rows, frozenset({"p", "snapshots"})))
    )
