"""What is wrong with snapshots is said: two temperatures, runs that are not stationary; and nothing is said of good ones.

Snapshots of one chain of 35 sites by the exact solution of the paper's law, 100 in a world, with fixed seeds. Each of three kinds
of check has a false alarm in 1 of 1,000 good worlds: two or more among the 20 of a test have a probability of 0.002. Smallest
mixtures that are found in 20 of 20 worlds: half of the snapshots at twice the inverse temperature; a first half of a run at two
thirds of it.
"""

import functools

import numpy as np
import pytest

from paper_repro.analysis import data_checks, stationarity
from paper_repro.analysis.coupling_fit import RunCorrelation, fit_couplings
from paper_repro.analysis.data_checks import data_warnings
from paper_repro.analysis.symmetry_check import broken_symmetries
from paper_repro.analysis.temperature_check import temperature_tests
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Anisotropy, Field, Terms
from paper_repro.physics.terms.sites import site_terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.local_terms import LocalTerms
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.sampling.tempering import Ladders

CHAIN = "ABBABAABBBAABABBAABBABABBBAAABBABAB"
SIZE = 100
UP = np.array([0.0, 0.6, 0.8])


@pytest.fixture(scope="module")
def draw(hamiltonian):
    generator = np.random.default_rng(20)

    @functools.cache
    def law(beta):
        return Truth.of(hamiltonian, beta).exact(Geometry.open_chain(len(CHAIN)), CHAIN)

    return lambda beta, count: law(beta).sample(count, generator)


@pytest.fixture(scope="module")
def kinds(hamiltonian):
    terms = Terms.of(hamiltonian)

    def of(spins, run):
        data = [Snapshots.of(spins, CHAIN, run=run, species_names="AB")]
        return [found.kind for found in data_warnings(data, terms, fit_couplings(data, terms))]

    return of


