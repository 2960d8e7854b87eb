"""Thermodynamic integration: ln Z from Monte Carlo mean energies (paper, S6 and Eq. 9).

    ln Z(β) = N ln 4π - ∫₀^β ⟨H⟩ dβ'

The mean energies come from Markov chains without exchange, so that chain to chain scatter is their honest error.
"""

import functools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np
from scipy.integrate import simpson, trapezoid
from scipy.interpolate import make_interp_spline

from paper_repro.files import NotFiniteError
from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import ExactChain, is_solvable
from paper_repro.physics.hamiltonian import SpinHamiltonian
from paper_repro.physics.truth import Exact, exact_solution
from paper_repro.sampling import tempered_exchange
from paper_repro.sampling.replica_exchange import independent_chains
from paper_repro.spec import ThermodynamicIntegration

#: Couplings of exchange (site, site), for which there is a compiled kernel, or any terms.
Law = Floats | SpinHamiltonian


@attrs.frozen(eq=False)
class ThermodynamicIntegral:
    """Mean energies along β, and the ln Z that they give.

    ``betas``, ``mean_energies`` and ``standard_errors`` are (point,), the errors from independent Markov chains.
    ``standard_error`` is that of ``ln_z`` from the noise of the points alone; ``quadrature_bias`` is what the rule gives on the
    exact mean energies, less the exact ln Z. What needs the exact solution is NaN where there is none.
    """

    betas: Floats
    mean_energies: Floats
    standard_errors: Floats
    ln_z: float
    standard_error: float
    exact_ln_z: float
    quadrature_bias: float

    @property
    def error(self) -> float:
        """Ln Z less its exact value: noise, quadrature bias, and incomplete equilibration of the chains."""
        return self.ln_z - self.exact_ln_z


def ln_z_at_zero(sites: int) -> float:
    """Return ln Z(0) = N ln 4π, the area of all the spheres."""
    return sites * math.log(4 * math.pi)


def inverse_temperatures(settings: ThermodynamicIntegration, beta: float) -> Floats:
    """Return the inverse temperatures (point,) from 0 to ``beta``: in equal steps, or as the squares of such."""
    if settings.grid == "uniform-beta":
        return np.linspace(0, beta, settings.points)
    return beta * np.linspace(0, 1, settings.points) ** 2


def weights(betas: Floats, rule: str = "simpson") -> Floats:
    """Return the weights (point,) of a quadrature rule, Simpson's or the trapezoidal: the integrals of the unit vectors."""
    quadrature = simpson if rule == "simpson" else trapezoid
    result: Floats = quadrature(np.eye(len(betas)), x=betas, axis=-1)
    return result


def _exact(law: Law, betas: Floats, rule: Floats) -> tuple[float, float]:
    """Return the exact ln Z at the last β, and the bias of the quadrature; NaN where there is no exact solution."""
    solved = _solution(law)
    if solved is None:
        return math.nan, math.nan
    energies = np.array([solved(float(beta)).mean_energy for beta in betas])
    ln_z = solved(float(betas[-1])).ln_z
    return ln_z, float(ln_z_at_zero(_sites(law)) - rule @ energies - ln_z)


def _solution(law: Law) -> Callable[[float], Exact] | None:
    """Return the exact solution of a law as a function of β, None where there is none."""
    if isinstance(law, SpinHamiltonian):
        return functools.partial(exact_solution, law) if is_solvable(law.terms) else None
    return functools.partial(ExactChain, law) if is_solvable(law) else None


def _sites(law: Law) -> int:
    return law.terms.sites if isinstance(law, SpinHamiltonian) else len(law)


def integrate(
    law: Law,
    temperature: float,
    settings: ThermodynamicIntegration,
    *,
    over_relaxation: float,
    seed: np.random.SeedSequence,
    progress: Callable[[int], None] | None = None,
    threads: int = 2,
) -> ThermodynamicIntegral:
    """Return ln Z of a law at ``temperature`` > 0, in units of energy / k_B.

    ``law`` is a matrix of couplings of exchange (site, site), or terms of any kind on their sites.

    At each of ``inverse_temperatures``, ``settings.chains`` independent Markov chains without exchange give ⟨H⟩ and its standard
    error; the quadrature rule integrates the one and its weights propagate the other.
    Each point has its own generator, keyed by ``seed`` and its number: threads do not change the result. ``progress`` is
    called with the number of points done. Raises ``ValueError`` for a temperature that is not positive and finite,
    ``NotFiniteError`` where a mean energy is not.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature = {temperature}; expected a finite temperature > 0")
    betas = inverse_temperatures(settings, 1 / temperature)
    by_chain = _mean_energies(law, betas, settings, over_relaxation, seed, progress, threads)
    means, errors = by_chain.mean(1), by_chain.std(1, ddof=1) / math.sqrt(settings.chains)
    rule = weights(betas, settings.rule)
    exact_ln_z, bias = _exact(law, betas, rule)
    return ThermodynamicIntegral(
        betas=betas,
        mean_energies=means,
        standard_errors=errors,
        ln_z=float(ln_z_at_zero(_sites(law)) - rule @ means),
        standard_error=float(np.sqrt(np.sum((rule * errors) ** 2))),
        exact_ln_z=exact_ln_z,
        quadrature_bias=bias,
    )


def _mean_energies(
    law: Law,
    betas: Floats,
    settings: ThermodynamicIntegration,
    over_relaxation: float,
    seed: np.random.SeedSequence,
    progress: Callable[[int], None] | None,
    threads: int,
) -> Floats:
    """Return the mean energy of each Markov chain at each inverse temperature (point, chain)."""

    def point(k: int) -> Floats:
        key = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, k))
        chains: Callable[..., Floats] = independent_chains
        if isinstance(law, SpinHamiltonian):
            chains = tempered_exchange.independent_chains
        return chains(
            law,
            float(betas[k]),
            chains=settings.chains,
            burn_in=settings.burn_in,
            sweeps=settings.sweeps,
            over_relaxation=over_relaxation,
            generator=np.random.default_rng(key),
        )

    energies: list[Floats] = []
    with ThreadPoolExecutor(threads) as executor:
        for means in executor.map(point, range(len(betas))):
            energies.append(means)
            if progress is not None:
                progress(len(energies))
    by_chain = np.array(energies)
    if not np.isfinite(by_chain).all():
        first = int(np.flatnonzero(~np.isfinite(by_chain).all(1))[0])
        raise NotFiniteError(f"thermodynamic integration at β = {betas[first]:g}, seed {seed.entropy}", "a mean energy")
    return by_chain


def integrate_to(beta: float, betas: Floats, mean_energies: Floats, standard_errors: Floats, sites: int) -> tuple[float, float]:
    """Return ln Z at an inverse temperature within the measured ``betas`` (point,), and its standard error.

    N ln 4π - ∫_0^β ⟨H⟩ dβ', by the cubic spline through the mean energies (the parabola through three): linear in them, so that
    their errors propagate. Raises ``ValueError`` for a ``beta`` beyond what was measured.
    """
    if not betas[0] <= beta <= betas[-1]:
        raise ValueError(f"beta = {beta:g}; expected it within the measured {betas[0]:g} to {betas[-1]:g}")
    rule = np.array(make_interp_spline(betas, np.eye(len(betas)), k=min(3, len(betas) - 1)).integrate(betas[0], beta))
    return float(ln_z_at_zero(sites) - rule @ mean_energies), float(np.sqrt(np.sum((rule * standard_errors) ** 2)))
