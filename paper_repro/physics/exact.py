"""The exact solution of the chain with separations 1 and 2: the oracle against which everything is judged.

With bond cosines u_i = S_i·S_{i+1}, s_i = √(1-u_i²) and dihedral angles ψ,

    S_i·S_{i+2} = u_i u_{i+1} + s_i s_{i+1} cos ψ

and the dihedrals are independent given the bond cosines, so that

    Z(β) = 4π (2π)^{N-1} ∫ Π_i du_i e^{β J_i u_i} Π_i e^{β K_i u_i u_{i+1}} I₀(β K_i s_i s_{i+1})

is an ordinary one-dimensional transfer matrix, integrated by Gauss-Legendre quadrature in u.
"""

import functools
import math
from typing import Self

import attrs
import numpy as np
import numpy.typing as npt
from scipy.special import i0e, i1e, ive

from paper_repro.numerics.arguments import checked_arguments
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.rng import random_states
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.sequential_sampling import LANES, acceptance_tables, draw_chains, grid, pieces_needed
from paper_repro.physics.terms import BoundTerms, Terms
from paper_repro.physics.thermodynamics import Thermodynamics
from paper_repro.physics.transfer_matrix import log_sum, messages

#: No chain is served beyond this β(|J| + 2|K|): up to it every Boltzmann factor that matters stays above 1e-290.
LARGEST_WEIGHT = 650.0
#: What has an exact solution, in words.
EXACT_TERMS = "rotation-invariant terms on up to three consecutive sites"


def has_exact_solution(terms: Terms, geometry: Geometry | None = None) -> bool:
    """Return whether there is an exact solution of a library of terms on a geometry, an open chain where none is given.

    ``ExactChain`` solves exchange, ``physics.three_spin_chain`` any other rotation-invariant terms that reach no further.
    """
    if geometry is not None and not geometry.is_open_chain:
        return False
    return terms.rotation_invariant and terms.span(0 if geometry is None else geometry.sites) <= 3


def without_exact_solution(terms: Terms) -> tuple[str, ...]:
    """Return the names of the terms of which no open chain has an exact solution."""
    return tuple(term.name for term in terms.terms if not term.rotation_invariant or term.span(0) > 3)


def is_solvable(law: Floats | BoundTerms) -> bool:
    """Return the same of one open chain: whether couplings (site, site), or the clusters of terms, reach no further than 2."""
    if isinstance(law, BoundTerms):
        return all(bound.term.rotation_invariant and (np.ptp(bound.clusters, axis=1) <= 2).all() for bound in law.terms)
    return not np.any(np.triu(law, 3))


def require_exact_solution(terms: Terms, geometry: Geometry) -> None:
    """Raise ``ValueError`` where there is no exact solution."""
    if not has_exact_solution(terms, geometry):
        raise ValueError(f"no exact solution of these terms; expected {EXACT_TERMS} of an open chain")


@functools.cache
def quadrature(nodes: int) -> tuple[Floats, Floats]:
    """Return the nodes and weights of Gauss-Legendre quadrature on [-1, 1]."""
    return np.polynomial.legendre.leggauss(nodes)


def nodes_needed(largest: float) -> int:
    """Return a number of nodes that resolves bond weights e^{βJu} with β|J| + 2β|K| up to ``largest``.

    32 serve the paper's T₀. The integrand is smooth on the scale 1/√(β|J|) in the angle, whence the root.
    """
    return 32 if largest <= 40 else 16 * math.ceil(5.1 * math.sqrt(largest) / 16)


