"""The snapshots of a data set: each sequence sampled by itself, by replica exchange or from the exact solution."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from paper_repro.files import InputError, NotFiniteError
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import has_exact_solution, without_exact_solution
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.truth import Exact, Truth, exact_solution
from paper_repro.sampling import replica_exchange, tempered_exchange
from paper_repro.sampling.ensemble import Diagnostics, Ensemble, Which, concatenate
from paper_repro.sampling.ladder import temperatures
from paper_repro.sampling.sequences import draw_sequences
from paper_repro.spec import Spec

#: Spins (snapshot, site, 3) of one sequence, and how they were sampled.
_Sampled = tuple[Floats, Diagnostics]


def _of_one(
    energies: Floats,
    end_cosines: Floats,
    effective: float,
    exact_energy: float,
    *,
    swap_rates: Floats,
    thinning: int = 0,
    step_sweeps: int = 0,
    round_trips: float = np.nan,
    autocorrelation: float = np.nan,
) -> Diagnostics:
    """Return the diagnostics of one sequence, of whose trace so many steps are ``effective`` ones."""
    error = np.nan if np.isnan(effective) else np.std(energies, ddof=1) / np.sqrt(effective)
    return Diagnostics(
        thinning=thinning,
        step_sweeps=step_sweeps,
        swap_rates=swap_rates[None],
        round_trips=np.array([round_trips]),
        autocorrelation=np.array([autocorrelation]),
        energies=energies[None],
        end_cosines=end_cosines[None],
        mean_energy=np.array([np.mean(energies)]),
        mean_energy_error=np.array([error]),
        exact_energy=np.array([exact_energy]),
    )


def _from_exact_solution(
    law: SpinHamiltonian, exact: Exact, replicas: int, snapshots: int, generator: np.random.Generator
) -> _Sampled:
    spins = exact.sample(snapshots, generator)
    energies, end_cosines = law.energy(spins), (spins[:, 0] * spins[:, -1]).sum(-1)
    effective = float(snapshots) if snapshots > 1 else np.nan
    swap_rates = np.full(replicas - 1, np.nan)
    return spins, _of_one(energies, end_cosines, effective, exact.mean_energy, swap_rates=swap_rates)


def _by_replica_exchange(
    spec: Spec, law: SpinHamiltonian, exact_energy: float, snapshots: int, generator: np.random.Generator
) -> _Sampled:
    ladder = temperatures(spec.temperature, spec.ladder)
    if law.terms.is_exchange:
        run = replica_exchange.sample(law.matrix, ladder, spec.sampler, snapshots, generator)
    else:
        run = tempered_exchange.sample(law, ladder, spec.sampler, snapshots, generator)
    steps = replica_exchange.autocorrelation_time(run.cold_energies)
    found = _of_one(
        run.cold_energies, run.end_cosines, len(run.cold_energies) / steps, exact_energy,
        swap_rates=run.swap_rates, thinning=spec.sampler.thinning, step_sweeps=spec.sampler.swap_interval,
        round_trips=float(run.round_trips), autocorrelation=steps * spec.sampler.swap_interval,
    )  # fmt: skip
    return run.spins, found


def _generate_one(spec: Spec, truth: Truth, which: Which, sequence: str, index: int, *, has_exact: bool) -> Ensemble:
    generator = np.random.default_rng(data_key(spec.seeds.data, f"{which} snapshots", index))
    law = truth.on(Geometry.open_chain(len(sequence)), sequence)
    snapshots = (spec.training_set if which == "training" else spec.test_set).snapshots
    exact = exact_solution(law, spec.beta) if has_exact else None
    if spec.sampler.method != "exact":
        exact_energy = np.nan if exact is None else exact.mean_energy
        spins, found = _by_replica_exchange(spec, law, exact_energy, snapshots, generator)
    elif exact is not None:
        spins, found = _from_exact_solution(law, exact, spec.ladder.replicas, snapshots, generator)
    else:
        without = f"'exact' with {', '.join(without_exact_solution(truth.terms))}"
        raise InputError("sampler.method", without, "'replica-exchange', for they have no exact solution")
    if not (np.isfinite(found.energies).all() and np.isfinite(spins).all()):
        where = f"{which} sequence {index}, data seed {spec.seeds.data}"
        raise NotFiniteError(where, "energies or spins of the sampler that are not finite")
    return Ensemble((sequence,), spec.hamiltonian.species, spins.astype(np.float32), found)


def generate(
    spec: Spec, which: Which, first: int, last: int, *, progress: Callable[[int], None] | None = None, threads: int = 2
) -> Ensemble:
    """Return the sequences ``first`` ≤ k < ``last`` of a data set with their snapshots at the coldest temperature.

    A pure function of (spec, which, k) for each sequence: neither threads nor the division into shards change a byte.
    ``progress`` is called with the number of sequences done. Raises ``InputError`` for exact sampling of terms
    without an exact solution, ``ValueError`` for a range outside the data set, and ``NotFiniteError`` where an energy is not a
    finite number.
    """
    sequences = draw_sequences(spec)[0 if which == "training" else 1]
    if not 0 <= first < last <= len(sequences):
        raise ValueError(f"sequences {first}..{last} of the {which} set; expected a range within 0..{len(sequences)}")
    truth = Truth.of(spec.hamiltonian, spec.beta)
    has_exact = has_exact_solution(truth.terms)

    def of_sequence(index: int) -> Ensemble:
        return _generate_one(spec, truth, which, sequences[index], index, has_exact=has_exact)

    parts: list[Ensemble] = []
    with ThreadPoolExecutor(threads) as executor:
        for part in executor.map(of_sequence, range(first, last)):
            parts.append(part)
            if progress is not None:
                progress(len(parts))
    return concatenate(parts)
