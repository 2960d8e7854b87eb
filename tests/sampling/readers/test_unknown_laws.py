"""The laws of tests/support/unknown_laws.py from their files: read, and their couplings found by score matching alone.

Estimates are compared with the truth by χ² = d·C⁻¹·d with their own covariance C over 400 independent snapshots: a right one is
refused once in 10⁴; a temperature that is off by 15 %, or sites that are not those of their spins, must be beyond 10⁻⁶.
"""

import attrs
import numpy as np
import pytest
from scipy import stats

import paper_repro as pr
from paper_repro.sampling.snapshots import names_of
from tests.support import unknown_laws as laws

SNAPSHOTS = 400
CLASSES = {"chain": 3, "ring": 2, "square": 2}


@pytest.fixture(scope="module", params=laws.LAWS)
def world(request, tmp_path_factory):
    name = request.param
    spins = laws.sample(laws.LAWS[name], SNAPSHOTS, seed=3)
    return name, laws.write(tmp_path_factory.mktemp("snapshots"), name, spins), spins


def chance(data, law, classes):
    """Return the probability of a χ² as large as that between the couplings that are found and β times those of the law."""
    names = names_of(data)
    library = pr.library(exchange={"range": classes, "by_species": True}, biquadratic=False)
    terms = library.terms(names, [each.geometry for each in data])
    found = pr.score_matching(data, terms)
    couplings = [law.couplings[term.bond_class, *(names[number] for number in term.pair)] for term in terms.terms]
    off = found.coefficients - np.array(couplings) / law.temperature
    return stats.chi2.sf(off @ np.linalg.solve(found.covariance, off), len(off))


def test_the_law_is_found_from_files_of_ase(world):
    name, folder, _ = world
    data = pr.read(folder)
    assert data[0].temperature == laws.LAWS[name].temperature
    assert data[0].run.tolist() == list(range(SNAPSHOTS))
    assert chance(data, laws.LAWS[name], CLASSES[name]) > 1e-4


def test_the_law_is_found_from_files_of_ovf(world, tmp_path):
    name, _, spins = world
    lattice = laws.LAWS[name].lattice
    folder = laws.write_as_ovf(tmp_path, name, spins, kind="binary 4")
    data = pr.read(folder, species=lattice.species, periodic=lattice.periodic)
    assert data[0].run.tolist() == np.repeat(range(4), SNAPSHOTS // 4).tolist()
    independent = [attrs.evolve(each, run=np.arange(len(each))) for each in data]
    assert chance(independent, laws.LAWS[name], CLASSES[name]) > 1e-4


def test_a_law_that_is_read_wrongly_is_told(world):
    """At another temperature, and with sites in another order than their spins."""
    name, folder, spins = world
    law = laws.LAWS[name]
    assert chance(pr.read(folder), attrs.evolve(law, temperature=1.15 * law.temperature), CLASSES[name]) < 1e-6
    laws.write(folder / "wrong", name, np.random.default_rng(0).permutation(spins, axis=1))
    assert chance(pr.read(folder / "wrong"), law, CLASSES[name]) < 1e-6
