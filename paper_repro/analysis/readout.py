"""Reading W itself: its size against the separation (paper, Fig. 2) and its likeness to the couplings.

W is not unique: many W give one force. These figures describe the network; the law is read off the force (``basis_fit``).
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.analysis.force_field import ForceField, force_on
from paper_repro.analysis.force_magnitudes import ForceMagnitudes
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotient
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.terms import Exchange
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots

#: (species (site,), spins (snapshot, site, 3)) → W (snapshot, site, site)
Interaction = Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[Any]]


@attrs.frozen(eq=False)
class InteractionReadout:
    """|W_ij| at each separation: lower quartile, median, upper quartile and mean, and how many pairs there are.

    ``within_range`` is the share of Σ|W| at separations up to the range of the Hamiltonian; ``pearson`` and ``slope`` compare W
    with J over the pairs within that range (slope: least squares through the origin, β for a perfect network).
    """

    separations: npt.NDArray[np.int64]
    quartiles: Floats  # (separation, 3)
    means: Floats
    counts: npt.NDArray[np.int64]
    within_range: float
    pearson: float
    slope: float


def _correlation(first: Floats, second: Floats) -> float:
    """Return Pearson's correlation of two lists of numbers; NaN where one of them is constant."""
    constant = np.ptp(first) == 0 or np.ptp(second) == 0
    return math.nan if constant else float(np.corrcoef(first, second)[0, 1])


def read_interaction(interaction: Interaction, data: Iterable[Snapshots], truth: Truth, threads: int = 1) -> InteractionReadout:
    """Collect W over snapshots of many systems, every pair of sites once, by its class: the separation on a chain.

    ``threads`` changes no byte; more than one is for an ``interaction`` that several may call. Raises ``ValueError`` for a W that
    is not finite, and for a truth that is not exchange alone.
    """

    def of_system(snapshots: Snapshots) -> tuple[Floats, Integers, Floats]:
        known, geometry = snapshots.numbered(truth.terms.species_names), snapshots.geometry
        order = np.lexsort(geometry.pairs.T[::-1])
        first, second = geometry.pairs[order].T
        w = np.asarray(interaction(known.species, known.spins), dtype=np.float64)[:, first, second]
        if not np.isfinite(w).all():
            raise ValueError("W holds numbers that are not finite; expected finite numbers")
        couplings = truth.on(geometry, known.species).matrix[first, second]
        return w.reshape(-1), np.tile(geometry.classes[order], len(w)), np.tile(couplings, len(w))

    w, r, j = (np.concatenate(parts) for parts in zip(*in_order(of_system, data, threads), strict=True))
    separations = np.unique(r)
    size = np.abs(w)
    within = r <= truth.terms.range
    return InteractionReadout(
        separations=separations,
        quartiles=np.array([np.quantile(size[r == k], [0.25, 0.5, 0.75]) for k in separations]),
        means=np.array([size[r == k].mean() for k in separations]),
        counts=np.array([np.count_nonzero(r == k) for k in separations]),
        within_range=quotient(size[within].sum(), size.sum()),
        pearson=_correlation(w[within], j[within]),
        slope=quotient(w[within] @ j[within], j[within] @ j[within]),
    )


def force_magnitudes(field: ForceField, data: Iterable[Snapshots], truth: Truth, threads: int = 1) -> ForceMagnitudes:
    """Return histograms of the length of the force on a spin (bin,), of a field and of the exact force, with common ``edges``.

    Dimensionless, β times the force; what lies beyond the last edge is counted in the last bin. Raises ``ValueError`` for a field
    that is no force, and for a truth that is not exchange alone.
    """
    truth.terms.require(lambda term: isinstance(term, Exchange), "exchange terms only, which bound the force")
    strongest: dict[int, float] = {}  # of each separation: no spin of a chain has more than two such bonds
    for term, coupling in zip(truth.terms.terms, truth.couplings, strict=True):
        if isinstance(term, Exchange):
            strongest[term.bond_class] = max(strongest.get(term.bond_class, 0.0), abs(float(coupling)))
    edges = np.linspace(0, 2 * truth.beta * sum(strongest.values()) or 1.0, 121)  # free spins feel no force

    def of_system(snapshots: Snapshots) -> Integers:
        known = snapshots.numbered(truth.terms.species_names)
        fields = (force_on(field, known), truth.on(known.geometry, known.species).force(known.spins, truth.beta))
        lengths = (np.minimum(np.linalg.norm(f, axis=-1), edges[-1]) for f in fields)
        return np.stack([np.histogram(values, edges)[0] for values in lengths])

    inferred, exact = np.sum(list(in_order(of_system, data, threads)), axis=0)
    return ForceMagnitudes(edges, inferred, exact)
