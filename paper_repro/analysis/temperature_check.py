"""Whether snapshots, runs and records are of the temperatures that they state, or of one, where they state none."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from paper_repro.analysis.scale_series import ScaleSeries
from paper_repro.numerics.arrays import Floats
from paper_repro.sampling.integrated_time import integrated_times
from paper_repro.sampling.snapshots import Snapshots

#: Fewest snapshots or runs whose scatter tests for one temperature; fewer runs are compared by their own errors.
_FEWEST = 8


def temperature_tests(data: Sequence[Snapshots], series: ScaleSeries, block: int, time: float) -> dict[str, float]:
    """Return the p value of each test that the data allow: of snapshots, of runs, and of records that state temperatures.

    ``block`` and ``time`` are the length of a block and the autocorrelation time of the fit, in snapshots.
    """
    tests = {"snapshots": excess(_in_blocks(series, block))}
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


def _in_blocks(series: ScaleSeries, block: int) -> Floats:
    """Return ``series.apart`` summed over blocks of each run, which are independent where snapshots are correlated."""
    runs = np.split(series.apart, np.cumsum(series.lengths)[:-1])
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
