"""The plateau: the partition function from the log-likelihood of a model (paper, Eq. 3 and S6).

If the model's density is ∝ e^{-αβH} then αβE(x) + ln p(x) = -ln Z(αβ) for every configuration x. α is the slope of -ln p
against βE within the low-energy set, β_eff = αβ.
"""

from collections.abc import Callable

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotient, standard_error
from paper_repro.numerics.resampling import bootstrap, standard_errors


@attrs.frozen(eq=False)
class Plateau:
    """α and the plateau, with one standard error each from resampling configurations.

    ``ln_z`` is minus the mean of αβE + ln p over the low-energy set; ``exact_ln_z`` is ln Z(β_eff), uncertain by α; ``gap`` is
    their difference, of smaller error, since both follow α.
    ``high_energy`` is how far the other configurations lie above the plateau on average (NaN where there are none).
    ``residual`` is the standard deviation of αβE + ln p over the low-energy set: how flat the plateau is.
    """

    alpha: float
    alpha_error: float
    beta_effective: float
    ln_z: float
    ln_z_error: float
    exact_ln_z: float
    exact_ln_z_error: float
    gap: float
    gap_error: float
    residual: float
    low_energy_count: int
    high_energy: float
    high_energy_error: float


def _slope(x: Floats, y: Floats) -> float:
    centred = x - x.mean()
    return quotient(centred @ y, centred @ centred)


def calibrate(
    energies: Floats,
    log_likelihoods: Floats,
    beta: float,
    threshold: float,
    exact_ln_z: Callable[[float], float],
    resamples: int,
    seed: np.random.SeedSequence,
) -> Plateau:
    """Fit α on the configurations (configuration,) with energy up to ``threshold`` and compare the plateau with ln Z(αβ).

    ``exact_ln_z`` maps an inverse temperature to ln Z. Raises ``ValueError`` for fewer than five low-energy configurations,
    numbers that are not finite, or a slope α that is not positive.
    """
    low = _low_energy_set(energies, log_likelihoods, threshold)
    x, y = beta * energies[low], log_likelihoods[low]
    alpha = _slope(x, -y)
    if alpha <= 0:
        raise ValueError(f"the slope of -ln p against βE is {alpha:.3g}; expected a positive α")
    invariant = alpha * beta * energies + log_likelihoods
    ln_z, exact = -float(invariant[low].mean()), exact_ln_z(alpha * beta)
    step = 1e-4 * alpha
    slope = (exact_ln_z((alpha + step) * beta) - exact_ln_z((alpha - step) * beta)) / (2 * step)  # of the exact one, in α

    def refitted(drawn: Integers) -> list[float]:
        some_alpha = _slope(x[drawn], -y[drawn])
        some_ln_z = -float((some_alpha * x[drawn] + y[drawn]).mean())
        return [some_alpha, some_ln_z, some_ln_z - exact - slope * (some_alpha - alpha)]

    errors = [float(e) for e in standard_errors(bootstrap(refitted, len(x), resamples, np.random.default_rng(seed)))]
    above = invariant[~low] + ln_z
    return Plateau(
        alpha, errors[0], alpha * beta, ln_z, errors[1], exact, abs(slope) * errors[0], ln_z - exact, errors[2],
        residual=float(invariant[low].std(ddof=2)),
        low_energy_count=int(np.count_nonzero(low)),
        high_energy=float(above.mean()) if len(above) else float("nan"),
        high_energy_error=standard_error(above),
    )  # fmt: skip


def _low_energy_set(energies: Floats, log_likelihoods: Floats, threshold: float) -> npt.NDArray[np.bool_]:
    """Return which configurations are in the low-energy set; raises ``ValueError`` where a slope cannot be fitted to it."""
    if not (np.isfinite(energies).all() and np.isfinite(log_likelihoods).all()):
        raise ValueError("an energy or log-likelihood is not finite; expected finite numbers")
    low: npt.NDArray[np.bool_] = energies <= threshold
    if np.count_nonzero(low) < 5:
        raise ValueError(f"{np.count_nonzero(low)} configurations in the low-energy set; expected at least 5")
    if np.ptp(energies[low]) == 0:
        raise ValueError("all configurations have one energy; expected energies that differ")
    return low


def flat_until(energies: Floats, deviations: Floats, scatter: float, together: int = 32) -> float:
    """Return the energy up to which the plateau is flat, by runs of ``together`` configurations in the order of their energy.

    ``deviations`` (configuration,) are αβE + ln p less the plateau's value. Flat is a run whose mean deviates by at most
    ``scatter``, the standard deviation within the low-energy set; the result is the largest energy of the last run before the
    first that is not flat, NaN where the first is not.
    """
    order = np.argsort(energies, kind="stable")
    reached = float("nan")
    for start in range(0, len(order) - together + 1, together):
        run = order[start : start + together]
        if abs(deviations[run].mean()) > scatter:
            break
        reached = float(energies[run].max())
    return reached
