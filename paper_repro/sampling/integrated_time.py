"""Autocorrelation times of several observables of several Markov chains of one law, pooled about the mean of all."""

import numpy as np

from paper_repro.numerics.arrays import Floats


def integrated_times(traces: Floats, window: float = 5.0) -> Floats:
    """Return 1 + 2 Σ_k ρ_k (observable,) in steps, of ``traces`` (run, step, observable).

    The sum goes to the first lag of at least ``window`` times itself (Sokal); infinite where the traces are too short for that: 1
    where an observable is constant. The mean is that of all runs: what differs from run to run counts as slow.
    """
    steps = traces.shape[1]
    centred = traces - traces.mean((0, 1))
    spectrum = np.abs(np.fft.rfft(centred, 2 * steps, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, axis=1)[:, :steps].sum(0)
    covariance = covariance / (steps - np.arange(steps))[:, None]  # each lag over as many pairs as it has
    constant = covariance[0] <= 1e-24 * np.maximum(1.0, (traces**2).mean((0, 1)))
    rho = covariance / np.where(constant, 1.0, covariance[0])
    times = 2 * np.cumsum(rho, axis=0) - 1
    wide = np.arange(steps)[:, None] >= window * times
    found = np.take_along_axis(times, np.argmax(wide, axis=0)[None], axis=0)[0]
    return np.where(constant, 1.0, np.where(wide.any(0), np.maximum(found, 1.0), np.inf))
