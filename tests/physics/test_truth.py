"""What is known of a law, and for which laws there is an exact solution."""

import attrs
import numpy as np
import pytest

from paper_repro.physics.exact import ExactChain, has_exact_solution
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.species import as_species
from paper_repro.physics.terms import Biquadratic, Exchange, Field, Terms
from paper_repro.physics.truth import Truth


def test_the_exact_solution_is_that_of_the_coupling_matrix(hamiltonian):
    truth = Truth.of(hamiltonian, 20.0)
    species = as_species("ABBABAA", "AB")
    law = ExactChain(coupling_matrix(species, hamiltonian), 20.0)
    assert truth.exact(Geometry.open_chain(7), "ABBABAA").ln_z == law.ln_z
    assert truth.exact(Geometry.open_chain(7), species).matrix.tobytes() == law.matrix.tobytes()
    with pytest.raises(ValueError, match="no exact solution of these terms; expected rotation-invariant terms on up to three"):
        truth.exact(Geometry.periodic_chain(7), species)


def test_which_laws_have_an_exact_solution(hamiltonian):
    terms = Terms.of(hamiltonian)
    assert has_exact_solution(terms)
    assert has_exact_solution(terms, Geometry.open_chain(9))
    assert not has_exact_solution(terms, Geometry.periodic_chain(9))
    assert not has_exact_solution(terms, Geometry.from_bonds(3, [[0, 1, 1], [1, 2, 1]]))
    assert not has_exact_solution(terms.with_terms([Exchange("third", 3)]))
    assert has_exact_solution(terms.with_terms([Biquadratic("q", 1)]))
    assert not has_exact_solution(terms.with_terms([Biquadratic("q", 3)]))
    assert not has_exact_solution(terms.with_terms([Field("h", 0)]))


def test_couplings_that_do_not_fit_are_said(hamiltonian):
    truth = Truth.of(hamiltonian, 20.0)
    assert truth.reference == 0
    with pytest.raises(ValueError, match=r"couplings \[1.0\] of 6 terms; expected a finite number for each"):
        attrs.evolve(truth, couplings=np.ones(1))
    with pytest.raises(ValueError, match="expected a finite number for each"):
        attrs.evolve(truth, couplings=np.full(6, np.nan))
    with pytest.raises(ValueError, match="beta = 0; expected a finite inverse temperature > 0"):
        attrs.evolve(truth, beta=0.0)
