"""The pooled autocorrelation: against processes of which it is known."""

import numpy as np
import pytest

from paper_repro.sampling.autocorrelation import autocorrelation


def autoregressive(count, steps, persistence, generator):
    """Traces x_{t+1} = a x_t + √(1-a²) ξ about means of their own: ρ_k = a^k, τ = (1 + a)/(1 - a)."""
    noise = generator.standard_normal((count, steps))
    traces = np.empty_like(noise)
    traces[:, 0] = noise[:, 0]
    for t in range(1, steps):
        traces[:, t] = persistence * traces[:, t - 1] + np.sqrt(1 - persistence**2) * noise[:, t]
    means = generator.standard_normal(count)
    return traces + means[:, None], means


@pytest.mark.parametrize("persistence", [0.0, 0.5, 0.8])
def test_short_traces_together_give_the_time_of_the_process(persistence):
    """3,000 traces of 41 steps. False alarm: 5.5 σ, 4e-8. Smallest error seen: 30 % in the time."""
    generator = np.random.default_rng(0)
    traces, means = autoregressive(3000, 41, persistence, generator)
    found = autocorrelation(traces, means, 10, 100, generator)
    time = 10 * (1 + persistence) / (1 - persistence)
    truncation = 20 * persistence ** (found.window / 10 + 1) / (1 - persistence)  # what lies beyond the window
    assert abs(found.time - time) < 5.5 * found.time_error + truncation
    assert abs(found.time - 1.3 * time) > 5.5 * found.time_error + truncation
    np.testing.assert_allclose(found.values[:4], persistence ** np.arange(4), atol=5.5 * found.errors[1:5].max())
    np.testing.assert_array_equal(found.lags, 10.0 * np.arange(41))
    assert abs(found.z) < 5.5
    # the errors are those of the estimate: another 20 draws scatter as they say, within a factor of 2
    times = [autocorrelation(*autoregressive(3000, 41, persistence, generator), 10, 2, generator).time for _ in range(20)]
    assert 0.5 < np.std(times) / found.time_error < 2


@pytest.mark.faults("too little")
def test_a_trace_too_short_for_its_time_says_so():
    generator = np.random.default_rng(4)
    assert autocorrelation(*autoregressive(200, 41, 0.5, generator), 10, 2, generator).converged
    assert not autocorrelation(*autoregressive(200, 41, 0.9, generator), 10, 2, generator).converged


def test_a_wrong_mean_shows_in_the_time_and_in_z():
    generator = np.random.default_rng(1)
    traces, means = autoregressive(500, 41, 0.5, generator)
    right = autocorrelation(traces, means, 1, 50, generator)
    wrong = autocorrelation(traces, means + 0.5, 1, 50, generator)
    assert wrong.time > 1.5 * right.time
    assert abs(wrong.z) > 10


@pytest.mark.faults("too little")
@pytest.mark.parametrize("shape", [(1, 9), (9, 1)])
def test_too_few_traces_are_refused(shape):
    with pytest.raises(ValueError, match="two or more"):
        autocorrelation(np.zeros(shape), np.zeros(shape[0]), 1, 5, np.random.default_rng(0))


def test_traces_without_fluctuations_are_refused():
    with pytest.raises(ValueError, match="never differ from their means; expected an observable that fluctuates"):
        autocorrelation(np.ones((3, 9)), np.ones(3), 1, 5, np.random.default_rng(0))
