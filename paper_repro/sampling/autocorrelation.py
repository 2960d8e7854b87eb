"""The autocorrelation of an observable, pooled over the sequences of a data set."""

import attrs
import numpy as np

from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.numerics.estimates import quotient, quotients
from paper_repro.numerics.resampling import bootstrap, multiplicities, standard_errors


@attrs.frozen(eq=False)
class Autocorrelation:
    """The normalised autocorrelation of an observable, pooled over sequences, and its integral; errors resample sequences.

    ρ_k = Σ_s ⟨(x_t - μ_s)(x_{t+k} - μ_s)⟩ / Σ_s ⟨(x_t - μ_s)²⟩ at ``lags`` (lag,) in sweeps, with the exact means μ_s: a mean
    taken from a short trace would hide what is slower than the trace. ``time`` = step (1 + 2 Σ_{k≤w} ρ_k) in sweeps, summed to
    ``window`` = step w, the first w of at least five of these times (Sokal); where the trace is too short for that, to its end,
    and ``converged`` is False: the time is then too small. It is about one step where nothing is left after one. ``z`` = Σ_s d_s
    / √(Σ_s d_s²), d_s = mean of the trace - μ_s, is standard normal where the sampling is right.
    """

    lags: Floats
    values: Floats
    errors: Floats
    time: float
    time_error: float
    window: float
    converged: bool
    z: float


def autocorrelation(
    traces: Floats, means: Floats, step_sweeps: int, resamples: int, generator: np.random.Generator
) -> Autocorrelation:
    """Return the pooled autocorrelation of traces (sequence, step) about their exact ``means`` (sequence,).

    Raises ``ValueError`` for fewer than two sequences or steps, and for an observable that never differs from its mean.
    """
    count, steps = traces.shape
    if count < 2 or steps < 2:
        raise ValueError(f"{count} traces of {steps} steps; expected two or more of each")
    centred = traces - means[:, None]
    if not centred.any():
        raise ValueError("traces that never differ from their means; expected an observable that fluctuates")
    covariances = np.stack([(centred[:, : steps - k] * centred[:, k:]).mean(1) for k in range(steps)], axis=1)
    total = covariances.sum(0)
    rho = total / total[0]
    integral = 2 * np.cumsum(rho) - 1  # 1 + 2 Σ_{k=1}^{w} ρ_k at w
    wide = np.arange(steps) >= 5 * integral
    window = int(np.argmax(wide)) if wide.any() else steps - 1

    def pooled(drawn: Integers) -> list[float]:
        some = multiplicities(drawn) @ covariances
        return [*quotients(some, some[0]), 2 * quotient(some[: window + 1].sum(), some[0]) - 1]

    errors = standard_errors(bootstrap(pooled, count, resamples, generator))
    excess = centred.mean(1)
    return Autocorrelation(
        lags=np.arange(steps, dtype=np.float64) * step_sweeps,
        values=rho,
        errors=errors[:-1],
        time=float(integral[window]) * step_sweeps,
        time_error=float(errors[-1]) * step_sweeps,
        window=float(window * step_sweeps),
        converged=bool(wide.any()),
        z=quotient(excess.sum(), np.sqrt((excess**2).sum())),
    )
