"""How well the data were sampled."""

from collections.abc import Callable

from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.numbers import NONE, fixed, number
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT
from paper_repro.studies.reproduction.results import Autocorrelation, DatasetDiagnostics
from paper_repro.studies.reproduction.sections.tables import shown
from paper_repro.studies.reproduction.subject import Subject

Cell = Callable[[DatasetDiagnostics], str]

_LINES: tuple[tuple[str, Cell], ...] = (
    ("mean swap rate", lambda part: fixed(part.swap_rate, 3)),
    ("smallest swap rate of a pair", lambda part: fixed(part.smallest_swap_rate, 3)),
    ("round trips per sequence", lambda part: fixed(part.round_trips, 3)),
    ("autocorrelation of the energy, single traces (sweeps)", lambda part: fixed(part.autocorrelation, 3)),
    ("thinning over autocorrelation", lambda part: fixed(part.thinning_ratio, 3)),
    ("mean z of ⟨H⟩ against exact", lambda part: fixed(part.z_mean, 3)),
    ("standard deviation of z (1 expected)", lambda part: fixed(part.z_deviation, 3)),
    ("largest |z|", lambda part: fixed(part.z_largest, 3)),
    ("pooled z of ⟨H⟩, errors of the traces (beyond ±5: not converged)", lambda part: fixed(part.z_pooled, 3)),
    ("autocorrelation of the energy, pooled about the exact mean (sweeps)", lambda part: _time(part.autocorrelation_of_energy)),
    ("z of ⟨energy⟩, error from the scatter over sequences", lambda part: _z(part.autocorrelation_of_energy)),
    ("autocorrelation of S_1·S_N, pooled about the exact mean (sweeps)", lambda part: _time(part.autocorrelation_of_ends)),
    ("z of ⟨S_1·S_N⟩, error from the scatter over sequences", lambda part: _z(part.autocorrelation_of_ends)),
    ("aligned overlap: successive snapshots", lambda part: shown(part.overlap_successive)),
    ("aligned overlap: independent ones", lambda part: shown(part.overlap_independent)),
    ("aligned overlap: difference", lambda part: shown(part.overlap_difference)),
)


def _time(part: Autocorrelation | None) -> str:
    if part is None:
        return NONE
    return f"{'' if part.converged else '≥ '}{number(part.time, part.time_error)}"


def _z(part: Autocorrelation | None) -> str:
    return NONE if part is None else fixed(part.z, 2)


def sampling(subject: Subject) -> Section | None:
    """Build the section; None before the data were diagnosed. Quantities that neither data set has are left out."""
    found = subject.results.sampling
    if found is None:
        return None
    rows = tuple((label, cell(found.training), cell(found.test)) for label, cell in _LINES)
    kept = tuple(row for row in rows if row[1:] != (NONE, NONE))
    columns = ("", "training set", "test set")
    blocks = [Text(text) for text in (_what(subject), _missing(subject, kept), _published(subject)) if text]
    table = Table(columns, kept, frozenset(columns[1:])) if kept else None
    return Section(
        "Sampling",
        (*blocks, *((table,) if table else ()), *_figures(subject)),
        f"sizes: {EXACT}; the rest: {CLOSE}",
    )


def _what(subject: Subject) -> str:
    spec = subject.spec
    sizes = " and ".join(f"{part.sequences:,} × {part.snapshots}" for part in (spec.training_set, spec.test_set))
    if spec.sampler.method == "exact":
        return f"{sizes} independent snapshots from the exact solution, T₀ = {spec.temperature:g}."
    return (
        f"{sizes} snapshots by replica exchange, {spec.ladder.replicas} replicas, T₀ = {spec.temperature:g}. A trace has a step"
        f" every {spec.sampler.swap_interval} sweeps: an autocorrelation time of about that means none. The overlap of two"
        " snapshots of the test set is taken after the best rotation or reflection."
    )


def _missing(subject: Subject, kept: tuple[tuple[str, ...], ...]) -> str:
    """Say why quantities are left out, and what a dash stands for."""
    found, spec = subject.results.sampling, subject.spec
    lines = []
    if spec.sampler.method == "exact":
        lines.append("Independent snapshots have no swaps, no round trips and no autocorrelation.")
    if not subject.has_exact_solution:
        lines.append("This law has no exact solution: energies, autocorrelations and overlaps are not compared with exact values.")
    elif found is not None and not found.test.z_histogram.counts.any():
        lines.append("The traces are too short for errors of the mean energies, which are not compared with the exact ones.")
    if any(NONE in row[1:] for row in kept if not row[0].startswith("aligned overlap")):
        lines.append("—: a trace too short to tell.")
    if any(cell.startswith("≥") for row in kept for cell in row[1:]):
        lines.append("≥: a trace is too short for its autocorrelation time.")
    return " ".join(lines)


def _published(subject: Subject) -> str:
    if subject.published is None or subject.spec.sampler.method == "exact":
        return ""
    return "The authors' revised release reports overlaps of 0.5095 for snapshots 100 sweeps apart and 0.5081 for independent ones."


def _figures(subject: Subject) -> tuple[Figure, ...]:
    found = subject.results.sampling
    if found is None:
        return ()
    shown_parts = [
        *(["accepted swaps of neighbouring replicas"] if subject.spec.sampler.method != "exact" else []),
        *(["autocorrelation at T₀ about the exact mean, training set"] if found.training.autocorrelation_of_energy else []),
        *(["z = (mean energy - exact) / standard error of each sequence"] if found.test.z_histogram.counts.any() else []),
    ]
    caption = f"The sampler: {'; '.join(shown_parts)}."
    data = (
        f"The data, T₀ = {subject.spec.temperature:g}: lengths of the sequences; sizes of the force on a spin; cosines of the"
        " bonds of each term; snapshots of the shortest, the middle and the longest test chain, each in the plane in which its"
        " spins spread most."
    )
    return (
        Figure("sampling", caption, f"Plots of the sampling: {', '.join(shown_parts)}."),
        Figure("ensemble", data, "Plots of the data: lengths, forces, bond cosines, and rows of arrows for three snapshots."),
    )
