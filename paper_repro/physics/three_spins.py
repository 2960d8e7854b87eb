"""Terms on two and on three consecutive spins of an open chain: exponents, and their integrals over the dihedral angle.

A part is a term on some places of the spins, and the sum of its parts is what a bond or a join, two neighbouring bonds, adds to the
exponent -βH. Rotation-invariant terms depend on the bond cosines u = S_1·S_2, u' = S_2·S_3 and the dihedral angle ψ alone, where

    S_1·S_3 = u u' + s s' cos ψ,     S_1·(S_2 × S_3) = -s s' sin ψ,     s = √(1 - u²)

As functions of ψ they are sampled at a few angles and known everywhere by their Fourier series, of two harmonics for
every family of this package.
"""

import functools

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.quantiles import trigonometric
from paper_repro.physics.exact import quadrature
from paper_repro.physics.terms import Term

#: More angles than these are not tried for one term, nor for a Boltzmann factor.
_MOST_ANGLES = 4096
_RESOLVED = 1e-12


@attrs.frozen
class Part:
    """One term on ``places`` of two or three consecutive spins; ``index`` is its place in the library."""

    index: int
    term: Term
    places: tuple[int, ...]


def three_spins(left: Floats, right: Floats, angles: Floats) -> Floats:
    """Return three spins (…, 3, 3) with cosines ``left``, ``right`` and dihedral ``angles`` (…): the second is the z axis."""
    shape = np.broadcast_shapes(left.shape, right.shape, angles.shape)
    spins = np.zeros((*shape, 3, 3))
    across = np.sqrt(1 - right**2)
    spins[..., 0, 0], spins[..., 0, 2] = np.sqrt(1 - left**2), left
    spins[..., 1, 2] = 1.0
    spins[..., 2, 0], spins[..., 2, 1], spins[..., 2, 2] = across * np.cos(angles), across * np.sin(angles), right
    return spins


def bond_values(parts: tuple[Part, ...], cosines: Floats) -> Floats:
    """Return φ (part, …) on two spins with ``cosines`` (…)."""
    spins = three_spins(cosines, cosines, np.zeros(1))[..., :2, :]
    return np.array([part.term.value(spins[..., part.places, :]) for part in parts]).reshape(len(parts), *cosines.shape)


def join_values(parts: tuple[Part, ...], left: Floats, right: Floats, angles: int) -> Floats:
    """Return φ (part, …, angle) on three spins with cosines ``left`` and ``right`` (…) at equal steps of the dihedral angle."""
    steps = 2 * np.pi * np.arange(angles) / angles
    spins = three_spins(left[..., None], right[..., None], steps)
    values = np.empty((len(parts), *spins.shape[:-2]))
    for k, part in enumerate(parts):
        values[k] = part.term.value(spins[..., part.places, :])
    return values


def _unresolved(values: Floats, kept: float) -> float:
    """Return the size of the harmonics of values (…, angle) beyond the ``kept`` fraction, against the largest of all."""
    size = np.abs(np.fft.rfft(values, axis=-1))
    largest = size.max(initial=0.0)
    return float(size[..., 1 + int(kept * (size.shape[-1] - 1)) :].max(initial=0.0) / largest) if largest > 0 else 0.0


@functools.lru_cache(maxsize=256)
def angles_of_values(parts: tuple[Part, ...]) -> int:
    """Return at how many angles φ must be known; raises ``ValueError`` for a term that is not smooth in the dihedral angle."""
    left, right = np.meshgrid(np.linspace(-0.95, 0.9, 6), np.linspace(-0.85, 0.95, 6))
    angles = 8
    while angles <= _MOST_ANGLES:
        if _unresolved(join_values(parts, left, right, angles), 0.5) < _RESOLVED:
            return angles
        angles *= 2
    raise ValueError(f"{', '.join(part.term.name for part in parts)}: not smooth in the angles; expected analytic terms")


