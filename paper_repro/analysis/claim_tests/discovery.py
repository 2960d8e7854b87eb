"""Claim: the network discovers the law. Of many candidates, its force has the terms that are there and no other."""

from collections.abc import Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.basis_fit import NormalEquations
from paper_repro.analysis.claim_tests.claim_tests import ClaimTests, couplings_from, over_networks
from paper_repro.analysis.claim_tests.evidence import Discovered, Discovery
from paper_repro.analysis.identifiability import NotIdentifiableError, acting, condition_number
from paper_repro.analysis.sandwich import sandwich
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import quotient, roots
from paper_repro.numerics.measured import Measured
from paper_repro.physics.terms import Terms
from paper_repro.physics.terms.candidates import candidates
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots

#: Error rate of all claims of one inversion together, as in ``infer --discover``.
LEVEL = 0.01
#: Part of the largest coefficient that is rounding of single precision, with which networks compute.
_ROUNDING = 1e-5


def measure_discovery(tests: ClaimTests, data: Sequence[Snapshots]) -> Discovery | None:
    """Measure which candidates the inversion of every network claims, against those that the law has.

    Errors are over sequences, by the sandwich formula. A term is claimed where its coefficient differs from 0 at ``LEVEL`` over all
    candidates (Bonferroni, Student's t). None where the data cannot distinguish the candidates.
    """
    terms = with_candidates(tests.truth, data)
    true = present(tests.truth)
    try:
        each = [discovered(tests.equations(network, data, terms), true) for network in tests.networks]
    except NotIdentifiableError:
        return None

    def mean(values: Sequence[float]) -> Measured:
        return over_networks([Measured(float(value), 0.0) for value in values])

    shared = frozenset.intersection(*(frozenset(found.false) for found in each))
    return Discovery(
        wrong=mean([len(found.false) + len(found.missed) for found in each]),
        false=mean([len(found.false) for found in each]),
        missed=mean([len(found.missed) for found in each]),
        largest_false=mean([found.largest_false for found in each]),
        false_in_all=float(len(shared)),
        each=tuple(each),
    )


def with_candidates(truth: Truth, data: Sequence[Snapshots]) -> Terms:
    """Return the terms of a law and the candidates of ``infer --discover`` that it has not, without those that act nowhere."""
    known = {attrs.evolve(term, name="-") for term in truth.terms.terms}
    places = [part.geometry for part in data]
    every = candidates(places).terms(truth.terms.species_names, places)
    more = [term for term in every.terms if attrs.evolve(term, name="-") not in known]
    return acting(truth.terms.with_terms(more), data, truth.terms.names)


def present(truth: Truth) -> frozenset[str]:
    """Return the names of the terms of a law whose coupling is not 0."""
    return frozenset(name for name, coupling in zip(truth.terms.names, truth.couplings, strict=True) if coupling)


def discovered(equations: NormalEquations, true: frozenset[str]) -> Discovered:
    """Return what the inversion of one force claims that is not there, and what of the ``true`` terms it does not claim.

    Raises ``NotIdentifiableError`` where the data cannot distinguish the terms.
    """
    names = equations.terms.names
    condition_number(names, equations.gram.sum(0))
    couplings = couplings_from(equations)
    claims = claimed(couplings, errors_over_units(equations, couplings), len(equations.gram))
    false = [k for k, name in enumerate(names) if claims[k] and name not in true]
    return Discovered(
        false=tuple(names[k] for k in false),
        missed=tuple(name for k, name in enumerate(names) if not claims[k] and name in true),
        largest_false=quotient(np.abs(couplings[false]).max(initial=0.0), np.abs(couplings).max()),
    )


def errors_over_units(equations: NormalEquations, couplings: Floats) -> Floats:
    """Return one standard error of each coupling (term,), the units being independent."""
    scores = equations.moment - equations.gram @ couplings
    return roots(np.diagonal(sandwich(equations.gram.sum(0), scores)))


def claimed(couplings: Floats, errors: Floats, units: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return which couplings (term,) differ from 0, at ``LEVEL`` over all of them."""
    quantile = float(stats.t.ppf(1 - LEVEL / len(couplings) / 2, max(units - 1, 1)))
    size = np.abs(couplings)
    return np.asarray((size > quantile * errors) & (size > _ROUNDING * size.max()))
