"""The exact solution of the chain with separations 1 and 2: the oracle against which everything is judged.

With bond cosines u_i = S_i·S_{i+1}, s_i = √(1-u_i²) and dihedral angles ψ,

    S_i·S_{i+2} = u_i u_{i+1} + s_i s_{i+1} cos ψ

and the dihedrals are independent given the bond cosines, so that

    Z(β) = 4π (2π)^{N-1} ∫ Π_i du_i e^{β J_i u_i} Π_i e^{β K_i u_i u_{i+1}} I₀(β K_i s_i s_{i+1})

is an ordinary one-dimensional transfer matrix, integrated by Gauss-Legendre quadrature in u.
"""

import functools
import math
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from scipy.special import i0e, i1e

from paper_repro.physics.sphere import normalise

Vector = npt.NDArray[np.float64]

#: No chain is served beyond this β(|J| + 2|K|): up to it every Boltzmann factor that matters stays above 1e-290.
LARGEST_WEIGHT = 650.0


@functools.cache
def quadrature(nodes: int) -> tuple[Vector, Vector]:
    """Return the nodes and weights of Gauss-Legendre quadrature on [-1, 1]."""
    return np.polynomial.legendre.leggauss(nodes)


def nodes_needed(largest: float) -> int:
    """Return a number of nodes that resolves bond weights e^{βJu} with β|J| + 2β|K| up to ``largest``.

    32 serve the paper's T₀. The integrand is smooth on the scale 1/√(β|J|) in the angle, whence the root.
    """
    return 32 if largest <= 40 else 16 * math.ceil(5.1 * math.sqrt(largest) / 16)


@functools.lru_cache(maxsize=256)
def _kernel(beta: float, coupling: float, nodes: int) -> tuple[Vector, Vector, Vector, Vector]:
    """Return the bond-to-bond kernel e^{βKuu' - β|K|} I₀(βKss'), its first two derivatives in β, and ⟨cos ψ⟩ (node, node)."""
    u, _ = quadrature(nodes)
    s = np.sqrt(1 - u**2)
    straight = coupling * np.outer(u, u) - abs(coupling)
    across = coupling * np.outer(s, s)
    x = beta * across
    kernel = i0e(x) * np.exp(beta * straight + np.abs(x))
    ratio = i1e(x) / i0e(x)
    over = np.where(np.abs(x) > 1e-8, ratio / np.where(x == 0, 1, x), 0.5)
    first = kernel * (straight + across * ratio)
    second = kernel * (straight**2 + 2 * straight * across * ratio + across**2 * (1 - over))
    return kernel, first, second, ratio


@functools.cache
def _cumulative(nodes: int) -> tuple[Vector, Vector, Vector]:
    """Return what turns a density at the Gauss-Legendre nodes into its integral from -1.

    The map (node, degree) to the Chebyshev series of the integral, a grid of angles from π to 0, and the map (node, angle) to
    the integral on that grid.
    """
    u, w = quadrature(nodes)
    to_legendre = np.polynomial.legendre.legvander(u, nodes - 1) * w[:, None] * (np.arange(nodes) + 0.5)
    rows = [np.polynomial.legendre.legint(row, lbnd=-1) for row in to_legendre]
    angles = (np.arange(nodes + 1) + 0.5) * math.pi / (nodes + 1)
    values = np.polynomial.legendre.legval(np.cos(angles), np.array(rows).T)  # (node, angle)
    series = 2 / (nodes + 1) * values @ np.cos(np.outer(angles, np.arange(nodes + 1)))
    series[:, 0] /= 2
    grid = np.linspace(math.pi, 0, 2 * nodes + 1)
    return np.ascontiguousarray(series), grid, series @ np.cos(np.outer(np.arange(nodes + 1), grid))


def _invert(density: Vector, uniform: Vector, nodes: int) -> Vector:
    """Return, for each row of ``density`` (draw, node), the cosine whose cumulative probability is ``uniform`` (draw,)."""
    to_series, grid, to_table = _cumulative(nodes)
    series = density @ to_series  # (draw, degree), in T_l(u) = cos(lθ)
    degree = np.arange(nodes + 1)
    table = density @ to_table  # rises as θ falls
    target = uniform * table[:, -1]
    upper = np.clip((table < target[:, None]).sum(1), 1, len(grid) - 1)
    row = np.arange(len(target))
    low, high = table[row, upper - 1], table[row, upper]
    step = grid[0] - grid[1]
    theta = grid[upper - 1] - step * np.clip((target - low) / np.where(high > low, high - low, 1), 0, 1)
    for _ in range(5):
        phase = degree * theta[:, None]
        excess = (series * np.cos(phase)).sum(1) - target
        slope = -(series * degree * np.sin(phase)).sum(1)
        move = np.where(slope < 0, excess / np.where(slope < 0, slope, 1), 0)
        theta = np.clip(theta - move, grid[upper], grid[upper - 1])
    cosine: Vector = np.cos(theta)
    return cosine


