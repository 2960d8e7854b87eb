"""Laws whose exports are tested: on a chain, a ring, bonds and lattices, with every family that a program holds."""

import numpy as np

import paper_repro as pr

SQUARE = pr.Geometry.from_positions(
    [[x + 0.25, y - 3.5, 0.0] for x in range(4) for y in range(3)], 1.0 * np.diag([4, 3, 1]), (True, True, False)
)
#: A cell so small that two sites are neighbours by several images.
SMALL = pr.Geometry.from_positions([[0, 0, 0], [1.5, 0, 0], [0, 1.0, 0]], np.diag([3.0, 2.0, 2.5]), (True, True, True), shells=1)
TRIANGULAR = pr.Geometry.from_positions(
    [[x + y / 2, y * 0.75**0.5, 0] for x in range(3) for y in range(3)],
    np.array([[3, 0, 0], [1.5, 3 * 0.75**0.5, 0], [0, 0, 1]]),
    (True, True, False),
)
GEOMETRIES = {
    "chain": (pr.Geometry.open_chain(7), "ABBABAA"),
    "ring": (pr.Geometry.periodic_chain(7), "ABBABAA"),
    "bonds": (pr.Geometry.from_bonds(4, [[0, 1, 1], [2, 1, 1], [3, 0, 2]]), "ABBA"),
    "square": (SQUARE, "ABAB" * 3),
    "small": (SMALL, "ABA"),
    "triangular": (TRIANGULAR, "A" * 9),
}
FAMILIES = {
    "exchange": {"exchange": {"range": 2, "by_species": True}},
    "all bilinear": {
        "exchange": {"range": 2, "by_species": True},
        "dzyaloshinskii_moriya": {"range": 1},
        "anisotropic_exchange": {"range": 2},
        "field": True,
    },
    "vectors": {"exchange": {"range": 2}, "dzyaloshinskii_moriya": {"range": 2}, "anisotropy": True, "field": True},
    "one axis": {"exchange": {"range": 1}, "anisotropy": {"by_species": True}},
    "four spins": {"exchange": {"range": 1}, "biquadratic": {"range": 1}, "four_spin": True, "bond_product": True},
    "squares": {"exchange": {"range": 1}, "biquadratic": {"range": 1}},
}


def law(place, families):
    """Return a law with random couplings, its geometry and its species; an anisotropy has one axis where that is its name."""
    geometry, word = GEOMETRIES[place]
    library = pr.library(**({"biquadratic": False} | FAMILIES[families]))
    terms = library.terms(sorted(set(word)), geometry)
    couplings = np.random.default_rng(len(place)).normal(size=len(terms))
    if families == "one axis":
        for k, term in enumerate(terms.terms):
            if term.family == "anisotropy" and term.component_name != "3z2-r2":
                couplings[k] = 0.0
    return pr.Truth(terms, couplings, 1.0), geometry, word


def configurations(sites, count=100):
    spins = np.random.default_rng(3).normal(size=(count, sites, 3))
    return spins / np.linalg.norm(spins, axis=-1, keepdims=True)


def exact_energies(truth, geometry, word, spins):
    return truth.on(geometry, word).energy(spins)
