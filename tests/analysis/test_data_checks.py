"""What is wrong with snapshots is said: two temperatures, runs that are not stationary; and nothing is said of good ones.

Snapshots of one chain of 35 sites by the exact solution of the paper's law, 100 in a world, with fixed seeds. Each of three kinds
of check has a false alarm in 1 of 1,000 good worlds: two or more among the 20 of a test have a probability of 0.002. Smallest
mixtures that are found in 20 of 20 worlds: half of the snapshots at twice the inverse temperature; a first half of a run at two
thirds of it.
"""

import functools

import numpy as np
import pytest

from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.analysis.data_checks import data_warnings
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots

CHAIN = "ABBABAABBBAABABBAABBABABBBAAABBABAB"
SIZE = 100


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
    for _ in range(20):
        spins = np.concatenate([draw(beta, 10) for beta in (20.0, 40.0) * 5])
        assert "two temperatures" in kinds(spins, RUNS["runs of ten"])


def test_a_run_that_cools_is_not_stationary_and_says_which_way(draw, hamiltonian):
    terms = Terms.of(hamiltonian)
    for first, second, word in ((13.3, 20.0, "hotter"), (20.0, 13.3, "colder")) * 10:
        spins = np.concatenate([draw(first, SIZE // 2), draw(second, SIZE // 2)])
        data = [Snapshots.of(spins, CHAIN, species_names="AB")]
        found = data_warnings(data, terms, fit_couplings(data, terms))
        assert "not stationary" in [warning.kind for warning in found]
        assert any(f"first halves are {word}" in warning.text for warning in found)


def test_every_snapshot_ten_times_is_a_run_that_is_too_short_to_tell(draw, kinds):
    assert kinds(np.repeat(draw(20.0, 10), 10, axis=0), RUNS["one run"])[0] == "run too short"


def test_snapshots_in_pairs_are_correlated_and_long_enough(draw, kinds):
    found = kinds(np.repeat(draw(20.0, 200), 2, axis=0), np.zeros(400, dtype=int))
    assert found == ["correlated"]
