"""Measurements behind what the paper says of its own results: of force fields, of W, and of the sampler.

Errors are one standard error, resampling sequences. A force field answers with β × force, as in ``inversion``.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from scipy import stats

from paper_repro.analysis.inversion import ForceField, Statistics
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.numerics.resampling import bootstrap, standard_errors
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import adjacency, coupling_matrix
from paper_repro.physics.terms.exchange import exchange_gradients
from paper_repro.sampling import diagnostics, metropolis, replica_exchange
from paper_repro.spec import Hamiltonian, PairTerm, Sampler

#: A value and one standard error of it.
Measured = tuple[float, float]
Chains = Iterable[tuple[npt.NDArray[Any], npt.NDArray[Any]]]


def _resampled(
    value: Callable[[npt.NDArray[np.int64]], float], count: int, resamples: int, seed: np.random.SeedSequence
) -> Measured:
    """Return the value of all sequences, and its deviation over resamples of their indices."""
    draws = bootstrap(value, count, resamples, np.random.default_rng(seed))
    return value(np.arange(count)), float(standard_errors(draws)) if count > 1 else np.nan


@attrs.frozen(eq=False)
class Joint:
    """Answers of several fields about the same snapshots, by sequence: AᵀA (term, term), AᵀY (term, field), YᵀY (field, field)."""

    gram: Floats
    moment: Floats
    product: Floats


def ask_jointly(fields: Sequence[ForceField], chains: Chains, hamiltonian: Hamiltonian, threads: int = 1) -> Joint:
    """Ask every field about every sequence (codes, snapshots)."""

    def of_sequence(pair: tuple[npt.NDArray[Any], npt.NDArray[Any]]) -> tuple[Floats, Floats, Floats]:
        codes, spins = pair
        answers = np.stack([np.asarray(field(codes, spins), dtype=np.float64).reshape(-1) for field in fields], axis=1)
        design = exchange_gradients(spins, adjacency(codes, hamiltonian)).reshape(len(answers), -1)
        return design.T @ design, design.T @ answers, answers.T @ answers

    return Joint(*(np.array(part) for part in zip(*in_order(of_sequence, chains, threads), strict=True)))


def residual_correlation(joint: Joint, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the mean correlation, over pairs of fields, of what the six terms leave of each.

    1 where all leave the same field, 0 where each leaves one of its own. Raises ``ValueError`` for fewer than two fields.
    """
    count = joint.product.shape[-1]
    if count < 2:
        raise ValueError(f"{count} force field; expected two or more to compare")
    pairs = np.triu_indices(count, 1)

    def mean(rows: npt.NDArray[np.int64]) -> float:
        gram, moment, product = (getattr(joint, field.name)[rows].sum(0) for field in attrs.fields(Joint))
        left = product - moment.T @ np.linalg.solve(gram, moment)
        size = np.sqrt(np.diagonal(left))
        return float((left / np.outer(size, size))[pairs].mean())

    return _resampled(mean, len(joint.gram), resamples, seed)


def r2_by_sequence(statistics: Statistics, coefficients: Floats) -> Floats:
    """Return R² about zero of each sequence (sequence,), for couplings that were fitted elsewhere."""
    explained = 2 * statistics.moment @ coefficients - np.einsum("skl,k,l->s", statistics.gram, coefficients, coefficients)
    ratio: Floats = explained / statistics.squares
    return ratio


