"""Chains of thousands of sites, whose couplings are a band: the same law as from a matrix, in the memory of their bonds."""

import tracemalloc

import numpy as np
import pytest

from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_band, coupling_matrix
from paper_repro.physics.species import as_species


def _peak(make):
    """The most memory that NumPy holds while something is made, in MiB."""
    tracemalloc.start()
    make()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return peak


def test_a_chain_of_thousands_of_sites_takes_the_memory_of_its_bonds(hamiltonian):
    """20,000 sites in less than 100 MiB; the broken twin, a matrix of them, takes more already at 3,000."""
    species = np.resize(as_species("ABBAAAB", "AB"), 20_000)
    law = ExactChain.of_band(coupling_band(species, hamiltonian), 20.0)
    assert _peak(lambda: law.heat_capacity) < 100
    assert _peak(lambda: coupling_band(species, hamiltonian)) < 10
    assert _peak(lambda: coupling_matrix(species[:3000], hamiltonian)) > 100


def test_a_band_gives_the_law_of_the_matrix(hamiltonian):
    for sites in (1, 2, 3, 7, 60):
        species = np.resize(as_species("ABBAAAB", "AB"), sites)
        matrix = coupling_matrix(species, hamiltonian)
        law, banded = ExactChain(matrix, 20.0), ExactChain.of_band(coupling_band(species, hamiltonian), 20.0)
        np.testing.assert_array_equal(law.matrix, matrix)
        np.testing.assert_array_equal(banded.matrix, matrix)
        assert banded.ln_z == pytest.approx(law.ln_z, rel=1e-14)
        assert banded.mean_energy == pytest.approx(law.mean_energy, rel=1e-13)


def test_long_chains_are_extensive(hamiltonian):
    """A further 1,000 cells add the same to ln Z and ⟨H⟩, wherever they are added: the ends are forgotten long before."""
    cell = as_species("ABBAAAB", "AB")
    laws = [ExactChain.of_band(coupling_band(np.tile(cell, cells), hamiltonian), 20.0) for cells in (1000, 2000, 3000)]
    for values in ([law.ln_z for law in laws], [law.mean_energy for law in laws]):
        assert values[2] - values[1] == pytest.approx(values[1] - values[0], rel=1e-11)


@pytest.mark.parametrize("separation", [3, 4, 6])
def test_a_band_beyond_separation_2_is_refused_as_the_matrix_is(separation):
    matrix = np.diag(np.full(7 - separation, 0.5), separation)
    band = np.zeros((separation, 7))
    band[-1, : 7 - separation] = 0.5
    for make in (lambda: ExactChain(matrix + matrix.T, 1.0), lambda: ExactChain.of_band(band, 1.0)):
        with pytest.raises(ValueError, match="couplings beyond separation 2"):
            make()
