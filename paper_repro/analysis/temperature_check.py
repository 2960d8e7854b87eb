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

from paper_repro.analysis.scale_series import ScaleSeries
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.sampling.integrated_time import integrated_times
from paper_repro.sampling.snapshots import Snapshots

#: Fewest runs whose scatter tests for one temperature; fewer are compared by their own errors.
_FEWEST = 8
#: Fewest independent blocks of snapshots whose scatter does.
_FEWEST_BLOCKS = 16


def temperature_tests(data: Sequence[Snapshots], series: ScaleSeries, block: int, time: float) -> dict[str, float]:
    """Return the p value of each test that the data allow: of snapshots, of runs, and of records that state temperatures.

    ``block`` and ``time`` are the length of a block and the autocorrelation time of the fit, in snapshots.
    """
    tests = {"snapshots": _between_snapshots(series, np.array([len(part) for part in data]), block, time)}
    if len(series.lengths) > 1 and series.lengths.max() > 1:
        tests["runs"] = excess(series.apart_of_runs) if len(series.lengths) >= _FEWEST else _between_few(series)
    if len({part.scale for part in data}) > 1:
        tests["records"] = _between_records(data, series, time)
    return tests


def _between_records(data: Sequence[Snapshots], series: ScaleSeries, time: float) -> float:
    """Return the probability of means of records as far from 0 as theirs, by the χ² law; 1 where a record has few snapshots."""
    square, records = 0.0, np.split(series.values, np.cumsum([len(part) for part in data])[:-1])
    for values in records:
        if len(values) < _FEWEST * time:
            return 1.0
        square += float(values.mean() ** 2 * len(values) / (time * max(values.var(ddof=1), 1e-300)))
    return float(stats.chi2.sf(square, len(records) - 1))


def _between_snapshots(series: ScaleSeries, records: Integers, block: int, time: float) -> float:
    """Return the probability of a ratio R as large as that of the snapshots, which are of ``records`` (record,) snapshots each."""
    size = np.repeat(records, records)
    if 2 * np.count_nonzero(size > 1) < len(size):
        return _scatter(-series.values, series.values, series.values**2 - series.apart, series.lengths, block, time)
    means = np.add.reduceat(series.exponents, np.cumsum(records) - records) / records
    centred = (series.exponents - np.repeat(means, records)) * np.where(size > 1, size / np.maximum(size - 1, 1), 0.0)
    return _scatter(centred, series.values, np.where(size > 1, series.forces, 0.0), series.lengths, block, time)


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
    if count < _FEWEST_BLOCKS:
        return 1.0
    correlation = found**2 / max(float(centred @ centred * (scale @ scale)), 1e-300)
    variance = max(float(changes @ changes) * count / (count - 1), (1 + 1 / correlation) * time / len(products))
    z = (np.cbrt(found / total) - 1 + variance / 9) * 3 / np.sqrt(variance)
    return float(stats.t.sf(z, count / 2))


def _in_blocks(values: Floats, lengths: Integers, block: int) -> Floats:
    """Return values (snapshot,) summed over blocks of each run, which are independent where snapshots are correlated."""
    runs = np.split(values, np.cumsum(lengths)[:-1])
    return np.concatenate([np.add.reduceat(run, np.arange(0, len(run), block)) for run in runs])


def excess(products: Floats) -> float:
    """Return the probability of a mean of ``products`` (unit,) as large as this where its expectation is 0; 1 for few units.

    By Student's t about their mean: products are skewed to the right, whose t has fewer large values than Student's law.
    """
    count = len(products)
    if count < _FEWEST:
        return 1.0
    spread = float(products.std(ddof=1))
    return float(stats.t.sf(products.mean() / spread * np.sqrt(count), count - 1)) if spread > 0 else 1.0


def _between_few(series: ScaleSeries) -> float:
    """Return the probability of means of a few runs as different as theirs, by the F law; 1 where a run is too short for its error.

    The error of each is from its scatter about its own mean and its own autocorrelation time.
    """
    between, degrees, count = 0.0, 0.0, len(series.lengths)
    common = float(series.values.mean())
    for run in np.split(series.values, np.cumsum(series.lengths)[:-1]):
        time = float(integrated_times(run[None, :, None])[0]) if len(run) >= _FEWEST else np.inf
        if not len(run) / time > 2:
            return 1.0
        between += (run.mean() - common) ** 2 * len(run) / (time * max(run.var(ddof=1), 1e-300))
        degrees += len(run) / time - 1
    return float(stats.f.sf(between / (count - 1), count - 1, degrees / count))