def area_under_curve(sound: Floats, other: Floats, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return the probability that a sound value lies above another, ties half: the area under the curve of a threshold.

    Both sets are resampled by themselves.
    """

    def area(first: Floats, second: Floats) -> float:
        return float(stats.mannwhitneyu(first, second, method="asymptotic").statistic / (len(first) * len(second)))

    counts = len(sound), len(other)
    draws = bootstrap(lambda one, two: area(sound[one], other[two]), counts, resamples, np.random.default_rng(seed))
    return area(sound, other), float(standard_errors(draws))


def threshold(sound: Floats, false_alarms: float) -> float:
    """Return the value below which a fraction ``false_alarms`` of sound values lie."""
    return float(np.quantile(sound, false_alarms))


def with_longer_terms(hamiltonian: Hamiltonian, farthest: int) -> Hamiltonian:
    """Return the Hamiltonian with a term of coupling 0 for each pair of identities beyond its range, to separation ``farthest``."""
    letters = hamiltonian.identities
    pairs = [letters[i] + letters[j] for i in range(len(letters)) for j in range(i, len(letters))]
    more = [
        PairTerm(f"{pair}_at_{separation}", separation, pair, 0.0)
        for separation in range(hamiltonian.range + 1, farthest + 1)
        for pair in pairs
    ]
    return attrs.evolve(hamiltonian, terms=(*hamiltonian.terms, *more))


def beyond_range(statistics: Statistics, within: int, resamples: int, seed: np.random.SeedSequence) -> Measured:
    """Return |couplings beyond the range| / |couplings within it|, of a fit to both; the first ``within`` terms are within it.

    ``statistics`` are those of ``with_longer_terms``. Noise alone makes it positive: compare it with its error.
    """

    def ratio(rows: npt.NDArray[np.int64]) -> float:
        c = np.linalg.solve(statistics.gram[rows].sum(0), statistics.moment[rows].sum(0))
        return float(np.linalg.norm(c[within:]) / np.linalg.norm(c[:within]))

    return _resampled(ratio, len(statistics.gram), resamples, seed)


def exchange_gain(
    sequences: Sequence[npt.NDArray[Any]],
    hamiltonian: Hamiltonian,
    ladder: Floats,
    sampler: Sampler,
    snapshots: int,
    resamples: int,
    seed: np.random.SeedSequence,
    threads: int = 1,
) -> dict[str, Measured]:
    """Return autocorrelation times at the coldest temperature, in sweeps, with the ladder and without: of H and of S_1·S_N.

    Keys: ``energy``, ``energy_alone``, ``energy_metropolis`` (alone, by plain Metropolis in the place of heat bath and
    reflections), the same of ``ends``, ``gain``, the larger of the two ratios alone / with, and ``gain_over_metropolis``, of
    Metropolis alone / with. Pooled over the sequences of codes (site,) about the exact means; a time near
    ``sampler.swap_interval`` says that nothing is left after one step of the traces.
    """
    streams = iter(seed.spawn(2 * len(sequences) + 4))
    laws = [ExactChain(coupling_matrix(codes, hamiltonian), 1 / ladder[0]) for codes in sequences]
    energies, ends = np.array([law.mean_energy for law in laws]), np.array([law.correlations()[0, -1] for law in laws])
    found: dict[str, Measured] = {}

    def measure(label: str, traces: Sequence[tuple[Floats, Floats]]) -> None:
        generator = np.random.default_rng(next(streams))
        for key, part, means in (("energy", 0, energies), ("ends", 1, ends)):
            done = diagnostics.autocorrelation(
                np.array([trace[part] for trace in traces]), means, sampler.swap_interval, resamples, generator
            )
            found[f"{key}{label}"] = done.time, done.time_error

    for label, temperatures in (("", ladder), ("_alone", ladder[:1])):
        tasks = [(law.matrix, np.random.default_rng(next(streams))) for law in laws]

        def run(task: tuple[Floats, np.random.Generator], temperatures: Floats = temperatures) -> tuple[Floats, Floats]:
            made = replica_exchange.sample(task[0], temperatures, sampler, snapshots, task[1])
            return made.cold_energies, made.end_cosines

        measure(label, list(in_order(run, tasks, threads)))
    steps = (snapshots - 1) * sampler.thinning // sampler.swap_interval + 1
    plain = metropolis.sample(laws, steps, sampler.swap_interval, np.random.default_rng(next(streams)))
    measure("_metropolis", list(zip(plain.energies, plain.end_cosines, strict=True)))
    for name, label in (("gain", "_alone"), ("gain_over_metropolis", "_metropolis")):
        gains = []
        for key in ("energy", "ends"):
            (alone, alone_error), (with_ladder, error) = found[f"{key}{label}"], found[key]
            gains.append((alone / with_ladder, alone / with_ladder * float(np.hypot(alone_error / alone, error / with_ladder))))
        found[name] = max(gains)
    return found
