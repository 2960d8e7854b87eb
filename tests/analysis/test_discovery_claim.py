"""What the inversion of a force on 42 candidates claims: an exact force its own terms, one with a tail the tail, noise nothing.

Worlds have fixed seeds. Noise is a term of its own in each sequence, of mean 0: with errors over sequences some claim is false in 1
of 100 worlds, so that 3 of 20 have one with probability 0.001; errors that take equations as independent fail in most.
"""

import attrs
import numpy as np
import pytest

from paper_repro.analysis.claim_tests.claim_tests import ClaimTests, couplings_from
from paper_repro.analysis.claim_tests.discovery import (
    claimed,
    discovered,
    errors_over_units,
    measure_discovery,
    present,
    with_candidates,
)
from paper_repro.analysis.claim_tests.evidence import Discovered

SEQUENCES = 16


@pytest.fixture(scope="module")
def tests(paper):
    return ClaimTests((), paper.record, SEQUENCES, 1, 7, 1)


@pytest.fixture(scope="module")
def data(tests):
    return tests.draw(0, 0.05, 20, 24)


def of_terms(terms, couplings):
    """A force of couplings that may depend on the snapshot."""

    def force(species, spins):
        here = terms.on(geometry_of(spins), species)
        return here.gradients(spins) @ (couplings(spins) if callable(couplings) else couplings)

    return force


def geometry_of(spins):
    from paper_repro.physics.geometry import Geometry  # noqa: PLC0415

    return Geometry.open_chain(spins.shape[1])


def exact(tests, terms):
    return np.concatenate([20 * tests.truth.couplings, np.zeros(len(terms) - 6)])


def test_there_are_42_candidates_and_the_law_s_come_first(tests, data):
    terms = with_candidates(tests.truth, data)
    assert len(terms) == 42
    assert terms.names[:6] == tests.truth.terms.names


def test_an_exact_force_claims_its_own_terms(tests, data):
    terms = with_candidates(tests.truth, data)
    found = measure_discovery(attrs.evolve(tests, networks=(of_terms(terms, exact(tests, terms)),)), data)
    assert found.each == (Discovered((), (), 0.0),)
    assert (found.wrong.value, found.false_in_all) == (0.0, 0.0)


def test_a_tail_and_a_missing_term_are_found(tests, data):
    """A tail of 2 % of the largest coupling at separation 3 in both networks, chirality in one, a term that the other has not."""
    terms = with_candidates(tests.truth, data)
    couplings = exact(tests, terms)
    couplings[terms.names.index("exchange 3 AB")] = 0.4
    other = couplings.copy()
    couplings[terms.names.index("chirality")] = 1.0
    other[terms.names.index("K_BB")] = 0.0
    networks = (of_terms(terms, couplings), of_terms(terms, other))
    found = measure_discovery(attrs.evolve(tests, networks=networks), data)
    assert [set(each.false) for each in found.each] == [{"exchange 3 AB", "chirality"}, {"exchange 3 AB"}]
    assert [each.missed for each in found.each] == [(), ("K_BB",)]
    assert [each.largest_false for each in found.each] == pytest.approx([0.05, 0.02])
    assert (found.wrong.value, found.false.value, found.missed.value, found.false_in_all) == (2.0, 1.5, 0.5, 1.0)


def test_data_that_cannot_distinguish_the_candidates_decide_nothing(tests, data):
    terms = with_candidates(tests.truth, data[:1])
    networks = (of_terms(terms, np.ones(len(terms))),)
    assert measure_discovery(attrs.evolve(tests, networks=networks), [data[0].part(slice(0, 1))]) is None


def test_a_term_of_each_sequence_alone_is_claimed_at_the_level(tests):
    """The broken twin takes the equations as independent: its errors are those of ordinary least squares."""
    false = twin = 0
    for world in range(20):
        data = tests.draw(20 + world, 0.05, 20, 24)
        terms = with_candidates(tests.truth, data)
        columns = [terms.names.index(name) for name in ("exchange 3 AA", "exchange 4 AB", "four_spin", "chirality")]

        def couplings(spins, terms=terms, columns=columns, world=world):
            own = np.random.default_rng([world, int(1e6 * abs(spins[0, 0, 0]))])
            result = exact(tests, terms)
            result[columns] += own.normal(size=len(columns))
            return result

        equations = tests.equations(of_terms(terms, couplings), data, terms)
        false += bool(discovered(equations, present(tests.truth)).false)
        fitted = couplings_from(equations)
        gram = equations.gram.sum(0)
        left = equations.squares.sum() - fitted @ equations.moment.sum(0)
        independent = np.sqrt(np.diagonal(np.linalg.inv(gram)) * left / equations.equations.sum())
        assert (errors_over_units(equations, fitted) > 0).all()
        twin += bool(claimed(fitted, independent, 10_000)[6:].any())
    assert false <= 2
    assert twin >= 10