@attrs.frozen(eq=False)
class ExactChain:
    """The exact equilibrium law of one chain at one inverse temperature.

    ``matrix`` (site, site) holds the couplings J_ij, which must vanish beyond separation 2; ``beta`` ≥ 0 is 1/T. ``nodes`` is
    the order of the quadrature, chosen by ``nodes_needed`` when 0. Raises ``ValueError`` for longer-ranged couplings, and for
    a ``beta`` that is negative, not finite, or beyond ``LARGEST_WEIGHT``, where Boltzmann factors leave double precision.
    """

    matrix: Vector
    beta: float
    nodes: int = 0

    def __attrs_post_init__(self) -> None:
        """Check the range of the couplings and choose the quadrature."""
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise ValueError(f"beta = {self.beta}; expected a finite inverse temperature ≥ 0")
        if np.any(np.triu(self.matrix, 3)):
            raise ValueError("couplings beyond separation 2; expected separations 1 and 2, which the exact solution serves")
        reach = float(np.max(np.abs(self._near), initial=0) + 2 * np.max(np.abs(self._far), initial=0))
        if self.beta * reach > LARGEST_WEIGHT:
            raise ValueError(
                f"temperature {1 / self.beta:g}; expected at least {reach / LARGEST_WEIGHT:.3g}, below which the Boltzmann "
                f"factors of these couplings leave double precision"
            )
        if self.nodes == 0:
            object.__setattr__(self, "nodes", nodes_needed(self.beta * reach))

    @property
    def sites(self) -> int:
        """Number of spins."""
        return len(self.matrix)

    @property
    def _near(self) -> Vector:
        return np.diagonal(self.matrix, 1)

    @property
    def _far(self) -> Vector:
        return np.diagonal(self.matrix, 2)

    def _bond(self, index: int) -> Vector:
        """Return e^{βJu - β|J|} at the nodes for one nearest-neighbour bond."""
        u, _ = quadrature(self.nodes)
        weight: Vector = np.exp(self.beta * (self._near[index] * u - abs(self._near[index])))
        return weight

    def _kernel(self, index: int) -> tuple[Vector, Vector, Vector, Vector]:
        return _kernel(self.beta, float(self._far[index]), self.nodes)

    @functools.cached_property
    def _derivatives(self) -> tuple[float, float, float]:
        """Ln Z and its first and second derivative in β, by carrying all three through the transfer matrices."""
        constant = math.log(4 * math.pi) + (self.sites - 1) * math.log(2 * math.pi)
        scale = np.abs(self._near).sum() + np.abs(self._far).sum()
        u, w = quadrature(self.nodes)
        log_norm = 0.0
        right = np.stack([np.ones_like(u), np.zeros_like(u), np.zeros_like(u)])  # message and its β-derivatives
        for index in range(self.sites - 2, -1, -1):
            coupling = self._near[index]
            slope = coupling * u - abs(coupling)
            bond = self._bond(index)
            f, g, h = bond * right
            weighted = np.stack([f, g + slope * f, h + 2 * slope * g + slope**2 * f]) * w
            if index:
                kernel, first, second, _ = self._kernel(index - 1)
                f, g, h = weighted
                right = np.stack([kernel @ f, kernel @ g + first @ f, kernel @ h + 2 * first @ g + second @ f])
                norm = right[0].max()
                right, log_norm = right / norm, log_norm + math.log(norm)
            else:
                right = weighted
        f, g, h = right.sum(1) if self.sites > 1 else (1.0, 0.0, 0.0)
        ln_z = constant + self.beta * scale + log_norm + math.log(f)
        return ln_z, g / f + scale, h / f - (g / f) ** 2

    @property
    def ln_z(self) -> float:
        """Ln Z(β) = ln ∫ e^{-βH} over the product of spheres, with the area measure."""
        return self._derivatives[0]

    @property
    def mean_energy(self) -> float:
        """⟨H⟩ = -∂ ln Z/∂β, in units of energy."""
        return 0.0 - self._derivatives[1]

    @property
    def heat_capacity(self) -> float:
        """C = β² (⟨H²⟩ - ⟨H⟩²) = β² ∂² ln Z/∂β², in units of k_B."""
        return self.beta**2 * self._derivatives[2]

    @property
    def energy_deviation(self) -> float:
        """Standard deviation of H in equilibrium, in units of energy."""
        return math.sqrt(max(self._derivatives[2], 0.0))

    @functools.cached_property
    def _messages(self) -> list[Vector]:
        """Return, for each bond, the weight of everything to its right as a function of its cosine, up to a factor."""
        _, w = quadrature(self.nodes)
        messages = [np.ones(self.nodes)]
        for index in range(self.sites - 2, 0, -1):
            message = self._kernel(index - 1)[0] @ (w * self._bond(index) * messages[-1])
            messages.append(message / message.max())
        return messages[::-1]

    def correlations(self) -> Vector:
        """Return ⟨S_i·S_j⟩ (site, site).

        S_i is carried along the chain by its components (a, b) on S_k and on the in-plane normal (S_{k-1} - u S_k)/s; averaged
        over the dihedral they turn as a' = u' a + s' ⟨cos ψ⟩ b, b' = s' a - u' ⟨cos ψ⟩ b.
        """
        u, w = quadrature(self.nodes)
        s = np.sqrt(1 - u**2)
        result = np.eye(self.sites)
        left = np.ones(self.nodes)
        parts = np.zeros((2, 0, self.nodes))  # (a or b, starting site, node)
        for bond in range(self.sites - 1):
            if bond:
                kernel, _, _, cosine = self._kernel(bond - 1)
                left = left @ kernel
                along, across = parts[0] @ kernel, parts[1] @ (kernel * cosine)
                parts = np.stack([u * along + s * across, s * along - u * across])
            weight = w * self._bond(bond)
            left = left * weight
            parts = np.concatenate([parts * weight, np.stack([u * left, s * left])[:, None, :]], axis=1)
            norm = left.max()
            left, parts = left / norm, parts / norm
            message = self._messages[bond]
            result[: bond + 1, bond + 1] = result[bond + 1, : bond + 1] = parts[0] @ message / (left @ message)
        return result

    def sample(self, count: int, generator: np.random.Generator) -> Vector:
        """Return ``count`` independent equilibrium configurations (snapshot, site, component).

        Bond cosines are drawn forwards by inverting the cumulative distribution, which is a polynomial through the quadrature
        nodes; each dihedral from its von Mises law with concentration βKss'.
        """
        nodes = max(48, 2 * self.nodes)  # interpolation needs twice the degree that quadrature does
        chain = self if self.nodes == nodes else attrs.evolve(self, nodes=nodes)
        return chain._draw(count, generator)

    def _draw(self, count: int, generator: np.random.Generator) -> Vector:
        u, _ = quadrature(self.nodes)
        s = np.sqrt(1 - u**2)
        rotations = generator.standard_normal((count, 2, 3))
        frame = np.empty((count, 3, 3))  # rows: S_k, the in-plane normal, and their cross product
        frame[:, 0] = normalise(rotations[:, 0])
        frame[:, 1] = normalise(rotations[:, 1] - (rotations[:, 1] * frame[:, 0]).sum(1, keepdims=True) * frame[:, 0])
        frame[:, 2] = np.cross(frame[:, 0], frame[:, 1])
        spins = np.empty((count, self.sites, 3))
        spins[:, 0] = frame[:, 0]
        before: Any = None
        for bond in range(self.sites - 1):
            weight = self._bond(bond) * self._messages[bond]
            if bond == 0:
                density = np.broadcast_to(weight, (count, self.nodes))
                turn = np.zeros(count)
            else:
                coupling = self.beta * float(self._far[bond - 1])
                sine = np.sqrt(1 - before**2)[:, None]
                x = coupling * sine * s
                density = weight * i0e(x) * np.exp(coupling * before[:, None] * u + np.abs(x) - abs(coupling))
            cosine = _invert(density, generator.random(count), self.nodes)
            sine = np.sqrt(1 - cosine**2)
            if bond:
                concentration = coupling * np.sqrt(1 - before**2) * sine
                turn = generator.vonmises(np.where(concentration < 0, math.pi, 0.0), np.abs(concentration))
            outward = np.cos(turn)[:, None] * frame[:, 1] + np.sin(turn)[:, None] * frame[:, 2]
            sideways = np.cos(turn)[:, None] * frame[:, 2] - np.sin(turn)[:, None] * frame[:, 1]
            following = cosine[:, None] * frame[:, 0] + sine[:, None] * outward
            normal = sine[:, None] * frame[:, 0] - cosine[:, None] * outward
            frame = np.stack([normalise(following), normal, sideways], axis=1)
            spins[:, bond + 1] = frame[:, 0]
            before = cosine
        return spins
