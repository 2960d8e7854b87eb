"""Whether runs are in equilibrium from their first snapshot on: their scale at the beginning against that of their second halves.

Three tests of the series s_n of ``scale_series``, of mean zero in equilibrium. Halves: the difference of the halves of each run, by
blocks that are longer than the correlation. Runs: where there are four or more, the difference of their first quarter and their
second half, whose scatter from run to run needs no correlation time. Start: where a run has 32 snapshots or more, a beginning that
is more than 19 standard deviations of single snapshots away from the second half, which needs no correlation time either: however
slow a stationary series is, it does that with a probability of less than 3e-4, as a random walk of 32 steps does. A relaxation from
a random start does it. It looks like one long correlation, and hides in the blocks.
"""

from collections.abc import Sequence

import attrs
import numpy as np
from scipy import stats

from paper_repro.analysis.scale_series import ScaleSeries
from paper_repro.numerics.arrays import Floats

_FEWEST_RUNS, _LONG, _FAR = 4, 32, 19.0
#: The probability of a beginning so far away in the slowest stationary series.
_FAR_P = 3e-4
#: Snapshots of a run from which it has a first quarter.
_QUARTERS = 8


@attrs.frozen
class Trend:
    """What speaks against equilibrium, in words, with its probability ``p`` in a stationary series."""

    p: float
    text: str


def trend(series: ScaleSeries, block: int, level: float) -> Trend | None:
    """Return the clearest trend of the runs at ``level`` over all tests; None where there is none. ``block`` is in snapshots."""
    runs = np.split(series.values, np.cumsum(series.lengths)[:-1])
    found = [test for test in (_start(runs), _between_halves(runs, block), _over_runs(runs)) if test is not None]
    clear = [test for test in found if test.p < level / len(found)]
    return min(clear, key=lambda test: test.p) if clear else None


def _between_halves(runs: Sequence[Floats], block: int) -> Trend | None:
    change, squares, blocks = 0.0, 0.0, 0
    for run in runs:
        parts = np.add.reduceat(run, np.arange(0, len(run), block))
        half = len(parts) // 2
        if half:
            kept = parts if len(parts) == 2 * half else np.delete(parts, half)
            change += kept[:half].sum() - kept[half:].sum()
            squares += float((kept**2).sum())
            blocks += len(kept)
    if blocks < 4 or squares == 0:
        return None
    z = change / np.sqrt(squares)
    text = f"their first halves are {_word(z)} than their second halves ({abs(z):.1f} standard deviations)"
    return Trend(float(2 * stats.t.sf(abs(z), blocks / 2)), text)


def _over_runs(runs: Sequence[Floats]) -> Trend | None:
    long = [run for run in runs if len(run) >= _QUARTERS]
    if len(long) < _FEWEST_RUNS:
        return None
    changes = np.array([run[: len(run) // 4].mean() - run[len(run) // 2 :].mean() for run in long])
    spread = float(changes.std(ddof=1))
    if spread == 0:
        return None
    z = float(changes.mean()) / spread * np.sqrt(len(changes))
    text = f"their first quarters are {_word(z)} than their second halves ({abs(z):.1f} standard errors over {len(long)} runs)"
    return Trend(float(2 * stats.t.sf(abs(z), len(changes) - 1)), text)


def _start(runs: Sequence[Floats]) -> Trend | None:
    """Look at the first snapshot, sixteenth and eighth of the long runs."""
    shortest = min((len(run) for run in runs if len(run) >= _LONG), default=0)
    if not shortest:
        return None
    long = [run for run in runs if len(run) >= _LONG]
    second = [run[len(run) // 2 :] for run in long]
    deviation = np.sqrt(np.mean([run.var(ddof=1) for run in second]) / len(long))
    if deviation == 0:
        return None
    parts = {"snapshots": 1, "sixteenths": shortest // 16, "eighths": shortest // 8}
    changes = {
        name: float(np.mean([run[:count].mean() - later.mean() for run, later in zip(long, second, strict=True)])) / deviation
        for name, count in parts.items()
    }
    name, z = max(changes.items(), key=lambda item: abs(item[1]))
    text = f"their first {name} are {abs(z):.0f} standard deviations of a snapshot {_word(z)} than their second halves"
    return Trend(_FAR_P if abs(z) > _FAR else 1.0, text)


def _word(z: float) -> str:
    return "hotter" if z > 0 else "colder"