def _finer(values: Floats, angles: int) -> Floats:
    """Return values (…, angle) at ``angles`` angles, by their Fourier series."""
    count, harmonics = values.shape[-1], values.shape[-1] // 2
    scale = np.where(np.arange(harmonics) > 0, 2.0, 1.0) / count
    pairs = zip(trigonometric(angles, harmonics), trigonometric(count, harmonics), strict=True)
    weights = sum(np.einsum("qh,ph->qp", fine * scale, coarse) for fine, coarse in pairs)
    found: Floats = np.einsum("...p,qp->...q", values, weights)
    return found


@attrs.frozen(eq=False)
class Join:
    """What joins two bonds at ``theta`` (part,) = β × coupling, integrated over ψ at the ``nodes`` nodes of the cosines.

    ``kernel`` (right, left) is ∫ e^{E - shift} dψ, ``turns`` (2, right, left) the same with cos ψ and sin ψ. ``coarse`` and
    ``fine`` are the numbers of angles that resolve E and e^E.
    """

    parts: tuple[Part, ...]
    theta: Floats
    nodes: int
    kernel: Floats
    turns: Floats
    shift: float
    coarse: int
    fine: int

    def moments(self) -> tuple[Floats, Floats, Floats]:
        """Return φ of each part where E is largest (part,), and the kernel with one and with two factors φ less that.

        These are (part, right, left) and (part, part, right, left), where little cancels.
        """
        size, count = self.nodes, len(self.parts)
        values, exponents = _at_nodes(self.parts, self.theta, self.nodes, self.coarse)
        centres = values.reshape(count, exponents.size)[:, int(np.argmax(exponents))]
        first, second = np.empty((count, size, size)), np.empty((count, count, size, size))
        for row in range(size):
            factor = _factor(exponents[row], self.shift, self.fine)
            part = _finer(values[:, row], self.fine) - centres[:, None, None]
            first[:, row] = np.einsum("klp,lp->kl", part, factor)
            for k in range(count):
                second[k, :, row] = np.einsum("jlp,lp->jl", part, part[k] * factor)
        return centres, first, second


def _angles_of_factor(exponents: Floats) -> int:
    """Return at how many angles e^E must be known, for E (…, angle) of some cosines."""
    angles = int(exponents.shape[-1])
    while angles <= _MOST_ANGLES:
        fine = _finer(exponents, angles)
        if _unresolved(np.exp(fine - fine.max(-1, keepdims=True)), 0.75) < _RESOLVED:
            return angles
        angles = 16 * (angles // 12 + 1)
    raise ValueError("a Boltzmann factor too sharp in the dihedral angle; expected weaker couplings or a higher temperature")


def _at_nodes(parts: tuple[Part, ...], theta: Floats, nodes: int, coarse: int) -> tuple[Floats, Floats]:
    """Return φ (part, right, left, angle) and E (right, left, angle) at the nodes of the quadrature."""
    u = quadrature(nodes)[0]
    values = join_values(parts, u[None, :], u[:, None], coarse)
    return values, np.einsum("k,k...->...", theta, values)


def _factor(exponents: Floats, shift: float, fine: int) -> Floats:
    """Return e^{E - shift} dψ (left, fine angle)."""
    factor: Floats = np.exp(_finer(exponents, fine) - shift) * (2 * np.pi / fine)
    return factor


@functools.lru_cache(maxsize=64)
def join(parts: tuple[Part, ...], theta: tuple[float, ...], nodes: int) -> Join:
    """Return the integrals of one join, with quadrature of so many nodes in the cosines."""
    coarse = angles_of_values(parts)
    _, exponents = _at_nodes(parts, np.array(theta), nodes, coarse)
    some = slice(None, None, max(1, nodes // 8))
    fine, shift = _angles_of_factor(exponents[some, some]), float(exponents.max())
    kernel, turns = np.empty((nodes, nodes)), np.empty((2, nodes, nodes))
    round_once = np.array(trigonometric(fine, 2))[..., 1]
    for row in range(nodes):
        factor = _factor(exponents[row], shift, fine)
        kernel[row] = factor.sum(-1)
        turns[:, row] = np.einsum("tp,lp->tl", round_once, factor)
    return Join(parts, np.array(theta), nodes, kernel, turns, shift, coarse, fine)
