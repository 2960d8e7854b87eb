"""The public names, misused: one line each, which says what was found and what was expected.

What a person may hand over by mistake in a notebook; every line is checked whole. The kinds of each room are in its own tests.
"""

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.score.pairformer import build

SPINS = np.random.default_rng(0).standard_normal((5, 7, 3))
SPINS /= np.linalg.norm(SPINS, axis=-1, keepdims=True)
TERMS = pr.Terms([pr.Exchange("J1", 1), pr.Exchange("J2", 2)], "AB")
DATA = [pr.Snapshots.of(SPINS, "ABBABAB")]
TRUTH = pr.Truth(TERMS, np.array([1.0, -0.4]), 20.0)
CHAIN = pr.Geometry.open_chain(7)
NETWORK = pr.NetworkForce(build(pr.load_spec(pr.specs_folder() / "smoke.toml").record.architecture, 0), (1e-4,))


def not_finite():
    spins = SPINS.copy()
    spins[1, 2, 0] = np.nan
    return spins


def fit(field, data=DATA, terms=TERMS):
    return pr.least_squares(pr.normal_equations(field, data, terms))


def force(species, spins):
    return TRUTH.on(CHAIN, species).force(spins, 20.0)


UNIT = "expected unit vectors along the last axis of (snapshot, site, 3)"
AXES = "expected (snapshot, site, 3)"
TANGENT = "expected vectors tangent to the spheres, such as physics.sphere.project gives"
MISUSES = {
    "spins of length two": (lambda: pr.Snapshots.of(2 * SPINS), f"snapshots: vectors of lengths 2; {UNIT}"),
    "spins of many lengths": (
        lambda: pr.Snapshots.of(SPINS * [[1.0], [1.5], [1.0], [0.25], [1.0], [1.0], [1.0]]),
        f"snapshots: vectors of lengths 0.25 to 1.5; {UNIT}",
    ),
    "spins of length one half, for an energy": (
        lambda: TRUTH.on(CHAIN, "ABBABAB").energy(SPINS / 2),
        "spins of lengths 0.5 to 0.5; expected unit vectors (…, site, 3)",
    ),
    "spins of two components, for a force": (
        lambda: TRUTH.on(CHAIN, "ABBABAB").force(SPINS[..., :2], 20.0),
        "spins of shape (5, 7, 2); expected unit vectors (…, site, 3)",
    ),
    "spins of length one half, for a network": (
        lambda: NETWORK(np.zeros(7, dtype=int), SPINS / 2),
        "spins of lengths 0.5 to 0.5; expected unit vectors (…, site, 3)",
    ),
    "spins of two components, for W": (
        lambda: NETWORK.interaction(np.zeros(7, dtype=int), SPINS[..., :2]),
        "spins of shape (5, 7, 2); expected unit vectors (…, site, 3)",
    ),
    "NaN": (
        lambda: pr.Snapshots.of(not_finite()),
        "snapshots: 1 spins that are not finite, the first in snapshot 1, site 2; expected finite vectors",
    ),
    "masked numbers": (
        lambda: pr.Snapshots.of(np.ma.masked_greater(SPINS, 0.999 * SPINS.max())),
        "snapshots: 1 masked numbers; expected numbers without a mask",
    ),
    "axes swapped": (
        lambda: pr.Snapshots.of(SPINS.swapaxes(1, 2)),
        f"snapshots: spins of shape (5, 3, 7), axes swapped: the components are axis 1; {AXES}",
    ),
    "sites before snapshots": (
        lambda: pr.Snapshots.of(SPINS.swapaxes(0, 1), "ABBABAB"),
        (
            "snapshots: spins of shape (7, 5, 3), axes swapped: the sites are axis 0; "
            "expected (snapshot, 7, 3), for species has 7 sites"
        ),
    ),
    "one snapshot": (
        lambda: pr.Snapshots.of(SPINS[0]),
        f"snapshots: spins of shape (7, 3), one snapshot; {AXES}, such as spins[None]",
    ),
    "letters for integers": (
        lambda: pr.Snapshots.of(SPINS, run="ABBAB"),
        "snapshots: run of <U1; expected integers, the Markov chain of each snapshot",
    ),
    "integers for letters": (
        lambda: pr.Snapshots.of(SPINS, species_names=[0, 1]),
        "species_names[0]: 0; expected text",
    ),
    "real numbers for species": (
        lambda: pr.Snapshots.of(SPINS, np.ones(7)),
        "snapshots: species of float64; expected names or integers",
    ),
    "too few species": (
        lambda: pr.Snapshots.of(SPINS, "ABBA"),
        "snapshots: spins of shape (5, 7, 3); expected (snapshot, 4, 3), for species has 4 sites",
    ),
    "a temperature of zero": (
        lambda: pr.Snapshots.of(SPINS, temperature=0),
        "snapshots: temperature = 0; expected a finite number > 0, in units of energy / k_B",
    ),
    "a temperature whose inverse is no number": (
        lambda: pr.Snapshots.of(SPINS, temperature=1e-320),
        "snapshots: temperature = 9.99989e-321; expected one from 1e-50 to 1e+50, in units of energy / k_B",
    ),
    "species that the terms have not": (
        lambda: pr.score_matching([pr.Snapshots.of(SPINS, "ABBACAB")], TERMS),
        "snapshots: species 'C' at site 5; expected one of 'AB'",
    ),
    "more species than the terms have": (
        lambda: pr.score_matching([pr.Snapshots.of(SPINS, [0, 1, 2, 0, 1, 0, 1])], TERMS),
        "snapshots: species 2 at site 3; expected 0 to 1, for 'AB'",
    ),
    "a bond of class 0": (lambda: pr.Geometry.from_bonds(7, [[0, 1, 0]]), "bond 0 is of class 0; expected classes from 1"),
    "bonds to no site": (lambda: pr.Geometry.from_bonds(7, [[0, 7, 1]]), "bond 0 joins sites 0 and 7; expected sites 0 to 6"),
    "a bond twice": (
        lambda: pr.Geometry.from_bonds(7, [[0, 1, 1], [1, 0, 1]]),
        "bond 1 is bond 0 again, sites 1 and 0 of class 1; expected each pair once",
    ),
    "a bond from a site to itself": (
        lambda: pr.Geometry.from_bonds(7, [[3, 3, 1]]),
        "bond 0 joins site 3 to itself; expected two different sites",
    ),
    "bonds without a class": (
        lambda: pr.Geometry.from_bonds(7, [[0, 1]]),
        "bonds of shape (1, 2); expected (bond, 3): i, j, class",
    ),
    "a chain of no sites": (lambda: pr.Geometry.open_chain(0), "sites = 0; expected an integer ≥ 1"),
    "letters for a pair of species": (lambda: pr.Exchange("J", 1, "AB"), "pair = 'AB' of 'J'; expected the numbers of two species"),
    "a term twice": (
        lambda: pr.Terms([pr.Exchange("J", 1), pr.Exchange("K", 1)], "A"),
        "term 'K' has the function of 'J'; expected different terms",
    ),
    "no terms": (lambda: pr.Terms([], "A"), "a library without terms; expected at least one"),
    "couplings of other terms": (
        lambda: pr.Truth(TERMS, np.ones(3), 1.0),
        "couplings [1.0, 1.0, 1.0] of 2 terms; expected a finite number for each",
    ),
    "a list of couplings that is a word": (
        lambda: pr.Truth(TERMS, "12", 1.0),
        "couplings '12' of 2 terms; expected a finite number for each",
    ),
    "a field that is not tangent": (
        lambda: fit(lambda species, spins: spins),
        f"the force field has a part of 1 of its length along the spins; {TANGENT}",
    ),
    "a field of another shape": (
        lambda: fit(lambda species, spins: spins[0]),
        "the force field answered with shape (7, 3); expected that of the snapshots, (5, 7, 3)",
    ),
    "a field that is not finite": (
        lambda: fit(lambda species, spins: np.full_like(spins, np.inf)),
        "the force field answered with numbers that are not finite; expected finite vectors",
    ),
    "a field that is zero": (
        lambda: fit(lambda species, spins: 0 * spins),
        "the force field is zero everywhere; expected a force to fit",
    ),
    "a term that acts nowhere": (
        lambda: fit(force, terms=TERMS.with_terms([pr.Exchange("far", 9)])),
        "far act nowhere in the data; expected snapshots on which every term acts",
    ),
    "terms that are one": (
        lambda: fit(
            force,
            terms=TERMS.with_terms([pr.Exchange("AA", 1, (0, 0)), pr.Exchange("AB", 1, (0, 1)), pr.Exchange("BB", 1, (1, 1))]),
        ),
        "AA act nowhere in the data; expected snapshots on which every term acts",
    ),
    "no snapshots": (lambda: pr.score_matching([], TERMS), "no snapshots; expected some"),
    "arrays for snapshots": (
        lambda: pr.score_matching([SPINS], TERMS),
        "data[0]: ndarray of shape (5, 7, 3); expected Snapshots, from paper_repro.read or Snapshots.of",
    ),
    "one record for a list": (
        lambda: pr.score_matching(DATA[0], TERMS),
        "data: a Snapshots; expected a list of Snapshots, from paper_repro.read or Snapshots.of",
    ),
    "a fit beside other terms": (
        lambda: pr.compare(fit(force), pr.Truth(TERMS.with_terms([pr.Exchange("far", 3)]), np.ones(3), 1.0)),
        "a fit of J1, J2; expected the terms of the truth, J1, J2, far",
    ),
    "pseudolikelihood of a biquadratic term": (
        lambda: pr.pseudolikelihood(DATA, TERMS.with_terms([pr.Biquadratic("B", 1)])),
        "B; expected terms that are linear in each spin, as pseudolikelihood needs",
    ),
    "maximum likelihood without an exact solution": (
        lambda: pr.maximum_likelihood(DATA, TERMS.with_terms([pr.Exchange("far", 3)])),
        "no exact solution of these terms; expected rotation-invariant terms on up to three consecutive sites of an open chain",
    ),
}


@pytest.mark.parametrize("kind", MISUSES)
def test_misuse_is_answered_in_one_line(kind):
    misuse, line = MISUSES[kind]
    with pytest.raises((pr.InputError, ValueError), match=r".") as caught:
        misuse()
    assert str(caught.value) == line


def test_the_right_use_of_each_is_not_refused():
    assert fit(force).coefficients == pytest.approx([20.0, -8.0])
    assert pr.score_matching(DATA, TERMS).coefficients.shape == (2,)
    assert pr.compare(fit(force), TRUTH).cosine == pytest.approx(1)
