"""``simulate``: which snapshots a law gets, what is said of them, and that threads change nothing.

Statistical tests have fixed seeds; a standard score is refused beyond 4.5, a p-value below 1e-4.
"""

import attrs
import numpy as np
import pytest
from scipy import stats

from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Biquadratic, Chirality, Exchange, Field, FourSpin, Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling import engines, simulation
from paper_repro.sampling.integrated_time import integrated_times
from paper_repro.sampling.simulation import simulate_system

RING = Geometry.periodic_chain(6)
FOUR = Truth(Terms([Exchange("J", 1), FourSpin("F")], "A"), np.array([1.0, 0.5]), 1 / 2.1)  # one temperature
LIMIT = 4.5


def test_where_there_is_an_exact_solution_snapshots_are_independent():
    law = Truth(Terms([Exchange("J", 1), Biquadratic("B", 1)], "AB"), np.array([1.0, 0.3]), 4.0)
    made = simulate_system(law, Geometry.open_chain(5), "ABBAB", 700, seed=5)
    assert made.markov is None
    assert made.statement == "exact solution: the snapshots are independent"
    assert made.snapshots.spins.shape == (700, 5, 3)
    assert made.snapshots.run.tolist() == list(range(700))  # each a run of its own
    assert (made.snapshots.temperature, made.snapshots.species_names) == (0.25, ("A", "B"))
    energies = law.on(Geometry.open_chain(5), "ABBAB").energy(made.snapshots.spins)
    exact = law.exact(Geometry.open_chain(5), "ABBAB")
    assert abs(energies.mean() - exact.mean_energy) < LIMIT * exact.energy_deviation / np.sqrt(700)
    assert (
        simulate_system(law, Geometry.open_chain(5), "ABBAB", 700, seed=5).snapshots.spins.tobytes()
        == made.snapshots.spins.tobytes()
    )
    assert (
        simulate_system(law, Geometry.open_chain(5), "ABBAB", 700, seed=6).snapshots.spins.tobytes()
        != made.snapshots.spins.tobytes()
    )


def test_markov_chains_where_there_is_none():
    """Twenty-one snapshots of ten runs, whatever the number of threads; the first run has one more."""
    heard = []
    made = simulate_system(FOUR, RING, "AAAAAA", 21, runs=10, seed=1, threads=2, progress=heard.append)
    assert sum(heard) == 30  # three of each run, of which nine are not needed
    assert np.bincount(made.snapshots.run).tolist() == [3, *[2] * 9]
    assert (made.snapshots.run == np.sort(made.snapshots.run)).all()
    assert made.markov.method == "heat bath and over-relaxation"
    assert made.markov.temperatures == pytest.approx([2.1])
    assert made.markov.resolved
    assert made.markov.thinning >= made.markov.autocorrelation
    assert 18 < made.markov.effective <= 21
    assert made.statement.startswith("heat bath and over-relaxation; ladder of 1, 10 runs of 400 sweeps before the first")
    one = simulate_system(FOUR, RING, "AAAAAA", 21, runs=10, seed=1, threads=1)
    assert one.snapshots.spins.tobytes() == made.snapshots.spins.tobytes()
    assert attrs.evolve(one.markov, agreement=0) == attrs.evolve(made.markov, agreement=0)


def test_the_markov_chains_are_of_the_law():
    """The law of a chain with an exact solution, sampled as if it had none: mean energy over 400 runs of one snapshot."""
    law = Truth(Terms([Exchange("J", 1), Biquadratic("B", 1), Chirality("χ")], "A"), np.array([1.0, 0.3, 0.4]), 2.0)
    geometry = Geometry.open_chain(5)
    exact = law.exact(geometry, "AAAAA")

    def energies(truth, monkeypatch):
        monkeypatch.setattr(simulation, "has_exact_solution", lambda *_: False)
        made = simulate_system(truth, geometry, "AAAAA", 400, runs=400, thinning=1, seed=2)
        return law.on(geometry, "AAAAA").energy(made.snapshots.spins)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "_pilot", lambda *_: (1.0, True))
        patch.setattr(simulation, "_LEAST_BURN_IN", 25)
        patch.setattr(engines, "_TOGETHER", 400)
        patch.setattr(engines, "tuned_steps", lambda local, ladder, *_: np.sqrt(ladder))
        right, wrong = energies(law, patch), energies(attrs.evolve(law, beta=2.6), patch)
    error = exact.energy_deviation / np.sqrt(400)
    assert abs(right.mean() - exact.mean_energy) < LIMIT * error
    assert abs(wrong.mean() - exact.mean_energy) > LIMIT * error


