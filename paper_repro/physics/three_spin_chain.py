"""The exact solution of an open chain with any rotation-invariant terms on up to three consecutive spins.

With the bond cosines u_i, the dihedral angles ψ_i and the exponents of two and three consecutive spins (``three_spins``),

    Z = 8π² ∫ Π_i du_i e^{B_i(u_i)} Π_i K_i(u_i, u_{i+1}),     K_i(u, u') = ∫_0^{2π} e^{E_i(u, u', ψ)} dψ

is a transfer matrix in one cosine: the trapezoidal rule in ψ and Gauss-Legendre quadrature in u, both of geometric convergence.
Snapshots are drawn from it one spin after the other, by inversion of the series of the joint density of two neighbouring cosines:
independent, and of the exact law to within the resolution of the series, below 1e-9 in total variation.
"""

import functools
import math

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import LARGEST_WEIGHT, nodes_needed
from paper_repro.physics.terms import BoundTerms
from paper_repro.physics.thermodynamics import Thermodynamics
from paper_repro.physics.three_spin_sampling import draw_snapshots
from paper_repro.physics.three_spin_tables import Tables, cells
from paper_repro.physics.three_spins import bond_values, join_values
from paper_repro.physics.transfer_matrix import log_sum

#: Nodes beyond these are not tried.
_MOST_NODES = 640


@attrs.frozen(eq=False)
class ThreeSpinChain(Thermodynamics):
    """The exact equilibrium law of one open chain of ``terms`` with ``couplings`` (term,) at the inverse temperature ``beta`` ≥ 0.

    Every term must be rotation invariant and act on at most three consecutive sites. ``nodes`` is the order of the quadrature,
    chosen when 0. Raises ``ValueError`` for another term, for numbers that are not finite, and where Boltzmann factors leave double
    precision.
    """

    terms: BoundTerms
    couplings: Floats
    beta: float
    nodes: int = 0

    def __attrs_post_init__(self) -> None:
        """Check the terms and the range of the exponents, and choose the quadrature."""
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise ValueError(f"beta = {self.beta}; expected a finite inverse temperature ≥ 0")
        if self.couplings.shape != (len(self.terms),) or not np.isfinite(self.couplings).all():
            raise ValueError(f"couplings {self.couplings.tolist()} of {len(self.terms)} terms; expected a finite number for each")
        if self.terms.scale != 1:
            raise ValueError(f"terms scaled by {self.terms.scale:g}; expected them as they are, and couplings that are scaled")
        for bound in self.terms.terms:
            if not bound.term.rotation_invariant:
                raise ValueError(f"{bound.term.name}; expected terms that a common rotation of all spins does not change")
        if self.spread > LARGEST_WEIGHT:
            raise ValueError(
                f"temperature {1 / self.beta:g}; expected at least {self.spread / self.beta / LARGEST_WEIGHT:.3g}, below which "
                f"the Boltzmann factors of these couplings leave double precision"
            )

    @property
    def sites(self) -> int:
        """Number of spins."""
        return self.terms.sites

    @functools.cached_property
    def spread(self) -> float:
        """Half the range of the exponent of a bond with the two joins at its ends, each being the largest that there is."""
        bonds, joins = cells(self.terms)
        grid = np.cos(np.linspace(0, np.pi, 25))
        left, right = np.meshgrid(grid, grid)
        theta = self.beta * self.couplings
        of_bonds = [np.ptp(theta[[part.index for part in some]] @ bond_values(some, grid)) for some in set(bonds)]
        of_joins = [
            np.ptp(np.tensordot(theta[[part.index for part in some]], join_values(some, left, right, 24), 1)) for some in set(joins)
        ]
        return 0.5 * float(max(of_bonds, default=0.0)) + float(max(of_joins, default=0.0))

    @functools.cached_property
    def _tables(self) -> Tables:
        """The tables with as many nodes as resolve the law, or with those that were wanted."""
        nodes = self.nodes or 2 * nodes_needed(self.spread)
        while True:
            tables = Tables(self.terms, self.beta * self.couplings, nodes)
            if self.nodes or tables.resolved:
                return tables
            nodes = 16 * math.ceil(1.5 * nodes / 16)
            if nodes > _MOST_NODES:
                raise ValueError(f"a law that {_MOST_NODES} nodes do not resolve; expected terms that are smooth in the angles")

    def along(self, direction: Floats) -> tuple[float, float, float]:
        """Return ln Z and its first and second derivative in λ at λ = 0, for couplings β c + λ D, D being ``direction`` (term,).

        The first is the mean of Σ D_k φ_k, the second its variance.
        """
        if self.sites == 1:
            values = self.terms.values(np.eye(3)[:1, None])[0]
            return math.log(4 * math.pi) + self.beta * float(self.couplings @ values), float(direction @ values), 0.0
        tables = self._tables
        exponents, kernels, offset = tables.centred(direction)
        value, first, second = log_sum(tables.bonds, exponents, kernels, tables.kinds, np.ones(self.sites - 2))
        return math.log(8 * math.pi**2) + tables.shift + value, offset + first, second

    @functools.cached_property
    def _derivatives(self) -> tuple[float, float, float]:
        """Ln Z and its first and second derivative in β."""
        return self.along(self.couplings)

    @functools.cached_property
    def ln_z(self) -> float:
        """Ln Z(β) = ln ∫ e^{-βH} over the product of spheres, with the area measure."""
        return self._derivatives[0] if self.sites == 1 else math.log(8 * math.pi**2) + self._tables.log_sum()

    def means(self) -> Floats:
        """Return ⟨φ⟩ (term,)."""
        return np.array([self.along(unit)[1] for unit in np.eye(len(self.terms))])

    def correlations(self) -> Floats:
        """Return ⟨S_i·S_j⟩ (site, site).

        S_i is carried along the chain by its components (a, b, c) on S_k, on the in-plane normal n = (S_{k-1} - u S_k)/s and on
        S_k × n. A step to the next spin takes them to a' = u' a + s' d, b' = s' a - u' d, c' = b sin ψ - c cos ψ, with
        d = b cos ψ + c sin ψ, averaged over ψ.
        """
        result = np.eye(self.sites)
        if self.sites == 1:
            return result
        tables = self._tables
        u, s = tables.cosines, np.sqrt(1 - tables.cosines**2)
        left, carried = np.ones(len(u)), np.zeros((3, 0, len(u)))  # (component, starting site, node)
        for bond in range(self.sites - 1):
            if bond:
                joined = tables.joins[tables.kinds[bond - 1]]
                kernel, (cosine, sine) = joined.kernel.T, joined.turns.swapaxes(1, 2)
                left, a = left @ kernel, carried[0] @ kernel
                d = carried[1] @ cosine + carried[2] @ sine
                carried = np.stack([u * a + s * d, s * a - u * d, carried[1] @ sine - carried[2] @ cosine])
            weight = tables.bonds[bond]
            left = left * weight
            start = np.stack([u * left, s * left, 0 * left])
            carried = np.concatenate([carried * weight, start[:, None, :]], axis=1)
            norm = left.max()
            left, carried = left / norm, carried / norm
            message = tables.rightwards[bond]
            result[: bond + 1, bond + 1] = result[bond + 1, : bond + 1] = carried[0] @ message / (left @ message)
        return result

    def sample(self, count: int, generator: np.random.Generator) -> Floats:
        """Return ``count`` independent equilibrium configurations (snapshot, site, component), drawn site by site."""
        return draw_snapshots(None if self.sites == 1 else self._tables, self.sites, count, generator)
