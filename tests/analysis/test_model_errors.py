"""Errors from the fitted law: those of the data where both hold.

Worlds have fixed seeds. Errors from 300 snapshots of seven terms have some 1,000 degrees of freedom, 2 % of an error each; the mean
over the terms is compared at 8 %, four of its standard errors: a false alarm in 10⁴. The coverage of few snapshots, and the level
of all verdicts, are in ``tests/worlds/test_discovery.py``.
"""

import attrs
import numpy as np
import pytest

from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.analysis.model_errors import with_model_errors
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.hamiltonian import couplings_of
from paper_repro.physics.terms import Biquadratic, Exchange, Terms
from paper_repro.physics.terms.pairs import pair_terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots

AB, CHAIN = ("A", "B"), Geometry.open_chain(25)
TERMS = Terms([*pair_terms(Exchange, (1, 2), AB), *pair_terms(Biquadratic, (1,), AB, by_species=False)], AB)


def world(hamiltonian, count, seed=0, beta=20.0):
    generator = np.random.default_rng(seed)
    species = generator.permutation(np.repeat([0, 1], [13, 12]))
    law = Truth(TERMS, [*couplings_of(hamiltonian), 0.0], beta).exact(CHAIN, species)
    return [Snapshots.of(law.sample(count, generator), species, run=np.arange(count))]


@pytest.fixture(scope="module")
def many(hamiltonian):
    return world(hamiltonian, 300)


@pytest.fixture(scope="module")
def fit(many):
    return fit_couplings(many, TERMS)


def test_both_errors_agree_where_both_hold(many, fit):
    made = with_model_errors(many, TERMS, fit)
    assert (fit.method, made.method) == ("robust", "model-based")
    assert np.array_equal(made.coefficients, fit.coefficients)
    assert np.mean(np.log(made.errors / fit.errors)) == pytest.approx(0, abs=0.08)
    assert made.errors == pytest.approx(fit.errors, rel=0.25)
    assert made.correlations == pytest.approx(fit.correlations, abs=0.25)


def test_errors_of_another_law_are_not_those_of_the_data(many, fit):
    """The broken twin: chains under couplings of the opposite sign."""
    made = with_model_errors(many, TERMS, attrs.evolve(fit, coefficients=-fit.coefficients))
    assert abs(np.mean(np.log(made.errors / fit.errors))) > 0.15


def test_neither_threads_nor_another_try_change_a_byte(hamiltonian):
    few = [*world(hamiltonian, 3), *world(hamiltonian, 2, seed=1)]
    plain = fit_couplings(few, TERMS)
    one, two = with_model_errors(few, TERMS, plain), with_model_errors(few, TERMS, plain, threads=3)
    assert one.covariance.tobytes() == two.covariance.tobytes()
    assert one.degrees.tobytes() == two.degrees.tobytes()
    assert (one.degrees > 10 * plain.degrees).all()
