"""Every family of terms: gradient and Laplacian against geodesic differences, symmetries, sums over clusters, local changes.

Each check takes a term, so that a term that is wrong on purpose can be put in its place.
"""

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sphere import tangent_basis
from paper_repro.physics.terms import (
    FAMILIES,
    AnisotropicExchange,
    Anisotropy,
    Biquadratic,
    BondProduct,
    BoundTerm,
    Chirality,
    DzyaloshinskiiMoriya,
    Exchange,
    Field,
    FourSpin,
    PairTerm,
    Power,
    RunTerm,
    Terms,
)
from paper_repro.physics.terms import bound as bound_module
from paper_repro.physics.terms.field import field_terms
from paper_repro.physics.terms.pairs import pair_terms
from paper_repro.physics.terms.tensors import TENSORS
from tests.support.design_matrix import exchange_gradients

SNAPSHOTS = 5  # sites are 7, pairs 2: a swapped axis cannot pass
NAMES = ("A", "B", "C")
SPECIES = np.array([0, 1, 1, 2, 0, 1, 2])
SQUARE = Geometry.from_bonds(7, [[0, 1, 1], [1, 2, 1], [3, 1, 1], [4, 5, 2], [5, 6, 1], [6, 0, 1], [2, 4, 2], [3, 0, 2]])
GEOMETRIES = {"open": Geometry.open_chain(7), "periodic": Geometry.periodic_chain(7), "bonds": SQUARE}
TERMS = {
    "exchange": Exchange("exchange", 1),
    "exchange of a pair": Exchange("exchange AB", 2, (1, 0)),
    "biquadratic": Biquadratic("biquadratic", 2),
    "biquadratic of a pair": Biquadratic("biquadratic BC", 1, (1, 2)),
    "field": Field("field z", 2),
    "field on a species": Field("field y of B", 1, 1),
    "anisotropy xy": Anisotropy("xy", 0),
    "anisotropy 3z2-r2 of a species": Anisotropy("3z2-r2 of C", 4, 2),
    "anisotropic exchange zx": AnisotropicExchange("zx", 1, component=2),
    "anisotropic exchange x2-y2 of a pair": AnisotropicExchange("x2-y2 AB", 2, (0, 1), component=3),
    "Dzyaloshinskii-Moriya x": DzyaloshinskiiMoriya("x", 1, component=0),
    "Dzyaloshinskii-Moriya y of a pair": DzyaloshinskiiMoriya("y AB", 2, (0, 1), component=1),
    "chirality": Chirality("chirality"),
    "four-spin": FourSpin("four-spin"),
    "bond product": BondProduct("bond product"),
    "power 3": Power("power 3", 1, component=0),
    "power 4 of a pair": Power("power 4", 1, (0, 1), component=1),
}
#: Five functions of two vectors that are traceless symmetric tensors, orthonormal, as polynomials of the field's tables.
HARMONICS = {
    "xy": lambda s, t: (s[0] * t[1] + s[1] * t[0]) / 2**0.5,
    "yz": lambda s, t: (s[1] * t[2] + s[2] * t[1]) / 2**0.5,
    "zx": lambda s, t: (s[2] * t[0] + s[0] * t[2]) / 2**0.5,
    "x2-y2": lambda s, t: (s[0] * t[0] - s[1] * t[1]) / 2**0.5,
    "3z2-r2": lambda s, t: (3 * s[2] * t[2] - np.dot(s, t)) / 6**0.5,
}
#: φ of the cluster of each family, written out a second time, and the clusters by a direct loop.
BY_HAND = {
    "anisotropy": lambda s, term: HARMONICS[term.component_name](s[0], s[0]),
    "anisotropic_exchange": lambda s, term: HARMONICS[term.component_name](*s),
    "dzyaloshinskii_moriya": lambda s, term: float(np.cross(*s)["xyz".index(term.component_name)]),
    "chirality": lambda s, term: float(np.linalg.det(s)),
    "four_spin": lambda s, term: float(np.trace(np.outer(s[0], s[1])) * np.trace(np.outer(s[2], s[3]))),
    "bond_product": lambda s, term: float(s[0] @ np.outer(s[1], s[1]) @ s[2]),
    "power": lambda s, term: (
        float(np.cos(int(term.component_name) * np.arccos(np.dot(*s)))) / (4 if term.component == 0 else 8)
        + (0.75 * np.dot(*s) if term.component == 0 else np.dot(*s) ** 2 - 0.125)
    ),
    "exchange": lambda s, term: float(np.dot(s[0], s[1])),
    "biquadratic": lambda s, term: float(np.cos(np.arccos(np.clip(np.dot(s[0], s[1]), -1, 1))) ** 2),
    "field": lambda s, term: float(s[0][term.component]),
}

