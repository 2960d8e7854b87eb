"""Whole runs against closed forms, their bookkeeping, and the autocorrelation time; each check rejects a wrong run."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import exchange_energy
from paper_repro.sampling import replica_exchange
from paper_repro.sampling.replica_exchange import SHORTEST_TRACE, autocorrelation_time, independent_chains, sample
from paper_repro.spec import Sampler

NEAR, FAR = [1.0, 0.8, 0.5, 0.8, 1.0], [-0.45, -0.35, -0.25, -0.35]
MATRIX = np.diag(NEAR, 1) + np.diag(NEAR, -1) + np.diag(FAR, 2) + np.diag(FAR, -2)
LADDER = np.geomspace(0.05, 1.0, 5)


def sampler(**changes):
    values = {
        "method": "replica-exchange",
        "over_relaxation_probability": 0.5,
        "swap_interval": 5,
        "burn_in": 200,
        "thinning": 20,
    } | changes
    return Sampler(**values)


def deviation(trace, exact):
    """(mean - exact) / standard error, with the autocorrelation of the trace accounted for."""
    error = np.std(trace) * np.sqrt(autocorrelation_time(trace) / len(trace))
    return abs(np.mean(trace) - exact) / error


def test_a_run_gives_the_exact_mean_energy():
    """False alarm: |z| > 5.5, 4e-8. Smallest error that must be seen: 3 % in every temperature, some 11 standard errors."""
    exact = ExactChain(MATRIX, 1 / LADDER[0]).mean_energy

    def run(temperatures):
        return sample(MATRIX, temperatures, sampler(), 8000, np.random.default_rng(1))

    right, wrong = run(LADDER), run(LADDER * 1.03)
    assert deviation(right.cold_energies, exact) < 5.5
    assert deviation(wrong.cold_energies, exact) > 7
    ends = ExactChain(MATRIX, 1 / LADDER[0]).correlations()[0, -1]
    assert deviation(right.end_cosines, ends) < 5.5
    assert deviation(-right.end_cosines, ends) > 7


def test_couplings_of_any_range_give_their_closed_form():
    """Couplings at separation 3 only: three free pairs, ⟨H⟩ = -Σ (J coth βJ - 1/β). False alarm 4e-8; sees 3 % in J."""
    couplings, temperature = np.array([1.0, -0.6, 0.7]), 0.3
    matrix = np.diag(couplings, 3) + np.diag(couplings, -3)
    run = sample(
        matrix, np.array([temperature, 0.6, 1.2]), sampler(over_relaxation_probability=0.3), 6000, np.random.default_rng(2)
    )

    def mean_energy(values):
        return -float(np.sum(values / np.tanh(values / temperature) - temperature))

    assert deviation(run.cold_energies, mean_energy(couplings)) < 5.5
    assert deviation(run.cold_energies, mean_energy(1.03 * couplings)) > 7


def test_independent_chains_give_the_exact_mean_energy():
    """Student's t with 63 degrees of freedom: beyond 6.5 once in 10⁸. Smallest error seen: 3 % in β, some 20 standard errors."""
    exact = ExactChain(MATRIX, 10.0).mean_energy

    def deviation_at(beta):
        settings = {"chains": 64, "burn_in": 100, "sweeps": 4000, "over_relaxation": 0.5}
        means = independent_chains(MATRIX, beta, **settings, generator=np.random.default_rng(3))
        assert means.shape == (64,)
        return abs(means.mean() - exact) / (means.std(ddof=1) / 8)

    assert deviation_at(10.0) < 6.5
    assert deviation_at(10.3) > 8


def test_shapes_snapshots_and_energies_belong_together():
    settings = sampler(burn_in=35, thinning=15)
    run = sample(MATRIX, LADDER, settings, 7, np.random.default_rng(4))
    assert run.spins.shape == (7, 6, 3)
    assert run.cold_energies.shape == (6 * 3 + 1,)
    np.testing.assert_allclose(np.linalg.norm(run.spins, axis=-1), 1, rtol=1e-13)
    np.testing.assert_allclose(exchange_energy(run.spins, MATRIX), run.cold_energies[::3], rtol=1e-12)
    assert run.end_cosines.shape == run.cold_energies.shape
    np.testing.assert_allclose((run.spins[:, 0] * run.spins[:, -1]).sum(-1), run.end_cosines[::3], rtol=0, atol=1e-14)
    assert len(set(run.end_cosines)) == len(run.end_cosines)  # between the snapshots too
    np.testing.assert_array_equal(run.swap_attempts, [12, 13, 12, 13])  # 25 swap intervals, the parities in turn
    assert np.all(run.swap_accepts <= run.swap_attempts)
    np.testing.assert_array_equal(run.swap_rates, run.swap_accepts / run.swap_attempts)


