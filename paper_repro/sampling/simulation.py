"""Snapshots of any law on any system: independent ones from the exact solution where there is one, else from Markov chains."""

import math

import attrs
import numpy as np
import numpy.typing as npt
from scipy import stats

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import has_exact_solution
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.species import as_species
from paper_repro.physics.sphere import normalise
from paper_repro.physics.truth import Truth
from paper_repro.sampling.engines import Engine, Plan, Progress, engine_for
from paper_repro.sampling.integrated_time import integrated_times
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.sampling.tempering import INTERVAL

#: A pilot's trace: so many snapshots of so many runs, 1, 4, 16, … rounds apart until the slowest observable is resolved.
_PILOT_RUNS, _PILOT_LENGTH, _SPACINGS = 4, 256, (1, 4, 16)
_RESOLVED = 12  # steps of the trace that an autocorrelation time may have
_BURN_IN = 20  # autocorrelation times, and at least
_LEAST_BURN_IN = 200  # rounds
_APART = 2.0  # autocorrelation times between snapshots of a run
_ALARM = 1e-4  # the probability that runs of one law are reported to differ

PILOT, PRODUCTION, TURNS = 0, 1, 2  # indices of streams


@attrs.frozen
class Markov:
    """The Markov chains behind snapshots: ``method``, temperatures of the ladder, times in sweeps, and what is ``effective``.

    ``autocorrelation`` is that of the slowest observable looked at: the terms, the magnetisation and its square. The snapshots are
    worth ``effective`` independent ones. ``resolved`` is False where the pilot runs were
    too short for the autocorrelation time, then a lower bound; ``agreement`` is the p-value of the runs having one
    mean, the smallest of the observables times their number, NaN where there is one run.
    """

    method: str
    temperatures: tuple[float, ...]
    runs: int
    burn_in: int
    thinning: int
    autocorrelation: float
    effective: float
    resolved: bool
    agreement: float

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against these snapshots, a line each."""
        found = []
        if not self.resolved:
            found.append(
                f"the autocorrelation time is longer than {self.autocorrelation:.0f} sweeps: snapshots are not independent"
            )
        if self.agreement < _ALARM:
            found.append(f"the runs have different means (p = {self.agreement:.1g}): they have not reached equilibrium")
        return tuple(found)


@attrs.frozen(eq=False)
class Simulation:
    """``snapshots``, and the ``markov`` chains that they are from; None where they are exact and independent."""

    snapshots: Snapshots
    markov: Markov | None

    @property
    def statement(self) -> str:
        """How the snapshots were drawn, in one line."""
        made = self.markov
        if made is None:
            return "exact solution: the snapshots are independent"
        return (
            f"{made.method}; ladder of {len(made.temperatures)}, {made.runs} runs of {made.burn_in} sweeps before the first"
            f" snapshot and {made.thinning} between two; autocorrelation time {made.autocorrelation:.3g} sweeps:"
            f" {len(self.snapshots)} snapshots are worth {made.effective:.0f} independent ones"
        )


def simulate_system(
    law: Truth,
    geometry: Geometry,
    species: npt.ArrayLike | str,
    snapshots: int,
    *,
    seed: int = 0,
    system: int = 0,
    runs: int = 8,
    thinning: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Simulation:
    """Return snapshots of a law on a system of ``species`` (site,), and how they were drawn.

    Where the law has an exact solution they are independent, each a run of its own. Else they are from ``runs`` Markov chains, each
    a run, from uniformly random starts; pilot chains find the autocorrelation time, and snapshots of a run are two such times
    apart, or ``thinning`` sweeps. Of a law that rotations (and an inversion) of all spins do not change, each snapshot is turned at
    random, which is a move of that law. A pure function of law, system and ``seed``; ``system`` is the number of this one among
    several, whatever ``threads``. ``progress`` is called with the number of snapshots that are new.

    Raises ``ValueError`` for species or sizes that do not fit, and for a temperature beyond what the exact solution serves.
    """
    for name, value in (("snapshots", snapshots), ("runs", runs), ("thinning", thinning)):
        if value is not None and value < 1:
            raise ValueError(f"{name} = {value}; expected at least 1")
    numbers = as_species(species, law.terms.species_names)
    if has_exact_solution(law.terms, geometry):
        generator = np.random.default_rng(data_key(seed, "simulation", system, PRODUCTION))
        spins = law.exact(geometry, numbers).sample(snapshots, generator)
        if progress is not None:
            progress(snapshots)
        return _simulation(law, geometry, numbers, spins, np.arange(snapshots), None)
    bound, runs = law.on(geometry, numbers), min(runs, snapshots)
    engine = engine_for(bound, 1 / law.beta, (seed, system))
    time, resolved = _pilot(bound, engine, seed, system, threads)
    apart = math.ceil(_APART * time) if thinning is None else math.ceil(thinning / INTERVAL)
    burn_in = max(_LEAST_BURN_IN, math.ceil(_BURN_IN * time))
    plan = Plan(runs, math.ceil(snapshots / runs), burn_in, apart, (seed, system, PRODUCTION))
    chains = engine.chains(plan, threads, progress)
    worth = math.tanh(apart / time)  # (1 - ρ) / (1 + ρ) of a correlation ρ that decays exponentially
    markov = Markov(
        engine.name, tuple(engine.temperatures.tolist()), runs, burn_in * INTERVAL, apart * INTERVAL, time * INTERVAL,
        snapshots * worth, resolved, _agreement(bound, chains, worth),
    )  # fmt: skip
    run = np.repeat(np.arange(runs), [len(part) for part in np.array_split(np.arange(snapshots), runs)])
    spins = np.concatenate([chain[:count] for chain, count in zip(chains, np.bincount(run), strict=True)])
    turned = _turned(law, spins, np.random.default_rng(data_key(seed, "simulation", system, TURNS)))
    return _simulation(law, geometry, numbers, turned, run, markov)


def _simulation(
    law: Truth, geometry: Geometry, species: Integers, spins: Floats, run: Integers, markov: Markov | None
) -> Simulation:
    """Return the record of snapshots; how they were drawn and what speaks against them are its notes."""
    made = Snapshots.of(
        spins, species, geometry=geometry, run=run, temperature=1 / law.beta, species_names=law.terms.species_names,
        origin="simulation",
    )  # fmt: skip
    found = Simulation(made, markov)
    notes = (found.statement, *(() if markov is None else markov.doubts))
    return Simulation(attrs.evolve(made, notes=notes), markov)


def _observables(law: SpinHamiltonian, spins: Floats) -> Floats:
    """Return the terms, the square of the magnetisation, and its components where directions differ (run, snapshot, observable)."""
    runs, each, sites, _ = spins.shape
    total = spins.sum(2) / math.sqrt(sites)
    values = np.stack([law.terms.values(some) for some in spins])
    found = [values, (total**2).sum(-1, keepdims=True)]
    if not all(bound.term.rotation_invariant for bound in law.terms.terms):
        found.append(total)
    acting = np.concatenate(found, axis=-1)
    return acting.reshape(runs, each, -1)


def _pilot(law: SpinHamiltonian, engine: Engine, seed: int, system: int, threads: int) -> tuple[float, bool]:
    """Return the autocorrelation time of the slowest observable in rounds, and True; False where it is longer than was tried."""
    for number, spacing in enumerate(_SPACINGS):
        plan = Plan(_PILOT_RUNS, _PILOT_LENGTH, 100 * spacing, spacing, (seed, system, PILOT, number))
        slowest = float(integrated_times(_observables(law, engine.chains(plan, threads, None))).max())
        if slowest <= _RESOLVED:
            return slowest * spacing, True
    return float(_RESOLVED * _SPACINGS[-1]), False


def _agreement(law: SpinHamiltonian, chains: Floats, worth: float) -> float:
    """Return the p-value of all runs having one mean (analysis of variance), the smallest times the number of observables.

    ``worth`` is how many independent snapshots each is worth.
    """
    runs, each = chains.shape[:2]
    if runs < 2 or each * worth < 4:
        return math.nan
    values = _observables(law, chains)
    values = values[..., values.std((0, 1)) > 1e-12]
    if not values.shape[-1]:
        return math.nan
    between = worth * each * values.mean(1).var(0, ddof=1)
    within = values.var(1, ddof=1).mean(0)
    p = stats.f.sf(between / np.maximum(within, 1e-300), runs - 1, runs * (worth * each - 1))
    return float(min(1.0, p.min() * len(p)))


def _turned(law: Truth, spins: Floats, generator: np.random.Generator) -> Floats:
    """Return the snapshots, each turned at random where that changes no term, and inverted or not where that does not either."""
    if not law.terms.rotation_invariant:
        return spins
    quaternions = generator.standard_normal((4, len(spins)))
    w, x, y, z = quaternions / np.linalg.norm(quaternions, axis=0)
    turns = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    signs = generator.integers(0, 2, len(spins)) * 2 - 1
    if all(term.inversion == 1 for term in law.terms.terms):
        turns = turns * signs
    return normalise(np.einsum("abn,nib->nia", turns, spins))
