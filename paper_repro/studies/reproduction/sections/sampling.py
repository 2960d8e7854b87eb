"""The quality of the sampling."""

from collections.abc import Callable, Sequence

from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.numbers import NONE, fixed, number, significant
from paper_repro.studies.reproduction.caveats import SAMPLER_LIMIT
from paper_repro.studies.reproduction.determinism import CLOSE, EXACT
from paper_repro.studies.reproduction.results import Autocorrelation, DatasetDiagnostics
from paper_repro.studies.reproduction.sections import conclusions
from paper_repro.studies.reproduction.sections.tables import shown
from paper_repro.studies.reproduction.subject import Subject

Cell = Callable[[DatasetDiagnostics], str]

_LINES: tuple[tuple[str, Cell], ...] = (
    ("swap acceptance, mean", lambda part: fixed(part.swap_rate, 3)),
    ("swap acceptance, smallest of a pair", lambda part: fixed(part.smallest_swap_rate, 3)),
    ("round trips per sequence", lambda part: fixed(part.round_trips, 3)),
    ("autocorrelation time of the energy, single traces (sweeps)", lambda part: significant(part.autocorrelation, 3)),
    ("thinning / autocorrelation time", lambda part: significant(part.thinning_ratio, 3)),
    ("z of ⟨H⟩ against the exact value, mean over sequences", lambda part: fixed(part.z_mean, 2)),
    ("standard deviation of this z (expected: 1)", lambda part: fixed(part.z_deviation, 2)),
    ("largest |z|", lambda part: fixed(part.z_largest, 2)),
    (f"pooled z of ⟨H⟩, errors from the traces (beyond ±{SAMPLER_LIMIT:g}: not converged)", lambda part: fixed(part.z_pooled, 2)),
    ("autocorrelation time of the energy, about the exact mean (sweeps)", lambda part: _time(part.autocorrelation_of_energy)),
    ("z of ⟨H⟩, error from the scatter between sequences", lambda part: _z(part.autocorrelation_of_energy)),
    ("autocorrelation time of S_1·S_N, about the exact mean (sweeps)", lambda part: _time(part.autocorrelation_of_ends)),
    ("z of ⟨S_1·S_N⟩, error from the scatter between sequences", lambda part: _z(part.autocorrelation_of_ends)),
    ("aligned overlap of successive snapshots", lambda part: shown(part.overlap_successive)),
    ("aligned overlap of independent snapshots", lambda part: shown(part.overlap_independent)),
    ("aligned overlap, difference", lambda part: shown(part.overlap_difference)),
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
        f"{sizes} snapshots (sequences × snapshots) from replica exchange, {spec.ladder.replicas} replicas, T₀ ="
        f" {spec.temperature:g}. Traces are recorded every {spec.sampler.swap_interval} sweeps; an autocorrelation time near this"
        " interval means uncorrelated values. The overlap of two snapshots of the test set is taken after optimal rotation or"
        " reflection."
    )


def _missing(subject: Subject, kept: tuple[tuple[str, ...], ...]) -> str:
    """Return why quantities are left out, and what a dash stands for."""
    found, spec = subject.results.sampling, subject.spec
    lines = []
    if spec.sampler.method == "exact":
        lines.append("Independent snapshots have no swaps, no round trips and no autocorrelation.")
    if not subject.has_exact_solution:
        lines.append("This law has no exact solution: energies, autocorrelations and overlaps have no exact values for comparison.")
    elif found is not None and not found.test.z_histogram.counts.any():
        lines.append("The traces are too short for errors of the mean energies, which are not compared with the exact values.")
    if any(NONE in row[1:] for row in kept if not row[0].startswith("aligned overlap")):
        lines.append("—: the traces are too short.")
    if any(cell.startswith("≥") for row in kept for cell in row[1:]):
        lines.append("≥: the traces are too short for this autocorrelation time; a lower bound is given.")
    return " ".join(lines)


def _published(subject: Subject) -> str:
    if subject.published is None or subject.spec.sampler.method == "exact":
        return ""
    return "The authors' revised release states overlaps of 0.5095 for snapshots 100 sweeps apart and 0.5081 for independent ones."


def _figures(subject: Subject) -> tuple[Figure, ...]:
    found = subject.results.sampling
    if found is None:
        return ()
    parts = [
        *(["acceptance of swaps between neighbouring replicas"] if subject.spec.sampler.method != "exact" else []),
        *(
            ["autocorrelation at T₀ about the exact mean, training set; it is 1 at lag 0"]
            if found.training.autocorrelation_of_energy
            else []
        ),
        *(
            ["distribution over sequences of z = (mean energy − exact value) / standard error"]
            if found.test.z_histogram.counts.any()
            else []
        ),
    ]
    data = [
        "number of sequences of each length, as a share",
        *(["magnitude of the force on a spin"] if subject.results.readout else []),
        "cosines S_i · S_j over the bonds of each term",
        "snapshots of the shortest, the middle and the longest test chain, projected on the plane of largest variance",
    ]
    return (
        Figure("sampling", conclusions.of_sampling(subject), _panels(parts), f"Plots of the sampler: {'; '.join(parts)}."),
        Figure(
            "ensemble", conclusions.of_data(subject), f"Data at T₀ = {subject.spec.temperature:g}. {_panels(data)}",
            "Scatter plot of lengths, histograms of forces and bond cosines, and rows of arrows for three snapshots.",
        ),
    )  # fmt: skip


def _panels(parts: Sequence[str]) -> str:
    """Return the captions of panels, lettered where there are several."""
    captions = [f"{part[:1].upper()}{part[1:]}." for part in parts]
    return (
        " ".join(f"({letter}) {text}" for letter, text in zip("abcdef", captions, strict=False))
        if len(parts) > 1
        else "".join(captions)
    )
