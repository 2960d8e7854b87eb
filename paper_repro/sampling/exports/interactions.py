"""A law on one system as tables: a tensor for each pair, one for each site, a field, and products of four spins.

H = -Σ_pairs S_i·T·S_j - Σ_i S_i·K_i·S_i - Σ_i h_i·S_i - Σ Q (S_i·S_j)(S_k·S_l),   each pair once
"""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.species import as_species
from paper_repro.physics.terms import Anisotropy, Biquadratic, BondProduct, Field, FourSpin, PairTerm, Term
from paper_repro.physics.truth import Truth
from paper_repro.sampling.exports.places import Places, shifts_of

#: Places in a cluster whose spins make the two scalar products.
_PRODUCTS: dict[type[Term], tuple[int, int, int, int]] = {
    Biquadratic: (0, 1, 0, 1),
    FourSpin: (0, 1, 2, 3),
    BondProduct: (0, 1, 1, 2),
}
_SAME = 1e-9  # relative difference of numbers that are equal but for rounding

#: The two sites of a pair, and in which image of the cell the second is.
PairKey = tuple[int, int, int, int, int]


@attrs.frozen(eq=False)
class Interactions:
    """``pairs`` have tensors T (3, 3); ``onsite`` K (site, 3, 3) symmetric; ``field`` h (site, 3); ``products`` rows of Q.

    A row of products has its four sites, the image of each (4, 3), and Q. ``species`` (site,) are names. ``families`` are the
    families of the terms that are not 0, with the names of their terms.
    """

    places: Places
    species: tuple[str, ...]
    pairs: dict[PairKey, Floats]
    onsite: Floats
    field: Floats
    products: tuple[tuple[Integers, Integers, float], ...]
    families: dict[str, tuple[str, ...]]

    @property
    def isotropic(self) -> bool:
        """Whether every tensor of a pair is a number times the unit matrix."""
        return all(np.array_equal(tensor, tensor[0, 0] * np.eye(3)) for tensor in self.pairs.values())

    def directed(self) -> list[tuple[PairKey, Floats]]:
        """Return every pair from either of its ends, with its tensor from there."""
        found = []
        for (i, j, a, b, c), tensor in self.pairs.items():
            found += [((i, j, a, b, c), tensor), ((j, i, -a, -b, -c), tensor.T)]
        return sorted(found, key=lambda each: each[0])

    def uniform_field(self) -> Floats:
        """Return the field (3,) where all sites have the same; raises ``ValueError`` where they have not."""
        if not np.allclose(self.field, self.field[0], rtol=_SAME, atol=0):
            raise ValueError(f"{', '.join(self.families['field'])}: a field that is not the same on all sites; expected one")
        found: Floats = self.field[0]
        return found

    def axes(self, site: int) -> list[tuple[float, Floats]]:
        """Return K of a site as Σ k (S·e)², k and unit vectors e, less a constant: one axis where K has one, else two."""
        values, vectors = np.linalg.eigh(self.onsite[site])
        size = np.abs(values).max(initial=0.0)
        middle = values[1]
        kept = [k for k in (0, 2) if abs(values[k] - middle) > _SAME * size]
        return [(float(values[k] - middle), vectors[:, k] * np.sign(vectors[np.abs(vectors[:, k]).argmax(), k])) for k in kept]

    def constant(self, site: int) -> float:
        """Return what ``axes`` leaves out of the energy of a site, -H."""
        return float(np.linalg.eigvalsh(self.onsite[site])[1])

    def one_axis(self, site: int) -> tuple[float, Floats]:
        """Return k and e of K = k (S·e)² and a constant; raises ``ValueError`` where K has two axes."""
        found = self.axes(site)
        if len(found) > 1:
            raise ValueError(f"{', '.join(self.families['anisotropy'])}: an anisotropy of two axes; expected one axis")
        return found[0] if found else (0.0, np.array([0.0, 0.0, 1.0]))


def interactions(truth: Truth, geometry: Geometry, species: tuple[str, ...], factor: float, held: frozenset[str]) -> Interactions:
    """Return the tables of a law on a system, energies times ``factor``.

    Terms of coupling 0 are left out. Raises ``ValueError`` that names the terms of families that are not ``held``.
    """
    bound = truth.terms.on(geometry, as_species(list(species), truth.terms.species_names))
    present = [(part, factor * value) for part, value in zip(bound.terms, truth.couplings.tolist(), strict=True) if value]
    families: dict[str, tuple[str, ...]] = {}
    for part, _ in present:
        families[part.term.family] = (*families.get(part.term.family, ()), part.term.name)
    refused = [name for family, names in families.items() if family not in held for name in names]
    if refused:
        raise ValueError(f"{', '.join(refused)}; expected terms of {', '.join(sorted(held))}")
    places, sites = Places.of(geometry), geometry.sites
    pairs: dict[PairKey, Floats] = {}
    onsite, field, products = np.zeros((sites, 3, 3)), np.zeros((sites, 3)), []
    for part, value in present:
        term, clusters = part.term, part.clusters
        if isinstance(term, Field):
            field[clusters[:, 0]] += value * np.eye(3)[term.component]
        elif isinstance(term, Anisotropy):
            onsite[clusters[:, 0]] += value * quadratic(term)
        elif type(term) in _PRODUCTS:
            order = list(_PRODUCTS[type(term)])
            shifts = shifts_of(term, geometry, clusters, places)
            products += [(sites_[order], shift[order], value) for sites_, shift in zip(clusters, shifts, strict=True)]
        elif isinstance(term, PairTerm):
            for (i, j), (_, shift) in zip(clusters.tolist(), shifts_of(term, geometry, clusters, places).tolist(), strict=True):
                key = (i, j, *shift)
                pairs[key] = pairs.get(key, np.zeros((3, 3))) + value * bilinear(term)
    return Interactions(places, species, pairs, onsite, field, tuple(products), families)


def bilinear(term: PairTerm) -> Floats:
    """Return T (3, 3) of φ = S_i·T·S_j."""
    unit = np.broadcast_to(np.eye(3), (3, 3, 3))
    return term.value(np.stack([unit.swapaxes(0, 1), unit], axis=2))


def quadratic(term: Anisotropy) -> Floats:
    """Return K (3, 3), symmetric, of φ = S·K·S."""
    unit = np.eye(3)
    both = term.value((unit[:, None] + unit)[:, :, None, :])
    alone = term.value(unit[:, None, :])
    return (both - alone[:, None] - alone) / 2
