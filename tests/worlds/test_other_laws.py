"""Laws that are not the paper's: a ring, a square lattice, a biquadratic term, a field; each is found from its snapshots alone.

Every world is sampled once by Metropolis, from independent starts and with a fixed seed, so that a right estimator either always
passes or never. Estimates are compared with the truth by χ² = d·C⁻¹·d with their own covariance C over 1,500 independent runs: a
right one is refused once in 10⁴; one that is wrong on purpose must be beyond 10⁻⁶.
"""

import attrs
import numpy as np
import pytest
from scipy import stats

from paper_repro.analysis.basis_fit import Fit, least_squares, normal_equations
from paper_repro.analysis.maximum_likelihood import maximum_likelihood
from paper_repro.analysis.pseudolikelihood import pseudolikelihood
from paper_repro.analysis.score_matching import score_matching
from paper_repro.physics.exact import has_exact_solution
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Biquadratic, Exchange, Terms
from paper_repro.physics.terms.field import field_terms
from paper_repro.physics.terms.pairs import pair_terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling import metropolis
from paper_repro.sampling.snapshots import Snapshots

RUNS, BURN_IN = 1500, 200
AB = ("A", "B")


def square(size: int) -> Geometry:
    """A square lattice, periodic in both directions: class 1 along the edges, class 2 across the squares."""
    site = np.arange(size**2).reshape(size, size)
    steps = {(1, 0): 1, (0, 1): 1, (1, 1): 2, (1, -1): 2}
    bonds = [
        [i, j, bond_class]
        for (down, right), bond_class in steps.items()
        for i, j in zip(site.ravel(), np.roll(site, (-down, -right), (0, 1)).ravel(), strict=True)
    ]
    return Geometry.from_bonds(size**2, bonds)


@attrs.frozen(eq=False)
class World:
    """A law on a system, and the same snapshots read in a way that is wrong: another geometry, or fewer terms."""

    terms: Terms
    couplings: list[float]
    geometry: Geometry
    species: str
    beta: float
    misread: Geometry | None = None
    fewer: Terms | None = None

    @property
    def truth(self) -> Truth:
        return Truth(self.terms, np.array(self.couplings), self.beta)


WORLDS = {
    "periodic chain": World(
        Terms(pair_terms(Exchange, (1, 2), AB), AB), [1.0, 0.8, 0.5, -0.45, -0.35, -0.25],
        Geometry.periodic_chain(11), "ABBABAAABBA", 4.0, misread=Geometry.open_chain(11),
    ),
    "square lattice": World(
        Terms([Exchange("J1", 1), Exchange("J2", 2)], "A"), [1.0, -0.4],
        square(4), 16 * "A", 2.0, misread=Geometry.periodic_chain(16),
    ),
    "biquadratic": World(
        Terms([Exchange("J1", 1), Biquadratic("B1", 1)], "A"), [1.0, 0.5],
        Geometry.open_chain(9), 9 * "A", 3.0, fewer=Terms([Exchange("J1", 1)], "A"),
    ),
    "field": World(
        Terms([*pair_terms(Exchange, (1,), AB), *field_terms(0, "of A")], AB), [1.0, 0.8, -0.5, 0.3, 0.0, -0.2],
        Geometry.periodic_chain(11), "ABBABAAABBA", 3.0, fewer=Terms([*pair_terms(Exchange, (1,), AB), *field_terms()], AB),
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=WORLDS)
def world(request) -> World:
    return WORLDS[request.param]


@pytest.fixture(scope="module")
def data(world) -> Snapshots:
    """Snapshots of the world, made of plain arrays: its Hamiltonian is forgotten."""
    made = metropolis.snapshots(
        world.truth,
        world.geometry,
        world.species,
        runs=RUNS,
        each=1,
        burn_in=BURN_IN,
        thinning=1,
        generator=np.random.default_rng(7),
    )
    return Snapshots.of(made.spins.tolist(), list(world.species), geometry=world.geometry, run=range(RUNS))


def chance(estimate, truth) -> float:
    """How often an estimator that is right is farther from the truth than this."""
    off = estimate.coefficients - truth
    return float(stats.chi2.sf(off @ np.linalg.solve(estimate.covariance, off), len(off)))


def test_score_matching_finds_the_couplings(world, data):
    estimate = score_matching([data], world.terms)
    assert estimate.terms == world.terms.names
    assert chance(estimate, world.beta * np.array(world.couplings)) > 1e-4
    assert np.median(estimate.errors) < 0.1 * world.beta  # and not because its errors are wide


def test_data_that_are_read_in_another_way_are_noticed(world, data):
    truth = world.beta * np.array(world.couplings)
    if world.misread is not None:
        assert chance(score_matching([attrs.evolve(data, geometry=world.misread)], world.terms), truth) < 1e-6
    if world.fewer is not None:
        kept = [world.couplings[world.terms.names.index(name)] if name in world.terms.names else 0.0 for name in world.fewer.names]
        assert chance(score_matching([data], world.fewer), world.beta * np.array(kept)) < 1e-6
    assert chance(score_matching([data], world.terms), 1.1 * truth) < 1e-6  # a temperature off by 10 %


def test_the_other_estimators_serve_the_laws_that_they_can(world, data):
    if world.terms.multilinear:
        assert chance(pseudolikelihood([data], world.terms), world.beta * np.array(world.couplings)) > 1e-4
    else:
        with pytest.raises(ValueError, match=r"^B1; expected terms that are linear in each spin"):
            pseudolikelihood([data], world.terms)
    if has_exact_solution(world.terms, world.geometry):
        assert chance(maximum_likelihood([data], world.terms), world.beta * np.array(world.couplings)) > 1e-4
        return
    with pytest.raises(ValueError, match=r"^no exact solution of these terms; expected rotation-invariant terms on up to three"):
        maximum_likelihood([data], world.terms)


def test_a_force_is_fitted_without_a_truth(world, data):
    """Any field on any terms: the fit of the exact force has the couplings to rounding, and knows nothing of them beforehand."""

    def force(species, spins):
        return world.truth.on(world.geometry, species).force(spins, world.beta)

    fit = least_squares(normal_equations(force, [data], world.terms))
    assert fit.coefficients == pytest.approx(world.beta * np.array(world.couplings), abs=1e-10)
    assert fit.r2 == pytest.approx(1, abs=1e-12)
    assert fit.units == RUNS
    assert not {"cosine", "ratios", "scale", "force_error"} & {field.name for field in attrs.fields(Fit)}
    if world.fewer is not None:
        assert least_squares(normal_equations(force, [data], world.fewer)).r2 < 0.995