@pytest.mark.parametrize("special", [False, True])
def test_snapshots_are_turned_only_where_no_term_looks(special):
    """All start along z: turned at random, S_z is uniform; with a field along z it stays."""
    terms = [Exchange("J", 1), *([Field("h", 2)] if special else [])]
    law = Truth(Terms(terms, "A"), np.ones(len(terms)), 1.0)
    spins = np.tile(np.eye(3)[2], (400, 6, 1))
    turned = simulation._turned(law, spins, np.random.default_rng(1))
    np.testing.assert_allclose(np.einsum("nic,njc->nij", turned, turned), 1, atol=1e-12)
    if special:
        assert turned.tobytes() == spins.tobytes()
    else:
        assert all(stats.kstest(component, stats.uniform(-1, 2).cdf).pvalue > 1e-4 for component in turned[:, 0].T)


def test_the_hand_of_a_chiral_law_is_not_inverted():
    law = Truth(Terms([Chirality("χ")], "A"), np.ones(1), 1.0)
    spins = np.tile(np.eye(3), (50, 1, 1))
    assert np.linalg.det(simulation._turned(law, spins, np.random.default_rng(1))).min() == pytest.approx(1)
    even = Truth(Terms([Exchange("J", 1)], "A"), np.ones(1), 1.0)
    assert set(np.linalg.det(simulation._turned(even, spins, np.random.default_rng(1))).round(6)) == {-1.0, 1.0}


# ---------------------------------------------------------------- what speaks against snapshots


def autoregressive(rho, runs, steps):
    generator = np.random.default_rng(3)
    traces = np.empty((runs, steps, 1))
    traces[:, 0, 0] = generator.standard_normal(runs)
    for step in range(1, steps):
        traces[:, step, 0] = rho * traces[:, step - 1, 0] + np.sqrt(1 - rho**2) * generator.standard_normal(runs)
    return traces


@pytest.mark.parametrize("rho", [0.0, 0.8, 0.95])
def test_integrated_times_of_known_chains(rho):
    """(1 + ρ) / (1 - ρ), within 20 %: some four standard errors of the longest."""
    assert integrated_times(autoregressive(rho, 8, 4000))[0] == pytest.approx((1 + rho) / (1 - rho), rel=0.2)


def test_a_trace_that_is_too_short_or_constant_is_said():
    assert integrated_times(autoregressive(0.999, 4, 300))[0] == np.inf
    assert integrated_times(np.ones((2, 50, 1)))[0] == 1
    apart = autoregressive(0.0, 4, 400) + 10 * np.arange(4)[:, None, None]  # runs that have not met
    assert integrated_times(apart)[0] == np.inf


def test_runs_that_differ_are_said():
    bound = FOUR.on(RING, "AAAAAA")
    generator = np.random.default_rng(6)
    chains = simulation.normalise(generator.standard_normal((4, 30, 6, 3)))
    assert simulation._agreement(bound, chains, 1.0) > 1e-3
    correlated = np.repeat(chains[:, :8], 8, axis=1)  # each snapshot eight times: what is one looks like eight
    assert simulation._agreement(bound, correlated, 1 / 8) > 1e-3
    chains[2] = chains[2, :, :1]  # one run is stuck, all its spins aligned
    p = simulation._agreement(bound, chains, 1.0)
    assert p < 1e-6
    made = simulation.Markov("…", (1.0,), 4, 2, 2, 50.0, 3.0, resolved=False, agreement=p)
    assert made.doubts[0] == "the autocorrelation time is longer than 50 sweeps: snapshots are not independent"
    assert made.doubts[1].startswith("the runs have different means (p = ")
    assert attrs.evolve(made, resolved=True, agreement=np.nan).doubts == ()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"snapshots": 0}, "snapshots = 0; expected at least 1"),
        ({"runs": 0}, "runs = 0; expected at least 1"),
        ({"thinning": 0}, "thinning = 0; expected at least 1"),
    ],
)
def test_sizes_that_are_none_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        simulate_system(FOUR, RING, "AAAAAA", **({"snapshots": 4} | sizes))