RUNS = {"independent": np.arange(SIZE), "one run": np.zeros(SIZE, dtype=int), "runs of ten": np.arange(SIZE) // 10}


@pytest.mark.parametrize("run", RUNS)
def test_good_data_are_not_warned_of(draw, kinds, run):
    assert sum(kinds(draw(20.0, SIZE), RUNS[run]) != [] for _ in range(20)) <= 1


def test_two_temperatures_among_independent_snapshots(draw, kinds):
    for _ in range(20):
        spins = np.concatenate([draw(20.0, SIZE // 2), draw(40.0, SIZE // 2)])
        assert kinds(spins, RUNS["independent"]) == ["two temperatures"]


def test_a_temperature_of_each_run(draw, kinds):
    """Of ten short runs it is not known whether each is slow or has its temperature: then they are too short."""
    for _ in range(20):
        spins = np.concatenate([draw(beta, 10) for beta in (20.0, 40.0) * 10])
        assert "two temperatures" in kinds(spins, np.arange(2 * SIZE) // 10)
        assert {"two temperatures", "run too short"} & set(kinds(spins[:SIZE], RUNS["runs of ten"]))


def test_a_run_that_cools_is_not_stationary_and_says_which_way(draw, hamiltonian):
    terms = Terms.of(hamiltonian)
    for first, second, word in ((13.3, 20.0, "hotter"), (20.0, 13.3, "colder")) * 10:
        spins = np.concatenate([draw(first, SIZE // 2), draw(second, SIZE // 2)])
        data = [Snapshots.of(spins, CHAIN, species_names="AB")]
        found = data_warnings(data, terms, fit_couplings(data, terms))
        assert "not stationary" in [warning.kind for warning in found]
        assert any(f"first halves are {word}" in warning.text for warning in found)


@pytest.mark.parametrize("beta", [40.0, 26.0])
def test_two_runs_of_two_temperatures(draw, kinds, beta):
    """A tenth of the β between two runs would be found in half of the worlds; these in all."""
    for _ in range(5):
        assert "two temperatures" in kinds(np.concatenate([draw(20.0, 50), draw(beta, 50)]), np.arange(SIZE) // 50)


def test_two_runs_of_one_temperature(draw, kinds):
    """False alarms of 1 in 1,000 worlds: more than one of 20 has a probability of 2e-4."""
    assert sum("two temperatures" in kinds(draw(20.0, SIZE), np.arange(SIZE) // 50) for _ in range(20)) <= 1


def directed(spins, generator, axis, kept):
    """The same snapshots, each turned over where it points against an axis; only a part of them, ``kept``."""
    against = (spins.mean(1) @ axis < 0) & (generator.random(len(spins)) < kept)
    return np.where(against[:, None, None], -spins, spins)


def test_a_magnetisation_along_a_fixed_axis_is_said(draw, kinds):
    """S → -S leaves the energy as it is: nothing but the direction tells such data from good ones."""
    for _ in range(5):
        assert kinds(directed(draw(20.0, SIZE), np.random.default_rng(1), UP, 1.0), RUNS["independent"]) == ["symmetry broken"]


def test_an_axis_without_a_direction_is_said(draw, kinds):
    """The snapshots are turned until their long axis is near one axis, up or down."""
    spins = draw(20.0, SIZE)
    for k, second in enumerate(np.einsum("nia,nib->nab", spins, spins)):
        _, axes = np.linalg.eigh(second)
        spins[k] = spins[k] @ axes * np.sign(np.random.default_rng(k).standard_normal())
    assert kinds(spins, RUNS["independent"]) == ["symmetry broken"]


def test_a_library_that_knows_directions_is_not_asked_for_rotations(hamiltonian, draw):
    data = [Snapshots.of(directed(draw(20.0, SIZE), np.random.default_rng(1), UP, 1.0), CHAIN, run=np.arange(SIZE))]
    plain = Terms.of(hamiltonian)
    axial, polar = (plain.with_terms(site_terms(family, "AB")) for family in (Anisotropy, Field))
    alone = RunCorrelation(1.0, 0.0, 1, resolved=True)
    assert [found.symmetry for found in broken_symmetries(data, plain, alone, 1e-3)] == ["rotations of all spins"]
    assert [found.symmetry for found in broken_symmetries(data, axial, alone, 1e-3)] == ["S → -S"]
    assert broken_symmetries(data, polar, alone, 1e-3) == []
    (found,) = broken_symmetries(data, axial, alone, 1e-3)
    assert np.array(found.axis) @ UP > 0.9


def test_the_symmetry_check_has_its_level(draw, hamiltonian):
    """At level 0.05, 400 worlds of 20 units: 20 alarms are expected, 36 or more have a probability of 4e-4."""
    alone, terms = RunCorrelation(1.0, 0.0, 1, resolved=True), Terms.of(hamiltonian)
    spins = draw(20.0, 8000).reshape(400, 20, len(CHAIN), 3)
    alarms = sum(bool(broken_symmetries([Snapshots.of(some, CHAIN, run=np.arange(20))], terms, alone, 0.05)) for some in spins)
    assert alarms < 36


def test_every_snapshot_ten_times_is_a_run_that_is_too_short_to_tell(draw, kinds):
    assert kinds(np.repeat(draw(20.0, 10), 10, axis=0), RUNS["one run"])[0] == "run too short"


def test_snapshots_in_pairs_are_correlated_and_long_enough(draw, kinds):
    found = kinds(np.repeat(draw(20.0, 200), 2, axis=0), np.zeros(400, dtype=int))
    assert found == ["correlated"]


def test_copies_in_other_runs(draw, kinds):
    """Two of 100 snapshots again; copies along one run are its correlation."""
    spins = draw(20.0, SIZE)
    twice = np.concatenate([spins, spins[:2]])
    assert kinds(twice, np.arange(SIZE + 2)) == ["copies"]
    assert kinds(twice, np.r_[np.zeros(SIZE, dtype=int), [0, 0]]) == []


def test_a_correlated_run_of_one_temperature_is_no_mixture(draw, kinds, monkeypatch):
    """Each snapshot 20 times: more than one alarm of 10 has a probability of 5e-5; without blocks a fifth of the worlds has one."""

    def alarms(worlds):
        run = np.zeros(1200, dtype=int)
        return sum("two temperatures" in kinds(np.repeat(draw(20.0, 60), 20, axis=0), run) for _ in range(worlds))

    assert alarms(10) <= 1
    alone = RunCorrelation(1.0, 0.0, 1, resolved=True)
    monkeypatch.setattr(data_checks, "temperature_tests", lambda data, series, _: temperature_tests(data, series, alone))
    assert alarms(30) >= 2


def test_a_chain_whose_snapshots_count_as_runs_is_one_run(draw, kinds):
    """Every second snapshot shares 30 of its 35 sites with the one before, as those of a slow Markov chain do."""
    for _ in range(20):
        spins = draw(20.0, SIZE)
        both = np.concatenate([spins[:, :30], np.roll(spins[:, 30:], 1, axis=0)], axis=1)
        chain = np.stack([spins, both], axis=1).reshape(-1, *spins.shape[1:])
        found = kinds(chain, np.arange(len(chain)))
        assert "one run" in found


@pytest.mark.parametrize(("runs", "snapshots"), [(1, 100), (4, 50)])
def test_a_relaxation_from_a_random_start_is_not_stationary(hamiltonian, kinds, runs, snapshots):
    """Heat bath and over-relaxation at T_0 = 0.05 from random spins on, five sweeps apart; nothing else is said first."""
    law = LocalTerms(Truth.of(hamiltonian, 20.0).on(Geometry.open_chain(len(CHAIN)), CHAIN))
    for world in range(3):
        state = Ladders.start(law, np.array([0.05]), np.ones(1), runs, np.random.default_rng(world))
        spins = [state.coldest().copy()]
        for _ in range(snapshots - 1):
            state.sweeps(5)
            spins.append(state.coldest().copy())
        found = kinds(np.concatenate(np.stack(spins, axis=1)), np.repeat(np.arange(runs), snapshots))
        assert found[0] == "not stationary"
        assert "two temperatures" not in found


def test_a_slow_stationary_start_is_no_trend():
    """Random walks of 32 steps, the slowest series: 1 alarm of 3,000 is expected; more than 7 have a probability of 1e-5.

    The broken twin has a bound of 8 standard deviations instead of 19.
    """
    walks = np.cumsum(np.random.default_rng(2).standard_normal((3000, 32)), axis=1)
    found = [stationarity._start([walk]) for walk in walks]
    assert sum(test is not None and test.p < 1e-3 for test in found) <= 7
    far = [abs(walk[0] - walk[16:].mean()) > 8 * walk[16:].std(ddof=1) for walk in walks]
    assert sum(far) > 7
