"""The two-spin chain under diffusion, exactly: the oracle of the likelihood.

Two spins with weight e^{κ S₁·S₂}, κ = βJ, both diffusing by Brownian motion with generator ½Δ, keep the density

    p_t(S₁,S₂) = (4π)^{-2} Σ_l (2l+1) i_l(κ)/i_0(κ) e^{-l(l+1)t} P_l(S₁·S₂)

with i_l the modified spherical Bessel functions: a Legendre series in the one cosine u = S₁·S₂.
"""

import functools
import math

import attrs
import numpy as np
import torch
from scipy.special import spherical_in

from paper_repro.physics.sphere import legendre_series, project

#: Largest κ whose Bessel functions, of the size of e^κ/κ, are finite in double precision.
_LARGEST = 700.0


@functools.lru_cache(maxsize=1024)
def _weights(kappa: float, terms: int, time: float) -> tuple[float, ...]:
    """Return the weight of each P_l up to the last significant one; all configurations on a path need those of the same times."""
    degrees = np.arange(terms)
    weights = (2 * degrees + 1) * spherical_in(degrees, kappa) / spherical_in(0, kappa)
    weights *= np.exp(-degrees * (degrees + 1) * time)
    if not abs(weights[-1]) < 1e-14 * np.abs(weights).max():
        raise ValueError(f"{terms} terms at kappa = {kappa:g}, t = {time:g}; expected more terms or a later time")
    used = int(np.flatnonzero(np.abs(weights) > 1e-18 * np.abs(weights).max())[-1]) + 1
    return tuple(weights[:used].tolist())


@attrs.frozen
class TwoSpinDiffusion:
    """The diffused law of two spins with coupling strength ``kappa`` = βJ (of either sign).

    The series gives the density to about 1e-13 of its largest value: where the density is smaller than that against its
    maximum, e^{-2|κ|} at the antipode at t = 0, its logarithm has no digits.
    """

    kappa: float
    terms: int = attrs.field()

    @terms.default
    def _terms_needed(self) -> int:
        """Enough at every time: i_l(κ)/i_0(κ) falls like e^{-l²/2|κ|}."""
        return max(80, 10 + math.ceil(9 * math.sqrt(abs(self.kappa))))

    def __attrs_post_init__(self) -> None:
        """Raise ``ValueError`` where the Bessel functions leave double precision."""
        if not abs(self.kappa) <= _LARGEST:
            raise ValueError(f"κ = {self.kappa:g}; expected at most {_LARGEST:g} in size, as sinh κ is a finite number there")

    def series(self, cosine: torch.Tensor, time: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the density p_t over (4π)^{-2} and its derivative in u, for cosines of any shape.

        Raises ``ValueError`` where ``terms`` are too few for this κ and time.
        """
        return legendre_series(cosine, _weights(self.kappa, self.terms, time))

    def log_density(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        """Return ln p_t (batch,) for spins (batch, 2, 3)."""
        density, _ = self.series((spins[:, 0] * spins[:, 1]).sum(-1), time)
        return torch.log(density) - 2 * math.log(4 * math.pi)

    def score(self, spins: torch.Tensor, time: float) -> torch.Tensor:
        """Return ∇ ln p_t (batch, 2, 3), tangent: (p'/p)(u) (S₂ - u S₁) and its mirror image."""
        return project(spins, self.weight((spins[:, 0] * spins[:, 1]).sum(-1), time)[:, None, None] * spins.flip(-2))

    def weight(self, cosine: torch.Tensor, time: float) -> torch.Tensor:
        """Return (p'/p)(u), which is κ at t = 0: the W of a perfect network."""
        density, slope = self.series(cosine, time)
        return slope / density
