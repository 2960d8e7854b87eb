"""Terms as polynomials of degree 1 or 2 in each spin: equal to φ at any spins, and only where φ is one."""

import attrs
import numpy as np
import pytest

from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sphere import normalise
from paper_repro.physics.terms import FAMILIES, Exchange, Power
from paper_repro.physics.terms.own import own_term
from paper_repro.physics.terms.polynomial import polynomial

SIZES = {"field": 1, "anisotropy": 1, "chirality": 3, "bond_product": 3, "four_spin": 4}
OTHERS = set(FAMILIES) - {"power"}


def members(family):
    """A term of a family for each of its components."""
    kind = FAMILIES[family]
    places = {name: 1 for name in ("bond_class",) if name in attrs.fields_dict(kind)}
    components = [{"component": k} for k in range(len(kind.components))] or [{}]
    return [kind(name="t", **places, **component) for component in components]


@pytest.mark.parametrize("family", sorted(OTHERS))
def test_every_family_is_its_polynomial(family):
    """To 1e-13; a coefficient that is wrong by 1e-6 is noticed."""
    size = SIZES.get(family, 2)
    spins = normalise(np.random.default_rng(1).standard_normal((11, 5, size, 3)))
    for term in members(family):
        found = polynomial(term, size)
        np.testing.assert_allclose(found.value(spins), term.value(spins), rtol=0, atol=1e-13)
        assert found.multilinear == term.multilinear
        wrong = attrs.evolve(found, coefficients=found.coefficients + 1e-6 * np.eye(len(found.coefficients))[0])
        assert np.abs(wrong.value(spins) - term.value(spins)).max() > 1e-7


def test_what_is_no_such_polynomial_is_none():
    @attrs.frozen
    class Untrue(Exchange):
        def value(self, spins):
            return Exchange.value(self, spins) ** 2

    assert polynomial(Untrue("u", 1), 2) is None  # calls itself multilinear
    assert [polynomial(term, 2) for term in members("power")] == [None, None]
    assert polynomial(Power("t", 1, component=1), 2) is None
    functions = {
        "degree 3": (lambda spins: spins[..., 0, 2] ** 3, 1),
        "almost": (lambda spins: spins[..., 0, 2] + 1e-9 * spins[..., 0, 2] ** 3, 1),
        "no polynomial": (lambda spins: np.abs(spins[..., 0, 0]), 1),
        "many sites": (lambda spins: spins[..., 0].prod(-1), 5),
        "degree 5": (lambda spins: spins[..., 0, 0] ** 2 * spins[..., 1, 1] ** 2 * spins[..., 2, 2], 3),
    }
    for name, (function, size) in functions.items():
        term = own_term(name, function, lambda geometry, size=size: geometry.runs(size))
        assert polynomial(term, size) is None, name


def test_own_functions_are_polynomials_where_they_are():
    """Constants and parts that do not depend on a spin too."""
    term = own_term("mixed", lambda spins: 1.5 + spins[..., 0, 0] - 2 * spins[..., 1, 2] ** 2, lambda geometry: geometry.runs(2))
    found = polynomial(term, 2)
    assert len(term.clusters(Geometry.open_chain(5), np.zeros(5, dtype=int))) == 4
    spins = normalise(np.random.default_rng(2).standard_normal((20, 2, 3)))
    np.testing.assert_allclose(found.value(spins), term.value(spins), rtol=0, atol=1e-13)
    assert not found.multilinear
