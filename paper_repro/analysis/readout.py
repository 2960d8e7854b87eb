"""Reading W itself: its size against the separation (paper, Fig. 2) and its likeness to the couplings.

W is not unique: many W give one force. These figures describe the network; the law is read off the force (``inversion``).
"""

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.analysis.inversion import ForceField
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.parallel import in_order
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_force
from paper_repro.spec import Hamiltonian

#: (codes (site,), snapshots (snapshot, site, 3)) → W (snapshot, site, site)
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


def read_interaction(
    interaction: Interaction,
    chains: Iterable[tuple[npt.NDArray[Any], npt.NDArray[Any]]],
    hamiltonian: Hamiltonian,
    threads: int = 1,
) -> InteractionReadout:
    """Collect W over (codes, snapshots) of many sequences, every pair of sites once.

    ``threads`` changes no byte; more than one is for an ``interaction`` that may be asked from several at once. Raises
    ``ValueError`` for a W that is not finite.
    """

    def of_sequence(pair: tuple[npt.NDArray[Any], npt.NDArray[Any]]) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
        codes, spins = pair
        first, second = np.triu_indices(len(codes), 1)
        w = np.asarray(interaction(codes, spins), dtype=np.float64)[:, first, second]
        if not np.isfinite(w).all():
            raise ValueError("W holds numbers that are not finite; expected finite numbers")
        couplings = coupling_matrix(codes, hamiltonian)[first, second]
        return w.reshape(-1), np.tile(second - first, len(w)), np.tile(couplings, len(w))

    w, r, j = (np.concatenate(parts) for parts in zip(*in_order(of_sequence, chains, threads), strict=True))
    separations = np.unique(r)
    size = np.abs(w)
    near = r <= hamiltonian.range
    return InteractionReadout(
        separations=separations,
        quartiles=np.array([np.quantile(size[r == k], [0.25, 0.5, 0.75]) for k in separations]),
        means=np.array([size[r == k].mean() for k in separations]),
        counts=np.array([np.count_nonzero(r == k) for k in separations]),
        within_range=float(size[near].sum() / size.sum()),
        pearson=float(np.corrcoef(w[near], j[near])[0, 1]),
        slope=float(w[near] @ j[near] / (j[near] @ j[near])),
    )


def force_magnitudes(
    field: ForceField,
    chains: Iterable[tuple[npt.NDArray[Any], npt.NDArray[Any]]],
    hamiltonian: Hamiltonian,
    beta: float,
    threads: int = 1,
) -> dict[str, npt.NDArray[Any]]:
    """Return histograms of the length of the force on a spin (bin,), of a field and of the exact force, with common ``edges``.

    Dimensionless, β times the force; what lies beyond the last edge is counted in the last bin.
    """
    strongest: dict[int, float] = {}  # of each separation: no spin has more than two such bonds
    for term in hamiltonian.terms:
        strongest[term.separation] = max(strongest.get(term.separation, 0.0), abs(term.coupling))
    edges = np.linspace(0, 2 * beta * sum(strongest.values()), 121)

    def of_sequence(pair: tuple[npt.NDArray[Any], npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
        codes, spins = pair
        fields = (field(codes, spins), exchange_force(spins, coupling_matrix(codes, hamiltonian), beta))
        lengths = (np.minimum(np.linalg.norm(f, axis=-1), edges[-1]) for f in fields)
        return np.stack([np.histogram(values, edges)[0] for values in lengths])

    inferred, exact = np.sum(list(in_order(of_sequence, chains, threads)), axis=0)
    return {"edges": edges, "inferred": inferred, "exact": exact}