#: Where a family's clusters are those of another family, or do not exist, some geometries are enough.
ACTS_ON = {
    "anisotropy": ("open",), "anisotropic_exchange": ("bonds",), "dzyaloshinskii_moriya": ("bonds", "periodic"),
    "chirality": ("open", "periodic"), "four_spin": ("open", "periodic"),
    "bond_product": ("open", "periodic"), "power": ("open", "bonds"),
}  # fmt: skip
cases = pytest.mark.parametrize(
    ("term", "geometry"),
    [(t, g) for t in TERMS for g in ACTS_ON.get(TERMS[t].family, GEOMETRIES)],
)


def directions(seed, *shape):
    vectors = np.random.default_rng(seed).standard_normal((*shape, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def bound(term, geometry):
    return BoundTerm(term, 7, term.clusters(GEOMETRIES[geometry], SPECIES))


def by_loop(term, geometry, spins):
    """φ (snapshot,) by a loop over all pairs or sites, and the distances or the list."""
    total = np.zeros(len(spins))
    if isinstance(term, RunTerm):
        starts = range(7) if geometry == "periodic" else range(8 - term.length)
        clusters = [[(i + k) % 7 for k in range(term.length)] for i in starts]
    elif isinstance(term, PairTerm):
        clusters = []
        for i in range(7):
            for j in range(7):
                if geometry == "bonds":
                    joined = [i, j, term.bond_class] in SQUARE.bonds.tolist()
                else:
                    joined = ((j - i) % 7 if geometry == "periodic" else j - i) == term.bond_class
                if joined and (term.pair is None or sorted((SPECIES[i], SPECIES[j])) == sorted(term.pair)):
                    clusters.append([i, j])
    else:
        clusters = [[i] for i in range(7) if term.on in (None, SPECIES[i])]
    for k, snapshot in enumerate(spins):
        total[k] = sum(BY_HAND[term.family](snapshot[cluster], term) for cluster in clusters)
    return total


def turned(spins, site, tangent, angle):
    """The spins with one of them moved along the geodesic of a unit tangent (snapshot, 3)."""
    moved = spins.copy()
    moved[:, site] = np.cos(angle) * spins[:, site] + np.sin(angle) * tangent
    return moved


def derivative_errors(made, spins):
    """The largest errors of gradient and Laplacian against differences along two geodesics through each spin, of fourth order."""
    gradient, laplacian = made.gradient(spins), made.laplacian(spins)
    assert gradient.shape == spins.shape
    assert laplacian.shape == spins.shape[:2]
    step, worst = 2e-2, [np.abs((gradient * spins).sum(-1)).max(), 0.0]
    centre = made.value(spins)
    for site in range(spins.shape[1]):
        second = np.zeros(len(spins))
        for tangent in np.moveaxis(tangent_basis(spins[:, site]), 1, 0):
            at = {k: made.value(turned(spins, site, tangent, k * step)) for k in (-3, -2, -1, 1, 2, 3)}
            first = (45 * (at[1] - at[-1]) - 9 * (at[2] - at[-2]) + (at[3] - at[-3])) / (60 * step)
            second += (270 * (at[1] + at[-1]) - 27 * (at[2] + at[-2]) + 2 * (at[3] + at[-3]) - 490 * centre) / (180 * step**2)
            worst[0] = max(worst[0], np.abs((gradient[:, site] * tangent).sum(-1) - first).max())
        worst[1] = max(worst[1], np.abs(laplacian[:, site] - second).max())
    return worst


@cases
@given(seed=st.integers(0, 2**32))
def test_gradient_and_laplacian_are_derivatives_on_the_spheres(term, geometry, seed):
    assert max(derivative_errors(bound(TERMS[term], geometry), directions(seed, SNAPSHOTS, 7))) < 1e-6


@attrs.frozen
class HalfLaplacian(Biquadratic):
    """Without the constant that the curvature of u² adds."""

    def laplacian(self, spins):
        return super().laplacian(spins) - 2.0


@attrs.frozen
class FlatLaplacian(Exchange):
    """As if u² were linear in each spin."""

    def laplacian(self, spins):
        return 0.0 * super().laplacian(spins)


@attrs.frozen
class OneSided(Exchange):
    """The force on the first spin of a pair only."""

    def derivative(self, spins):
        return spins[..., ::-1, :] * np.array([1.0, 0.0])[:, None]


@attrs.frozen
class Turned(Chirality):
    """The product of the other two spins in the wrong order, on one of the three."""

    def derivative(self, spins):
        return super().derivative(spins) * np.array([1.0, -1.0, 1.0])[:, None]


@attrs.frozen
class LinearAnisotropy(Anisotropy):
    """With the Laplacian of a term that is linear in the spin."""

    def laplacian(self, spins):
        return super().laplacian(spins) / 3


@attrs.frozen
class AsIfLinear(BondProduct):
    """As if the product of bonds were linear in the spin between."""

    def laplacian(self, spins):
        return -2 * self.value(spins)[..., None].repeat(3, axis=-1)


@attrs.frozen
class AsIfSquare(Power):
    """With the curvature of another power."""

    def laplacian(self, spins):
        return super().laplacian(spins) + self.value(spins)[..., None]


@pytest.mark.parametrize(
    "wrong",
    [
        HalfLaplacian("wrong", 1),
        FlatLaplacian("wrong", 1),
        OneSided("wrong", 1),
        Turned("wrong"),
        LinearAnisotropy("wrong", 1),
        AsIfLinear("wrong"),
        AsIfSquare("wrong", 1, component=0),
    ],
)
def test_wrong_derivatives_are_noticed(wrong):
    assert max(derivative_errors(bound(wrong, "open"), directions(0, SNAPSHOTS, 7))) > 0.1


@cases
@given(seed=st.integers(0, 2**32))
def test_the_sum_over_clusters_is_that_of_a_direct_loop(term, geometry, seed):
    spins = directions(seed, SNAPSHOTS, 7)
    np.testing.assert_allclose(bound(TERMS[term], geometry).value(spins), by_loop(TERMS[term], geometry, spins), rtol=0, atol=1e-12)


@cases
@given(seed=st.integers(0, 2**32))
def test_the_local_change_is_that_of_the_totals(term, geometry, seed):
    made, spins, proposed = bound(TERMS[term], geometry), directions(seed, SNAPSHOTS, 7), directions(seed + 1, SNAPSHOTS, 7)
    for site in range(7):
        moved = spins.copy()
        moved[:, site] = proposed[:, site]
        change = made.change(spins, site, proposed[:, site])
        assert change.shape == (SNAPSHOTS,)
        np.testing.assert_allclose(change, made.value(moved) - made.value(spins), rtol=0, atol=1e-12)


def symmetry_errors(term, seed):
    """How much a rotation of all spins, and S → -S against the stated sign, change φ."""
    made, spins = bound(term, "periodic"), directions(seed, SNAPSHOTS, 7)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed + 1).standard_normal((3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    before = made.value(spins)
    return np.abs(made.value(spins @ rotation.T) - before).max(), np.abs(made.value(-spins) - term.inversion * before).max()


@pytest.mark.parametrize("term", TERMS)
@given(seed=st.integers(0, 2**32))
def test_symmetries_are_those_that_the_family_claims(term, seed):
    rotated, inverted = symmetry_errors(TERMS[term], seed)
    assert inverted < 1e-12
    assert (rotated < 1e-12) == TERMS[term].rotation_invariant


def test_every_family_is_tested():
    assert {term.family for term in TERMS.values()} == set(FAMILIES)
    for name, family in FAMILIES.items():
        assert family.family == name
        assert family.formula


def test_a_reversed_chain_turns_the_sign_of_terms_that_have_a_direction():
    spins = directions(3, SNAPSHOTS, 7)
    for name, sign in (("chirality", -1), ("Dzyaloshinskii-Moriya x", -1), ("four-spin", 1), ("anisotropic exchange zx", 1)):
        made = bound(TERMS[name], "open")
        np.testing.assert_allclose(made.value(spins[:, ::-1]), sign * made.value(spins), rtol=0, atol=1e-12)


def test_the_tensors_are_orthonormal_symmetric_and_traceless():
    assert np.einsum("aij,bij->ab", TENSORS, TENSORS) == pytest.approx(np.eye(5), abs=1e-15)
    assert np.einsum("aii->a", TENSORS) == pytest.approx(0, abs=1e-15)
    assert np.array_equal(TENSORS, TENSORS.swapaxes(1, 2))


def test_two_images_of_a_pair_count_twice():
    """On a square of 2 × 2 sites with periodic boundaries each edge is there twice, in matrices as in sums over clusters."""
    geometry = Geometry.from_positions([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], 2 * np.eye(3), (True, True, False))
    terms, spins = Terms([Exchange("J", 1)], "A").on(geometry, "AAAA"), directions(1, SNAPSHOTS, 4)
    cosines = np.einsum("nic,njc->nij", spins, spins)
    edges = 2 * (cosines[:, 0, 1] + cosines[:, 0, 2] + cosines[:, 1, 3] + cosines[:, 2, 3])
    np.testing.assert_allclose(terms.values(spins)[:, 0], edges, rtol=0, atol=1e-12)
    np.testing.assert_allclose(terms.total_values(spins, [slice(None)])[0], edges.sum(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(terms.gradients(spins)[..., 0], terms.terms[0].gradient(spins), rtol=0, atol=1e-14)


def test_a_family_that_claims_a_symmetry_that_it_has_not_is_noticed():
    assert symmetry_errors(TERMS["field"], 3)[0] > 0.01

    @attrs.frozen
    class Even(Field):
        inversion = 1

    assert symmetry_errors(Even("even", 2), 3)[1] > 0.01
    assert symmetry_errors(TERMS["anisotropic exchange zx"], 3)[0] > 0.01


@pytest.mark.parametrize("term", TERMS)
@given(seed=st.integers(0, 2**32))
def test_multilinear_terms_are_linear_in_each_spin(term, seed):
    """φ(S_i → a S_i + b S') = a φ(S_i) + b φ(S'): read on one cluster at a time, off the sphere too."""
    made, spins = TERMS[term], directions(seed, SNAPSHOTS, 7)
    clusters = made.clusters(GEOMETRIES["open"], SPECIES)
    one, other, worst = spins[:, clusters], directions(seed + 1, SNAPSHOTS, 7)[:, clusters], 0.0
    for place in range(one.shape[2]):
        mixed, replaced = one.copy(), one.copy()
        mixed[:, :, place] = 0.3 * one[:, :, place] - 1.7 * other[:, :, place]
        replaced[:, :, place] = other[:, :, place]
        error = np.abs(made.value(mixed) - 0.3 * made.value(one) + 1.7 * made.value(replaced)).max(initial=0.0)
        worst = max(worst, error)
        if made.multilinear:  # the derivative is then the field, of which the spin itself is no part
            field = made.derivative(one)[:, :, place]
            np.testing.assert_allclose((field * one[:, :, place]).sum(-1), made.value(one), rtol=0, atol=1e-12)
            np.testing.assert_allclose(made.derivative(replaced)[:, :, place], field, rtol=0, atol=1e-12)
    assert (worst < 1e-12) == made.multilinear


@given(seed=st.integers(0, 2**32), geometry=st.sampled_from(list(GEOMETRIES)))
def test_the_product_of_matrices_and_the_sum_over_clusters_give_the_same_gradients(seed, geometry):
    terms = Terms(pair_terms(Exchange, (1, 2), NAMES), NAMES).on(GEOMETRIES[geometry], SPECIES)
    spins = directions(seed, SNAPSHOTS, 7)
    assert terms.is_exchange
    assert terms.gradients(spins).shape == (SNAPSHOTS, 7, 3, 12)
    matrices = terms.gradients(spins)
    np.testing.assert_allclose(matrices, exchange_gradients(spins, terms.adjacency), rtol=0, atol=1e-14)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bound_module, "_MATRICES", 3)  # more sites than are worth a matrix
        by_clusters = attrs.evolve(terms).gradients(spins)
        totals = attrs.evolve(terms).total_values(spins, [slice(2), slice(2, 5)])
    np.testing.assert_allclose(totals, terms.total_values(spins, [slice(2), slice(2, 5)]), rtol=0, atol=1e-12)
    assert np.array_equal(by_clusters, np.stack([part.gradient(spins) for part in terms.terms], axis=-1))
    np.testing.assert_allclose(matrices, by_clusters, rtol=0, atol=1e-14)
    if geometry != "bonds":  # where a site has no more than two neighbours of a class
        assert np.array_equal(matrices, by_clusters)


def test_a_library_answers_in_the_order_of_its_terms():
    library = Terms([*pair_terms(Exchange, (1,), NAMES, by_species=False), Biquadratic("q", 1), *field_terms()], NAMES)
    made, spins, proposed = library.on(GEOMETRIES["open"], "ABBCABC"), directions(1, SNAPSHOTS, 7), directions(2, SNAPSHOTS)
    assert library.names == ("exchange 1", "q", "field x", "field y", "field z")
    for index, part in enumerate(made.terms):
        assert part.term is library.terms[index]
        assert np.array_equal(made.values(spins)[:, index], part.value(spins))
        assert np.array_equal(made.gradients(spins)[..., index], part.gradient(spins))
        assert np.array_equal(made.laplacians(spins)[..., index], part.laplacian(spins))
        assert np.array_equal(made.changes(spins, 3, proposed)[:, index], part.change(spins, 3, proposed))


@given(seed=st.integers(0, 2**32), geometry=st.sampled_from(["open", "periodic"]))
def test_gradients_and_laplacians_together_are_those_apart(seed, geometry):
    library = Terms([attrs.evolve(term, name=name) for name, term in TERMS.items()], NAMES)
    made, spins = library.on(GEOMETRIES[geometry], SPECIES), directions(seed, SNAPSHOTS, 7)
    gradients, laplacians = made.gradients_and_laplacians(spins)
    assert np.array_equal(gradients, made.gradients(spins))
    np.testing.assert_allclose(laplacians, made.laplacians(spins), rtol=0, atol=1e-12)
    np.testing.assert_allclose(made.total_laplacians(spins, [slice(0, 2)])[0], laplacians[:2].sum((0, 1)), rtol=0, atol=1e-11)
