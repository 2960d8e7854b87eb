"""The autocorrelation of an observable, pooled over the sequences of a data set, which come a few at a time."""

import attrs
import numpy as np
import numpy.typing as npt

from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.estimates import quotient, quotients
from paper_repro.numerics.resampling import multiplicities, standard_errors

#: How often each sequence is in each resample (resample, sequence): Poisson's law of mean 1, which never reaches 255.
Resamples = npt.NDArray[np.uint8]


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


def resamples_of(count: int, resamples: int, generator: np.random.Generator) -> Resamples:
    """Draw which sequences are in each resample of ``count`` sequences."""
    return np.array([multiplicities(generator.integers(count, size=count)) for _ in range(resamples)], dtype=np.uint8)


def _nothing() -> Floats:
    return np.zeros(0)


@attrs.define(eq=False)
class PooledAutocorrelation:
    """The sums of an ``Autocorrelation``, to which sequences are added in their order; memory does not grow with the traces.

    ``resampled`` (resample, lag) are the covariances of each resample, ``excess`` (sequence,) the means of the traces less μ_s.
    """

    resamples: Resamples
    total: Floats = attrs.field(factory=_nothing)
    resampled: Floats = attrs.field(factory=_nothing)
    excess: Floats = attrs.field(factory=_nothing)

    def add(self, traces: Floats, means: Floats) -> None:
        """Add traces (sequence, step) with their exact ``means`` (sequence,)."""
        steps = traces.shape[1]
        centred = traces - means[:, None]
        covariances = np.stack([(centred[:, : steps - k] * centred[:, k:]).mean(1) for k in range(steps)], axis=1)
        first = len(self.excess)
        of_each = np.array([drawn @ covariances for drawn in self.resamples[:, first : first + len(traces)]])
        self.total = covariances.sum(0) if first == 0 else self.total + covariances.sum(0)
        self.resampled = of_each if first == 0 else self.resampled + of_each
        self.excess = np.concatenate([self.excess, centred.mean(1)])

    @property
    def fluctuates(self) -> bool:
        """Whether the observable ever differs from its mean."""
        return bool(self.total.any())

    def result(self, step_sweeps: int) -> Autocorrelation:
        """Return the autocorrelation of all that was added, a step every ``step_sweeps``.

        Raises ``ValueError`` for fewer than two sequences or steps, and for an observable that never differs from its mean.
        """
        count, steps = len(self.excess), len(self.total)
        if count < 2 or steps < 2:
            raise ValueError(f"{count} traces of {steps} steps; expected two or more of each")
        if not self.fluctuates:
            raise ValueError("traces that never differ from their means; expected an observable that fluctuates")
        rho = self.total / self.total[0]
        integral = 2 * np.cumsum(rho) - 1  # 1 + 2 Σ_{k=1}^{w} ρ_k at w
        wide = np.arange(steps) >= 5 * integral
        window = int(np.argmax(wide)) if wide.any() else steps - 1
        errors = standard_errors(np.array([_of_resample(some, window) for some in self.resampled]))
        return Autocorrelation(
            lags=np.arange(steps, dtype=np.float64) * step_sweeps,
            values=rho,
            errors=errors[:-1],
            time=float(integral[window]) * step_sweeps,
            time_error=float(errors[-1]) * step_sweeps,
            window=float(window * step_sweeps),
            converged=bool(wide.any()),
            z=quotient(self.excess.sum(), np.sqrt((self.excess**2).sum())),
        )


def _of_resample(some: Floats, window: int) -> list[float]:
    """Return ρ (lag,) of the covariances of a resample, and its integral to the ``window``."""
    return [*quotients(some, some[0]), 2 * quotient(some[: window + 1].sum(), some[0]) - 1]


def autocorrelation(
    traces: Floats, means: Floats, step_sweeps: int, resamples: int, generator: np.random.Generator
) -> Autocorrelation:
    """Return the pooled autocorrelation of traces (sequence, step) about their exact ``means`` (sequence,).

    Raises ``ValueError`` for fewer than two sequences or steps, and for an observable that never differs from its mean.
    """
    pooled = PooledAutocorrelation(resamples_of(len(traces), resamples, generator))
    pooled.add(traces, means)
    return pooled.result(step_sweeps)
