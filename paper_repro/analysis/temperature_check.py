"""Whether snapshots, runs and records are of the temperatures that they state, or of one, where they state none.

Snapshots: with U = Σ_k θ_k φ_k = -βH, its mean Ū over a record, and s_n the scale of ``scale_series``, the ratio

    R = E[-(U - Ū) s] / E[|∇U|²]

is 1 in equilibrium at one temperature, whatever the law, by Stein's identity E[∇U·∇f + Δf] = 0 with f = (U - Ū)²/2; no heat
capacity has to be known. Where β scatters about its mean by the fraction δ, R = 1 + δ² C, with the heat capacity C = Var U of the
system in k_B. The strongest test of the energies alone is that of their variance, R with C known, which needs chains of the
fitted law; s follows U with a correlation r of 0.7 to 0.95 in libraries of a few terms, and R has a standard deviation of
√((1 + 1/r²)/n) instead of √(2/n). Where each record is a snapshot, which has no mean, -s takes the place of U - Ū, and Σ q_i q_j
over sites that a term joins that of |∇U|².
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from paper_repro.analysis.coupling_fit import RunCorrelation
from paper_repro.analysis.scale_series import ScaleSeries
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.sampling.integrated_time import integrated_times
from paper_repro.sampling.snapshots import Snapshots

#: Fewest independent units whose scatter tests for one temperature.
_FEWEST = 16
#: Snapshots of a record, in autocorrelation times, from which its mean has a known error.
_OF_A_RECORD = 8
#: Least length of correlated runs whose means are compared: in snapshots, and in autocorrelation times.
_SHORTEST, _TIMES = 100, 20
#: Least length of runs, and number of snapshots, that show by themselves that successive ones are independent.
_LONG, _MANY = 30, 100


def temperature_tests(data: Sequence[Snapshots], series: ScaleSeries, correlation: RunCorrelation) -> dict[str, float]:
    """Return the p value of each test that the data allow: of snapshots, of runs, and of records that state temperatures."""
    tests = {"snapshots": _between_snapshots(series, np.array([len(part) for part in data]), correlation)}
    if len(series.lengths) > 1 and series.lengths.max() > 1:
        tests["runs"] = _between_runs(series, correlated=correlation.correlated and not _independent(series))
    if len({part.scale for part in data}) > 1:
        tests["records"] = _between_records(data, series, correlation.time)
    return tests


def _between_records(data: Sequence[Snapshots], series: ScaleSeries, time: float) -> float:
    """Return the probability of means of records as far from 0 as theirs, by the χ² law; 1 where a record has few snapshots."""
    square, records = 0.0, np.split(series.values, np.cumsum([len(part) for part in data])[:-1])
    for values in records:
        if len(values) < _OF_A_RECORD * time:
            return 1.0
        square += float(values.mean() ** 2 * len(values) / (time * max(values.var(ddof=1), 1e-300)))
    return float(stats.chi2.sf(square, len(records) - 1))


def _between_snapshots(series: ScaleSeries, records: Integers, correlation: RunCorrelation) -> float:
    """Return the probability of a ratio R as large as that of the snapshots, which are of ``records`` (record,) snapshots each."""
    size = np.repeat(records, records)
    if 2 * np.count_nonzero(size > 1) < len(size):
        own = series.values**2 - series.apart
        return _scatter(-series.values, series.values, own, series.lengths, correlation.block, correlation.time)
    means = np.add.reduceat(series.exponents, np.cumsum(records) - records) / records
    centred = (series.exponents - np.repeat(means, records)) * np.where(size > 1, size / np.maximum(size - 1, 1), 0.0)
    expected = np.where(size > 1, series.forces, 0.0)
    return _scatter(centred, series.values, expected, series.lengths, correlation.block, correlation.time)


def _scatter(centred: Floats, scale: Floats, expected: Floats, lengths: Integers, block: int, time: float) -> float:
    """Return the probability of a ratio R = Σ -xs / Σ e as large as this where it is 1; x, s, e (snapshot,).

    R^⅓ is nearly normal, as that of χ² is (Wilson and Hilferty, PNAS 17, 684 (1931)). Its variance is that of the blocks, or of
    normal x and s where that is larger: a few products underestimate it, since the largest are rare. Student's law of half as many
    degrees of freedom as there are blocks allows for the rest.
    """
    products = -centred * scale
    found, total = float(products.sum()), float(expected.sum())
    if found <= 0 or total <= 0:
        return 1.0
    changes = _in_blocks(products / found - expected / total, lengths, block)
    count = len(changes)
    if count < _FEWEST:
        return 1.0
    correlation = found**2 / max(float(centred @ centred * (scale @ scale)), 1e-300)
    variance = max(float(changes @ changes) * count / (count - 1), (1 + 1 / correlation) * time / len(products))
    z = (np.cbrt(found / total) - 1 + variance / 9) * 3 / np.sqrt(variance)
    return float(stats.t.sf(z, count / 2))


def _in_blocks(values: Floats, lengths: Integers, block: int) -> Floats:
    """Return values (snapshot,) summed over blocks of each run, which are independent where snapshots are correlated."""
    runs = np.split(values, np.cumsum(lengths)[:-1])
    return np.concatenate([np.add.reduceat(run, np.arange(0, len(run), block)) for run in runs])


def _independent(series: ScaleSeries) -> bool:
    """Return whether U of successive snapshots is uncorrelated about the means of the runs, whose temperatures may differ."""
    if series.lengths.min() < _LONG or series.lengths.sum() < _MANY:
        return False
    own = [run - run.mean() for run in np.split(series.exponents, np.cumsum(series.lengths)[:-1])]
    products = np.concatenate([run[:-1] * run[1:] + run.var() / len(run) for run in own])  # the mean of a run takes that away
    return bool(products.sum() < 2 * np.sqrt(products @ products))


def _between_runs(series: ScaleSeries, *, correlated: bool) -> float:
    """Return the probability of runs as different as these: of the ratio R of many, of the means s of a few by the F law.

    Along correlated runs the means have errors from the autocorrelation time, which is that about the means of the runs, made
    larger for the part that those take away, and has as few degrees of freedom as there are windows of its sum.
    """
    runs, lengths = np.split(series.values, np.cumsum(series.lengths)[:-1]), series.lengths
    snapshots, shortest = int(lengths.sum()), int(lengths.min())
    if not correlated and len(runs) >= _FEWEST:
        sums = np.array([run.sum() for run in runs])
        return _scatter(-sums, sums, sums**2 - series.apart_of_runs, np.ones(len(runs), dtype=np.int64), 1, 1.0)
    time, degrees = 1.0, float(snapshots - len(runs))
    if correlated:
        time = float(integrated_times(np.stack([run[:shortest] - run[:shortest].mean() for run in runs])[:, :, None])[0])
        if shortest < max(_SHORTEST, _TIMES * time):
            return 1.0
        window = 10 * time + 1
        time, degrees = time / (1 - window / shortest), snapshots / window
    within = sum(float(((run - run.mean()) ** 2).sum()) for run in runs) / (snapshots - len(runs) * time)
    between = sum(len(run) * float(run.mean() - series.values.mean()) ** 2 for run in runs) / (time * (len(runs) - 1))
    if within <= 1e-12 * float(series.values @ series.values) / snapshots:  # each run is copies of a snapshot
        return 1.0
    return float(stats.f.sf(between / within, len(runs) - 1, degrees))