def _bessel(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Return e^{-x} I₀(x), I₁/(x I₀) and I₂/(x² I₀) for x ≥ 0."""
    scaled = i0e(x)
    safe = np.where(x > 1e-8, x, 1.0)
    first, second = i1e(x) / (safe * scaled), ive(2, x) / (safe**2 * scaled)
    return scaled, np.where(x > 1e-8, first, 1 / 2), np.where(x > 1e-8, second, 1 / 8)


@functools.lru_cache(maxsize=8)
def _kernels(beta: float, couplings: tuple[float, ...], nodes: int) -> Floats:
    """Return what joins a bond to the next, for each coupling K (order, coupling, node, node).

    Order 0 is e^{b(uu' - k)} I₀(b ss') at b = βK, with k = ±1 the sign of K; orders 1 and 2 are its first two derivatives in b, and
    order 3 is ⟨cos ψ⟩.
    """
    u, _ = quadrature(nodes)
    s = np.sqrt(1 - u**2)
    coupling = np.array(couplings)[:, None, None]
    strength, straight, across = beta * coupling, np.outer(u, u) - np.sign(coupling), np.outer(s, s)
    x = np.abs(strength * across)
    scaled, over, _ = _bessel(x)
    kernel, cosine = scaled * np.exp(strength * straight + x), strength * across * over
    first = straight + across * cosine
    return np.stack([kernel, kernel * first, kernel * (first**2 + across**2 * (1 - over - cosine**2)), cosine])


@functools.lru_cache(maxsize=8)
def _profiles(beta: float, couplings: tuple[float, ...], nodes: int, pieces: int) -> Floats:
    """Return the same kernel and its first two derivatives in u, at the ends of the pieces of an acceptance table.

    (coupling, order, node, piece+1), the node being u'. With a = (βKs')² the derivatives of its logarithm are βKu' - a u I₁/(xI₀)
    and -a (I₁/(xI₀) - a u² (I₂/(x²I₀) - (I₁/(xI₀))²)), at x = βKss'.
    """
    node, _ = quadrature(nodes)
    u = grid(pieces)
    strength = beta * np.array(couplings)[:, None, None]
    a = (strength * np.sqrt(1 - node**2)[:, None]) ** 2
    x = np.sqrt(a * (1 - u**2))
    scaled, over, over_square = _bessel(x)
    kernel = scaled * np.exp(strength * np.outer(node, u) - np.abs(strength) + x)
    first = strength * node[:, None] - a * u * over
    second = -a * (over - a * u**2 * (over_square - over**2))
    return np.stack([kernel, kernel * first, kernel * (first**2 + second)], axis=1)


@attrs.frozen(eq=False, init=False)
class ExactChain(Thermodynamics):
    """The exact equilibrium law of one chain at one inverse temperature ``beta`` ≥ 0, 1/T.

    ``band`` (range, site) holds its couplings, J_{i,i+d} at [d-1, i], which must vanish beyond separation 2. ``nodes`` is the
    order of the quadrature, chosen by ``nodes_needed`` when 0. Raises ``ValueError`` for couplings that are
    longer-ranged or not finite, and for a ``beta`` that is negative, not finite, or beyond ``LARGEST_WEIGHT``, where Boltzmann
    factors leave double precision.

    >>> pair = pr.ExactChain(np.array([[0, 1.0], [1.0, 0]]), beta=2.0)
    >>> bool(np.isclose(pair.ln_z, np.log(16 * np.pi**2 * np.sinh(2.0) / 2.0), rtol=1e-12))
    True
    >>> pair.sample(5, np.random.default_rng(0)).shape
    (5, 2, 3)
    """

    band: Floats
    beta: float
    nodes: int = 0

    @checked_arguments
    def __init__(self, matrix: Floats, beta: float, nodes: int = 0) -> None:
        """Take the couplings J_ij as a matrix (site, site), of which the part above the diagonal is read."""
        reach = 2 if is_solvable(matrix) else len(matrix) - 1
        band = np.zeros((len(matrix), reach)).T  # strided, as diagonals are: their sums are done in the same order
        for d in range(1, min(reach, len(matrix) - 1) + 1):
            band[d - 1, : len(matrix) - d] = np.diagonal(matrix, d)
        self.__attrs_init__(band, beta, nodes)

    @classmethod
    def of_band(cls, band: Floats, beta: float, nodes: int = 0) -> Self:
        """Return the law of the couplings in a ``band`` (range, site): of a chain too long for a matrix."""
        law = cls.__new__(cls)
        law.__attrs_init__(band, beta, nodes)
        return law

    def __attrs_post_init__(self) -> None:
        """Check the range of the couplings and choose the quadrature."""
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise ValueError(f"beta = {self.beta}; expected a finite inverse temperature ≥ 0")
        if np.any(self.band[2:]):
            raise ValueError("couplings beyond separation 2; expected separations 1 and 2, which the exact solution serves")
        if not np.isfinite(self.band).all():
            raise ValueError("couplings that are not finite; expected finite numbers")
        if self._largest > LARGEST_WEIGHT:
            raise ValueError(
                f"temperature {1 / self.beta:g}; expected at least {self._largest / self.beta / LARGEST_WEIGHT:.3g}, below which "
                f"the Boltzmann factors of these couplings leave double precision"
            )
        if self.nodes == 0:
            object.__setattr__(self, "nodes", nodes_needed(self._largest))

    @property
    def sites(self) -> int:
        """Number of spins."""
        return int(self.band.shape[1])

    @functools.cached_property
    def matrix(self) -> Floats:
        """The couplings J_ij (site, site), symmetric with zero diagonal."""
        half = np.diag(self._j1, 1) + np.diag(self._j2, 2)[: self.sites, : self.sites]  # of one site: 2 x 2
        return half + half.T

    @property
    def _j1(self) -> Floats:
        return self.band[0, : self.sites - 1]

    @property
    def _j2(self) -> Floats:
        return self.band[1, : max(self.sites - 2, 0)]

    @functools.cached_property
    def _largest(self) -> float:
        """The largest β(|J| + 2|K|) there could be, J and K each being the largest."""
        return self.beta * float(np.max(np.abs(self._j1), initial=0) + 2 * np.max(np.abs(self._j2), initial=0))

    @functools.cached_property
    def _signs(self) -> tuple[Floats, Floats]:
        """The signs of J (bond,) and of K (bond-1,)."""
        return np.sign(self._j1), np.sign(self._j2)

    @functools.cached_property
    def _lowest(self) -> float:
        """β Σ (|J| + |K|): minus β times the energy that no configuration is below."""
        return self.beta * float(np.abs(self._j1).sum() + np.abs(self._j2).sum())

    @functools.cached_property
    def _slopes(self) -> Floats:
        """Return u - j of each bond at the nodes (bond, node), with j = ±1 the sign of J."""
        return quadrature(self.nodes)[0] - self._signs[0][:, None]

    @functools.cached_property
    def _bonds(self) -> Floats:
        """Return w e^{βJu - β|J|} of each bond at the nodes (bond, node)."""
        weights: Floats = quadrature(self.nodes)[1] * np.exp(self.beta * self._j1[:, None] * self._slopes)
        return weights

    @functools.cached_property
    def _kinds(self) -> tuple[tuple[float, ...], npt.NDArray[np.int64]]:
        """Return the different couplings K, and which of them each pair of bonds has (bond-1,)."""
        couplings = tuple(sorted(set(self._j2.tolist())))
        return couplings, np.searchsorted(couplings, self._j2)

    @property
    def _kernels(self) -> Floats:
        return _kernels(self.beta, self._kinds[0], self.nodes)

    def along(self, direction: Floats) -> tuple[float, float, float]:
        """Return ln Z and its first and second derivative in λ at λ = 0, for the couplings βJ + λD (site, site).

        The first is the mean of Σ D_ij S_i·S_j over the pairs, each once, the second its variance.
        """
        return self._along(np.diagonal(direction, 1), np.diagonal(direction, 2))

    def _along(self, d1: Floats, d2: Floats) -> tuple[float, float, float]:
        constant = math.log(4 * math.pi) + (self.sites - 1) * math.log(2 * math.pi)
        if self.sites == 1:
            return constant, 0.0, 0.0
        exponents = d1[:, None] * self._slopes
        value, first, second = log_sum(self._bonds, exponents, self._kernels[:3], self._kinds[1], np.ascontiguousarray(d2))
        shift = float(d1 @ self._signs[0] + d2 @ self._signs[1])
        return constant + self._lowest + value, first + shift, second

    @functools.cached_property
    def _derivatives(self) -> tuple[float, float, float]:
        """Ln Z and its first and second derivative in β."""
        return self._along(self._j1, self._j2)

    @property
    def ln_z(self) -> float:
        """Ln Z(β) = ln ∫ e^{-βH} over the product of spheres, with the area measure."""
        return self._derivatives[0]

    @functools.cached_property
    def _messages(self) -> Floats:
        """Return, for each bond, the weight of everything to its right as a function of its cosine (bond, node), up to a factor."""
        return messages(self._bonds, self._kernels[0], self._kinds[1])

    def correlations(self) -> Floats:
        """Return ⟨S_i·S_j⟩ (site, site).

        S_i is carried along the chain by its components (a, b) on S_k and on the in-plane normal (S_{k-1} - u S_k)/s; averaged
        over the dihedral they turn as a' = u' a + s' ⟨cos ψ⟩ b, b' = s' a - u' ⟨cos ψ⟩ b.
        """
        u, _ = quadrature(self.nodes)
        s = np.sqrt(1 - u**2)
        result = np.eye(self.sites)
        left = np.ones(self.nodes)
        parts = np.zeros((2, 0, self.nodes))  # (a or b, starting site, node)
        kernels, kinds = self._kernels, self._kinds[1]
        for bond in range(self.sites - 1):
            if bond:
                kernel, cosine = kernels[0, kinds[bond - 1]], kernels[3, kinds[bond - 1]]
                left = left @ kernel
                along, across = parts[0] @ kernel, parts[1] @ (kernel * cosine)
                parts = np.stack([u * along + s * across, s * along - u * across])
            weight = self._bonds[bond]
            left = left * weight
            parts = np.concatenate([parts * weight, np.stack([u * left, s * left])[:, None, :]], axis=1)
            norm = left.max()
            left, parts = left / norm, parts / norm
            message = self._messages[bond]
            result[: bond + 1, bond + 1] = result[bond + 1, : bond + 1] = parts[0] @ message / (left @ message)
        return result

    @functools.cached_property
    def _steps(self) -> tuple[Floats, Floats]:
        """Return the factors (site, 2) of the fields and the acceptance tables (site, piece, power) of ``draw_chains``."""
        couplings, kinds = self._kinds
        pieces = pieces_needed(self._largest)
        weights = self._bonds * self._messages
        leftwards = messages(np.ascontiguousarray(self._bonds[::-1]), self._kernels[0], np.ascontiguousarray(kinds[::-1]))
        density = leftwards[::-1] * weights  # of each bond cosine
        likely = density @ quadrature(self.nodes)[0] / density.sum(1)
        profiles = _profiles(self.beta, couplings, self.nodes, pieces)
        slopes, tables = acceptance_tables(weights, profiles, kinds, grid(pieces), likely)
        factors = np.stack([slopes, np.zeros(self.sites)], 1)
        factors[1:, 0] += self.beta * self._j1
        factors[2:, 1] = self.beta * self._j2
        return factors, tables

    def sample(self, count: int, generator: np.random.Generator) -> Floats:
        """Return ``count`` independent equilibrium configurations (snapshot, site, component), drawn site by site."""
        spins = np.empty((count, self.sites, 3))
        if draw_chains(spins, *self._steps, random_states(generator, max(1, min(count, LANES)))).min() < 0:
            raise FloatingPointError("an exact sample whose probabilities are not finite numbers")
        return spins
