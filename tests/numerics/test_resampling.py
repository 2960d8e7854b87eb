"""The bootstrap: known errors come out, and the draws are those of the generator in their order."""

import numpy as np
import pytest

from paper_repro.numerics.resampling import bootstrap, multiplicities, standard_errors


def test_the_error_of_a_mean_is_known():
    """σ/√n of the sample itself; 4,000 resamples give it to 1.1 %, so that 5 % is exceeded once in 10^5."""
    values = np.random.default_rng(0).standard_normal(50)
    errors = standard_errors(bootstrap(lambda drawn: [values[drawn].mean(), 2.0], 50, 4000, np.random.default_rng(1)))
    assert errors[0] == pytest.approx(values.std() / np.sqrt(50), rel=0.05)
    assert errors[1] == 0


def test_two_sets_are_drawn_independently():
    """The error of a difference of means is the root of the sum of squares, which one set of indices for both would not give."""
    values = np.random.default_rng(0).standard_normal(50)
    draws = bootstrap(lambda one, other: values[one].mean() - values[other].mean(), (50, 50), 4000, np.random.default_rng(1))
    assert standard_errors(draws) == pytest.approx(np.sqrt(2 / 50) * values.std(), rel=0.05)
    assert np.ptp(bootstrap(lambda one: values[one].mean() - values[one].mean(), 50, 10, np.random.default_rng(1))) == 0


def test_draws_are_those_of_the_generator():
    generator = np.random.default_rng(3)
    expected = [[generator.integers(7, size=7), generator.integers(3, size=3)] for _ in range(4)]
    found = []
    bootstrap(lambda *drawn: found.append(drawn) or 0.0, (7, 3), 4, np.random.default_rng(3))
    for one, other in zip(expected, found, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert multiplicities(np.array([2, 2, 0, 2])).tolist() == [1, 0, 3, 0]
