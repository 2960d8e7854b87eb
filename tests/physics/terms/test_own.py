"""Terms of one's own: numerical derivatives against those of the families, claims that are checked, the page about libraries."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paper_repro as pr
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.law import load_law, systems_of, truth_of
from paper_repro.physics.terms import (
    FAMILIES,
    AnisotropicExchange,
    Anisotropy,
    Biquadratic,
    BondProduct,
    Chirality,
    Exchange,
    Field,
    FourSpin,
    Terms,
    own,
)
from paper_repro.physics.terms.conventions import HAMILTONIAN, conventions
from paper_repro.physics.terms.own import own_term

CHAIN = Geometry.open_chain(5)
SPECIES = np.zeros(5, dtype=np.int64)
KNOWN = [
    Exchange("exchange", 1), Biquadratic("biquadratic", 1), FourSpin("four-spin"), Chirality("chirality"), BondProduct("product"),
    AnisotropicExchange("xy", 1, component=0), Anisotropy("3z2-r2", 4), Field("z", 2),
]  # fmt: skip


def directions(seed, *shape):
    vectors = np.random.default_rng(seed).standard_normal((*shape, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.mark.parametrize("known", KNOWN, ids=lambda term: term.name)
@given(seed=st.integers(0, 2**32))
def test_numerical_derivatives_are_those_of_the_families(known, seed):
    mine = own_term("mine", known.value, lambda g: known.clusters(g, SPECIES), inversion=known.inversion)
    terms, spins = Terms([known, mine], "A").on(CHAIN, "AAAAA"), directions(seed, 3, 5)
    for found in (terms.values(spins), terms.gradients(spins), terms.laplacians(spins)):
        np.testing.assert_allclose(found[..., 1], found[..., 0], rtol=0, atol=1e-8)


def test_a_power_of_degree_six_has_the_derivatives_of_its_formula():
    """u⁶ of a pair: Δ_i = 30 u⁴ - 42 u⁶ on either spin, ∇_i = 6 u⁵ times the tangent part of the other spin."""
    mine, spins = own_term("sixth", lambda s: (s[..., 0, :] * s[..., 1, :]).sum(-1) ** 6, [[0, 1]]), directions(3, 11, 2)
    u = (spins[:, 0] * spins[:, 1]).sum(-1)
    assert mine.laplacian(spins)[:, 0] == pytest.approx(30 * u**4 - 42 * u**6, abs=1e-7)
    tangent = spins[:, 1] - u[:, None] * spins[:, 0]
    np.testing.assert_allclose(mine.derivative(spins)[:, 0], 6 * u[:, None] ** 5 * tangent, rtol=0, atol=1e-8)


def test_a_difference_of_too_low_an_order_is_noticed(monkeypatch):
    monkeypatch.setattr(own, "_SECOND", {1: 490.0 / 2})  # of second order, too large a step for it
    spins = directions(3, 11, 2)
    mine = own_term("square", lambda s: (s[..., 0, :] * s[..., 1, :]).sum(-1) ** 2, [[0, 1]])
    assert np.abs(mine.laplacian(spins) - Biquadratic("q", 1).laplacian(spins)).max() > 1e-6


def test_clusters_are_listed_or_made_of_the_geometry():
    ring = own_term("ring", lambda s: s[..., 0].prod(-1), [[0, 1, 2], [2, 3, 4]], inversion=-1)
    assert ring.clusters(CHAIN, SPECIES).tolist() == [[0, 1, 2], [2, 3, 4]]
    assert (ring.multilinear, ring.rotation_invariant, ring.inversion) == (False, False, -1)
    assert Terms([ring], "A").labels[0].family == "own"
    assert "own" not in FAMILIES
    with pytest.raises(ValueError, match="has the function of"):
        Terms([ring, own_term("again", ring.function, [[0, 1, 2], [2, 3, 4]], inversion=-1)], "A")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", 3, [[0]]), "function: 3; expected a function"),
        (("x", np.sum, [0, 1]), "clusters of 'x', int64 of shape (2,); expected sites (cluster, size)"),
        (("x", np.sum, [[0.5, 1]]), "clusters of 'x', float64 of shape (1, 2); expected sites (cluster, size)"),
        (("x", np.sum, lambda g: [0]), "clusters of 'x', int64 of shape (1,); expected sites (cluster, size)"),
        (("x", np.sum, [[0, 5]]), "clusters of 'x' on sites 0 to 5; expected 0 to 4"),
        (("x", np.sum, [[0, 0]]), "clusters of 'x' with one site twice; expected different sites"),
        (("x", np.sum, [[0, 1]]),
         "the function of 'x' gives float64 of shape () for spins of shape (7, 2, 3); expected finite numbers (7,)"),
        (("x", lambda s: s[..., 0, 0] / 0.0, [[0, 1]]),
         "the function of 'x' gives float64 of shape (7,) for spins of shape (7, 2, 3); expected finite numbers (7,)"),
        (("", np.sum, [[0, 1]]), "a term named ''; expected a name that can be printed"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_is_no_term_is_said_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Terms([own_term(*arguments)], "A").on(CHAIN, "AAAAA")
    assert str(caught.value) == message


def test_a_symmetry_that_is_claimed_and_not_there_is_refused():
    field = own_term("field", lambda s: s[..., 0, 2], [[0]], rotation_invariant=True)
    with pytest.raises(ValueError, match=r"^'field' changes under a rotation of all spins; expected rotation_invariant=False$"):
        field.clusters(CHAIN, SPECIES)
    even = own_term("field", lambda s: s[..., 0, 2], [[0]], inversion=1)
    with pytest.raises(ValueError, match=r"^'field' is not \+1 times itself under S → -S; expected another inversion$"):
        even.clusters(CHAIN, SPECIES)


def test_conventions_are_those_of_the_families_that_a_library_has():
    said = conventions(pr.library(range=1, biquadratic=False, dzyaloshinskii_moriya=True).terms("A", CHAIN))
    assert said[:3] == (HAMILTONIAN, "exchange: S_i·S_j", "dzyaloshinskii_moriya: (S_i × S_j)^c")
    assert len(said) == 5
    assert said[3] == "a positive exchange coupling is ferromagnetic"
    tensors = conventions(pr.library(anisotropy=True, anisotropic_exchange=True).terms("A", CHAIN))
    assert sum("norm 1" in line for line in tensors) == 1


@pytest.mark.parametrize("page", ["CONVENTIONS.md", "docs/libraries.md"])
def test_the_pages_have_the_formula_of_every_family(page, pytestconfig):
    text = (pytestconfig.rootpath / page).read_text(encoding="utf-8")
    assert [family.family for family in FAMILIES.values() if family.formula not in text] == []


def test_the_page_about_libraries_is_true(pytestconfig, tmp_path, capsys):
    page = (pytestconfig.rootpath / "docs" / "libraries.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, names)  # noqa: S102
    fit = names["fit"]
    theta = dict(zip(fit.terms, zip(fit.coefficients, fit.errors, strict=True), strict=True))
    for name, true in (("exchange 1 AA", 4.0), ("exchange 2 AA", -1.6), ("biquadratic 1", 0.0)):
        assert abs(theta[name][0] - true) < 4 * theta[name][1]  # false alarms 2e-4 in all; the seed is fixed
        assert theta[name][1] < 0.5
    assert "('exchange 1 Fe-Fe', 'exchange 2 Fe-Fe') 128" in capsys.readouterr().out
    library, law = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "mine.toml").write_text(library, encoding="utf-8")
    assert {term.family for term in pr.library(tmp_path / "mine.toml").terms("AB", CHAIN).terms} == set(FAMILIES)
    (tmp_path / "law.toml").write_text(law, encoding="utf-8")
    made = load_law(tmp_path / "law.toml")
    assert truth_of(made, "AB", [system.geometry for system in systems_of(made)]).couplings.tolist() == [1.0, 0.8, -0.5]
