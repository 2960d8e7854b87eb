"""Which of 42 candidates are there: the paper's law from one snapshot of each of a few sequences of 20 to 50 sites.

A world with a false claim has probability 0.01 at most, at any number of snapshots. The gate looks at 3 worlds of 30 snapshots,
with fixed seeds; the long form at 59 of 30, all of which must be found exactly (a way that fails in 5 % of worlds passes with
probability 0.05), and at 60 of 5 and of 10 snapshots, of which at most 3 may have a false claim (more: probability 0.003).
"""

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.studies.inference.verdicts import verdicts

LEVEL = 0.01


def world(law, snapshots, generator):
    data = []
    for _ in range(snapshots):
        species = generator.integers(0, 2, int(generator.integers(20, 51)))
        spins = law.exact(pr.Geometry.open_chain(len(species)), species).sample(1, generator)
        data.append(pr.Snapshots.of(spins, species, species_names="AB"))
    return data


def claims(data):
    """The terms that are said to be present, and the verdicts of all."""
    terms = pr.candidates(part.geometry for part in data).terms("AB", [part.geometry for part in data])
    fit = fit_couplings(data, terms)
    found = dict(zip(terms.names, verdicts(fit, LEVEL), strict=True))
    return {name for name, verdict in found.items() if verdict == "present"}, found


@pytest.fixture(scope="module")
def law(paper):
    return pr.Truth.of(paper.record.hamiltonian, paper.record.beta)


@pytest.fixture(scope="module")
def true(paper):
    return {f"exchange {term.separation} {''.join(sorted(term.pair))}" for term in paper.record.hamiltonian.terms}


def test_exactly_the_six_terms_are_claimed_from_thirty_snapshots(law, true):
    for seed in range(3):
        claimed, found = claims(world(law, 30, np.random.default_rng(seed)))
        assert len(found) == 42
        assert claimed == true


@pytest.mark.slow
def test_exactly_the_six_terms_are_claimed_in_59_of_59_worlds(law, true):
    generator = np.random.default_rng(30)
    assert all(claims(world(law, 30, generator))[0] == true for _ in range(59))


@pytest.mark.slow
@pytest.mark.parametrize("snapshots", [5, 10])
def test_few_snapshots_make_few_false_claims(law, true, snapshots):
    generator = np.random.default_rng(snapshots)
    assert sum(bool(claims(world(law, snapshots, generator))[0] - true) for _ in range(60)) <= 3


def test_candidates_fit_the_geometry_of_the_data():
    chain = pr.candidates([pr.Geometry.open_chain(20)]).terms("AB", pr.Geometry.open_chain(20))
    assert len(chain) == 42
    lattice = pr.Geometry.from_positions(
        [[x, y, 0] for x in range(6) for y in range(6)], np.diag([6, 6, 20.0]), (True, True, False)
    )
    names = pr.candidates([lattice]).terms("A", lattice).names
    assert "exchange 4 AA" in names
    assert not {"four_spin", "chirality"} & set(names)
    pair = pr.Geometry.open_chain(2)
    assert "exchange 1 AA" in pr.candidates([pair]).terms("A", pair).names
    alone = pr.Geometry.open_chain(1)
    assert set(pr.candidates([alone]).terms("A", alone).names) >= {"field x", "anisotropy xy"}