def test_the_generator_decides_everything():
    first, again, other = (sample(MATRIX, LADDER, sampler(), 3, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.spins.tobytes() == again.spins.tobytes()
    assert first.cold_energies.tobytes() == again.cold_energies.tobytes()
    assert first.spins.tobytes() != other.spins.tobytes()


_ANYWHERE = """
import numpy as np
from paper_repro.sampling.replica_exchange import sample
from paper_repro.spec import Sampler

matrix = np.diag([1.0, 0.8, -0.5], 1) + np.diag([-0.45, 0.3], 2)
sampler = Sampler(method="replica-exchange", over_relaxation_probability=0.5, swap_interval=5, burn_in=100, thinning=20)
for seed in (12, 13):
    run = sample(matrix + matrix.T, np.geomspace(0.05, 1.0, 13), sampler, 3, np.random.default_rng(seed))
    print(run.spins.tobytes().hex(), run.cold_energies.tobytes().hex())
"""


def test_the_width_of_a_vector_does_not_change_a_byte():
    """The plainest processor of this kind, without AVX, and this one."""

    def printed(**environment):
        command = [sys.executable, "-c", _ANYWHERE]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment)  # noqa: S603
        return done.stdout.split("\n")

    first, second, _ = printed()
    assert printed(NUMBA_CPU_NAME="generic") == [first, second, ""]
    assert first != second


@pytest.mark.parametrize("levels", [1, 7, 8, 9])
def test_lanes_that_fill_vectors_change_no_byte(monkeypatch, levels):
    found = []
    for width in (1, 8):
        monkeypatch.setattr(replica_exchange, "_WIDTH", width)
        run = sample(MATRIX, np.geomspace(0.05, 1.0, levels), sampler(), 5, np.random.default_rng(3))
        found.append([run.spins.tobytes(), run.cold_energies.tobytes(), run.swap_attempts.tolist(), run.swap_accepts.tolist()])
    assert found[0] == found[1]


def test_one_snapshot_without_burn_in_is_the_start():
    run = sample(MATRIX, LADDER, sampler(burn_in=0), 1, np.random.default_rng(7))
    assert run.spins.shape == (1, 6, 3)
    assert np.all(np.isnan(run.swap_rates))
    assert run.round_trips == 0


@pytest.mark.parametrize("levels", [2, 3, 4, 7])
def test_round_trips_are_those_of_a_conveyor_belt(levels):
    """Where every swap is accepted, a replica comes round every 2R swaps: R trips in 2R; the two ends cost at most R each."""
    temperatures = 1e9 * (1 + 1e-6 * np.arange(levels))  # so hot and so close that no swap is refused
    run = sample(MATRIX, temperatures, sampler(swap_interval=1, thinning=1), 1001, np.random.default_rng(8))
    np.testing.assert_array_equal(run.swap_accepts, run.swap_attempts)
    assert abs(run.round_trips - 1200 / 2) <= 2 * levels
    assert abs(run.round_trips - 1200) > 2 * levels  # twice, were both ends to count


def test_no_round_trips_where_no_swap_is_accepted():
    temperatures = np.array([1e-9, 1.0, 1e9])
    run = sample(MATRIX, temperatures, sampler(), 100, np.random.default_rng(9))
    assert run.swap_accepts[0] == 0
    assert run.round_trips == 0


@pytest.mark.parametrize("temperatures", [[0.0, 1.0], [1.0, 0.5], [math.nan, 1.0], [-1.0, 1.0]])
def test_bad_ladders_and_no_snapshots_are_refused(temperatures):
    with pytest.raises(ValueError, match="positive and rising"):
        sample(MATRIX, np.array(temperatures), sampler(), 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="at least 1"):
        sample(MATRIX, LADDER, sampler(), 0, np.random.default_rng(0))


# ---------------------------------------------------------------- autocorrelation


def autoregressive(memory, steps, seed):
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal(steps)
    trace = np.empty(steps)
    trace[0] = noise[0] / np.sqrt(1 - memory**2)
    for k in range(1, steps):
        trace[k] = memory * trace[k - 1] + noise[k]
    return trace


def has_time(trace, expected):
    """Within 25 %; the estimate scatters by some 4 % here, so a false alarm is beyond 6 σ. Smallest error seen: 50 %."""
    return abs(autocorrelation_time(trace) / expected - 1) < 0.25


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e15])
def test_autocorrelation_time_of_an_autoregressive_trace(memory, scale):
    expected = (1 + memory) / (1 - memory)
    trace = scale * autoregressive(memory, 100_000, 10)
    assert has_time(trace, expected)
    assert not has_time(trace[::2], expected) or memory == 0.0
    assert not has_time(trace, 1.5 * expected)


def test_no_autocorrelation_time_where_there_is_no_estimate():
    short = autoregressive(0.5, SHORTEST_TRACE - 1, 11)
    for trace in (short, short[:1], short[:0], np.full(100, 3.7), np.zeros(100)):
        assert math.isnan(autocorrelation_time(trace))
    assert autocorrelation_time(autoregressive(0.5, SHORTEST_TRACE, 11)) > 0
