"""The report on a network that was trained on a user's own snapshots."""

from collections.abc import Iterator, Sequence

from paper_repro.analysis.force_test import ForcePart
from paper_repro.report.document import Section, Table, Text
from paper_repro.report.numbers import as_with, fixed, number, percent, significant
from paper_repro.studies.inference.network_results import NetworkResult
from paper_repro.studies.inference.results import Coupling

HEADLINES = {
    "inadequate": Text("The network finds a force outside the library, which the data confirm.", "bad"),
    "undecided": Text("The data confirm no force of the network outside the library."),
}


def network_sections(found: NetworkResult, couplings: Sequence[Coupling]) -> Iterator[Section]:
    """Yield the sections: what the network sees that the library has not, its couplings and those of the closed form, its error."""
    yield _outside(found)
    yield _couplings(found, couplings)
    yield _learning(found)


def _outside(found: NetworkResult) -> Section:
    seen = found.witness
    text = (
        f"{len(found.seeds)} networks of recipe {found.recipe}, {found.steps:,} steps each, without any list of terms; each is "
        f"tested on snapshots that it was not trained on. The library explains {percent(seen.r2)} of the variance of their force "
        f"(R², ± {percent(seen.r2_deviation)} between trainings). The table gives the parts of the remainder, and the work of the "
        f"true force along each, estimated from the data (p = {significant(seen.p)} for the largest of {len(seen.parts)} z)."
    )
    warnings = (Text(f"{warning.kind}: {warning.text}", "bad") for warning in found.warnings)
    blocks: list[Text | Table] = [HEADLINES[seen.verdict], Text(text), *warnings]
    if seen.verdict == "inadequate" and seen.least > 0:
        blocks.append(Text(f"The library lacks at least {percent(seen.least)} of the mean square force, as estimated."))
    columns = ("part outside the library", "share of the force", "confirmed by the data ± σ", "z")
    blocks.append(Table(columns, tuple(map(_row, seen.parts)), frozenset(columns[1:])))
    return Section("Network: forces outside the library", tuple(blocks))


def _row(part: ForcePart) -> tuple[str, ...]:
    return part.name, f"{part.share:.2%}", f"{number(100 * part.confirmed, 100 * part.error)} %", fixed(part.z, 1)


def _couplings(found: NetworkResult, couplings: Sequence[Coupling]) -> Section:
    text = (
        "Couplings from a least-squares fit of the network's force, and from closed-form score matching, with 95 % intervals. "
        f"Those of the network include the scatter between the {len(found.seeds)} trainings (jackknife, Student's t)."
    )
    columns = ("term", "closed form", "95 % interval", "network", "95 % interval of the network")
    rows = tuple(
        (
            ours.term.name,
            number(ours.estimate, ours.error),
            f"{as_with(ours.error, ours.low)} … {as_with(ours.error, ours.high)}",
            number(theirs.estimate, theirs.error),
            f"{as_with(theirs.error, theirs.low)} … {as_with(theirs.error, theirs.high)}",
        )
        for ours, theirs in zip(couplings, found.couplings, strict=True)
    )
    return Section("Network: couplings", (Text(text), Table(columns, rows, frozenset(columns[1:]))))


def _learning(found: NetworkResult) -> Section:
    text = (
        "Mean square error of the network's force on snapshots that it was not trained on, relative to the mean square force: the "
        "excess of its score-matching loss over that of the closed form. It assumes that the library is sufficient."
    )
    columns = ("snapshots of a training", "error of the force")
    rows = tuple((f"{p.snapshots:,}", f"{number(100 * p.excess, 100 * p.error)} %") for p in found.learning.points)
    return Section("Network: error of the force", (Text(text), Table(columns, rows, frozenset(columns))))
