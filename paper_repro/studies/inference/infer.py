"""From snapshots of an unknown law to its couplings: the one function of the study."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from paper_repro.analysis.adequacy import adequacy
from paper_repro.analysis.confounded import confounded_groups
from paper_repro.analysis.coupling_fit import CouplingFit, fit_couplings
from paper_repro.analysis.data_checks import data_warnings
from paper_repro.analysis.identifiability import NotIdentifiableError, acting, require_independent
from paper_repro.analysis.independent_units import on_sphere
from paper_repro.analysis.learning_curve import learning_curve
from paper_repro.analysis.one_step import likelihood_applies, one_step
from paper_repro.files import InputError, input_error
from paper_repro.numerics.arguments import Count, checked_arguments, require
from paper_repro.numerics.parallel import available_cores
from paper_repro.physics.terms import Terms
from paper_repro.physics.terms.conventions import conventions
from paper_repro.physics.terms.library import Library
from paper_repro.physics.terms.library import library as library_of
from paper_repro.pipeline.progress import Reporter
from paper_repro.sampling.snapshots import Snapshots, names_of
from paper_repro.spec import Spec
from paper_repro.studies.inference.confirmation import SYSTEMS, confirmation
from paper_repro.studies.inference.network_checks import require_network
from paper_repro.studies.inference.network_results import NetworkResult
from paper_repro.studies.inference.results import Coupling, DataSummary, Inference
from paper_repro.studies.inference.steps import Steps
from paper_repro.studies.inference.temperatures import at_one_scale, temperatures_of
from paper_repro.studies.inference.verdicts import bounds, verdicts

T = TypeVar("T")

#: 1 - confidence of the intervals of single couplings.
INTERVAL = 0.05
#: Probability that any of all verdicts is false, where none is given.
LEVEL = 0.01
_STEPS = 6  # of the work, for a bar of progress


@checked_arguments
def infer(
    data: Snapshots | Iterable[Snapshots],
    library: Library | Terms | None = None,
    *,
    level: float = LEVEL,
    temperature: float | None = None,
    confirm: bool = True,
    network: Spec | None = None,
    folder: str | Path | None = None,
    threads: Count | None = None,
    reporter: Reporter | None = None,
) -> Inference:
    """Return the law behind snapshots: couplings with intervals and verdicts, warnings, and whether the library is enough.

    Args:
        data: one system or several, from ``paper_repro.read`` or ``Snapshots.of``.
        library: the terms that the law may have; None for the default library (``paper_repro.library``).
        level: probability that any of all verdicts is false.
        temperature: of all data, in units of energy / k_B, where they state none or another; couplings are then in units of energy.
            Records that state different ones are fitted together: they have the couplings in common, not β × coupling.
        confirm: whether chains continue from the data under the fitted law, seconds of work, to compare energies and correlations.
        network: the recipe of a score network, which is trained on the snapshots and compared with the library; minutes to hours.
        folder: where the trainings keep their checkpoints and weights, so that they go on, or are used again; None for nowhere.
        threads: at most so many cores, all where None; they change no byte.
        reporter: where the progress is shown.

    Raises ``InputError``, one line, for no data, spins that all lie in a plane (XY) or along an axis (Ising), a temperature of some
    records alone, a folder without a network, a library that does not fit the data, and terms that the data cannot tell apart at
    all; before any work for data that the network cannot serve.

    >>> law = pr.Truth(pr.library(range=1, biquadratic=False).terms("A", pr.Geometry.open_chain(9)), [1.0], beta=2.0)
    >>> spins = law.exact(pr.Geometry.open_chain(9), 9 * "A").sample(400, np.random.default_rng(0))
    >>> found = pr.infer(pr.Snapshots.of(spins, 9 * "A", run=range(400), temperature=0.5), pr.library(range=2))
    >>> [coupling.term.name for coupling in found.couplings if coupling.verdict == "present"]
    ['exchange 1 AA']
    """
    records = (data,) if isinstance(data, Snapshots) else tuple(data)
    if not records:
        raise InputError("data", "no snapshots", "one system or more")
    require("data", records, tuple[Snapshots, ...])
    for _ in on_sphere(records):
        pass
    if not 0 < level < 1:
        raise InputError("level", f"{level:g}", "a probability between 0 and 1")
    temperatures = temperatures_of(records, temperature)
    if network is not None:
        require_network(records, network, temperatures)
    elif folder is not None:
        raise InputError("folder", f"{str(folder)!r} without a network", "network=…, whose trainings it keeps")
    records, heat = at_one_scale(records, temperatures), min(temperatures, default=None)
    terms, notes = _acting(_terms(records, library_of() if library is None else library), records)
    threads = available_cores() if threads is None else threads
    step = _Steps(reporter)
    try:
        fit = step("couplings", lambda _: fit_couplings(records, terms, threads))
    except ValueError as error:
        if isinstance(error, NotIdentifiableError):
            require_independent(terms, records, "library")
        raise input_error(records[0].origin, error, "snapshots that fix the couplings") from error
    enough = step("what the library leaves out", lambda _: adequacy(records, terms, fit.correlation, level=level, threads=threads))
    warnings = step("checks of the data", lambda _: data_warnings(records, terms, fit, threads))
    if likelihood_applies(fit, enough, warnings):
        closed = fit
        fit = step("likelihood", lambda _: one_step(records, terms, closed, threads))
    groups = confounded_groups(fit, level)
    compared = None
    if confirm:
        systems = min(len(records), SYSTEMS)
        compared = step("confirmation", lambda part: confirmation(records, terms, fit, level, lambda done: part(done / systems)))
    learning = step("number of snapshots", lambda _: learning_curve(records, terms, fit, threads=threads))
    step.finish()
    witness = None if network is None else _network(records, terms, fit, network, level, folder, threads, reporter, heat)
    return Inference(
        couplings=_couplings(fit, terms, level, heat, frozenset(name for group in groups for name in group.terms)),
        groups=groups,
        adequacy=enough,
        confirmation=compared,
        learning=learning,
        data=_summary(records, fit, terms, temperatures, notes),
        warnings=warnings,
        errors=fit.method,
        correlations=fit.correlations,
        condition=fit.condition,
        level=level,
        unit="beta × coupling" if heat is None else "energy",
        conventions=conventions(terms),
        network=witness,
    )


class _Steps:
    """Shows the progress of the work if there is a reporter; each step counts as much as another."""

    def __init__(self, reporter: Reporter | None) -> None:
        self._reporter, self._done, self._start = reporter, 0, time.monotonic()
        if reporter is not None:
            reporter.stage("inference (%)", 100)

    def __call__(self, name: str, work: Callable[[Callable[[float], None]], T]) -> T:
        """Do some work, which reports what share of it is done to the function that it takes."""
        self._advance(0.0, name)
        made = work(lambda share: self._advance(share, name))
        self._done += 1
        return made

    def finish(self) -> None:
        """Report how long all of it took."""
        self._done = _STEPS
        self._advance(0.0, "")
        if self._reporter is not None:
            self._reporter.finish("inference", time.monotonic() - self._start)

    def _advance(self, share: float, name: str) -> None:
        if self._reporter is not None:
            self._reporter.advance(round((self._done + share) / _STEPS * 100), name)


def _network(
    records: tuple[Snapshots, ...], terms: Terms, fit: CouplingFit, spec: Spec, level: float, folder: str | Path | None,
    threads: int, reporter: Reporter | None, temperature: float | None,
) -> NetworkResult:  # fmt: skip
    from paper_repro.studies.inference.network import NetworkStudy  # noqa: PLC0415  (torch is for who trains)

    place = None if folder is None else Path(folder)
    return NetworkStudy(records, terms, fit, spec, level, place, threads, Steps(reporter)).result(temperature, INTERVAL)


def _terms(records: Sequence[Snapshots], library: Library | Terms) -> Terms:
    """Return the terms of a library on the geometries of the data, the species numbered alike in all of them."""
    if isinstance(library, Terms):
        return library
    return library.terms(names_of(records), [part.geometry for part in records])


def _acting(terms: Terms, records: Sequence[Snapshots]) -> tuple[Terms, tuple[str, ...]]:
    """Return the terms that act somewhere in the data, and a note that names the others, where there are some."""
    try:
        kept = acting(terms, records)
    except ValueError as error:
        raise InputError(records[0].origin, "no term of the library acts on these sites", "a library of terms that do") from error
    dropped = [name for name in terms.names if name not in kept.names]
    return kept, (f"left out, as they act nowhere in these data: {', '.join(dropped)}",) if dropped else ()


def _couplings(
    fit: CouplingFit, terms: Terms, level: float, temperature: float | None, grouped: frozenset[str]
) -> tuple[Coupling, ...]:
    unit = 1.0 if temperature is None else temperature
    rows = zip(
        terms.labels, fit.intervals(INTERVAL, temperature), bounds(fit, level) * unit, verdicts(fit, level, grouped), strict=True
    )
    return tuple(
        Coupling(label, found.estimate, found.error, found.low, found.high, float(bound), verdict)
        for label, found, bound, verdict in rows
    )


def _summary(
    records: Sequence[Snapshots], fit: CouplingFit, terms: Terms, temperatures: tuple[float, ...], notes: tuple[str, ...]
) -> DataSummary:
    sites = [part.sites for part in records]
    return DataSummary(
        snapshots=fit.snapshots,
        systems=len(records),
        runs=fit.runs,
        spins=fit.spins,
        all_sites=sum(sites),
        sites=(min(sites), max(sites)),
        species=terms.species_names,
        temperatures=temperatures,
        correlation=fit.correlation,
        notes=(*dict.fromkeys(note for part in records for note in part.notes), *notes),
    )
