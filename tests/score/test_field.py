"""The force at several small times, extrapolated to t = 0."""

import attrs
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.physics.sphere import normalise, project
from paper_repro.score.field import NetworkForce, extrapolation

TIMES = st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=4, unique_by=lambda time: round(time, 2))


@attrs.frozen
class Polynomial:
    """In place of a network: W is a polynomial in t times the cosines, and a rest of order t³."""

    terms: tuple[float, ...]

    def parameters(self):
        yield torch.zeros(1, dtype=torch.float64)

    def interaction(self, codes, spins, time, mask):
        size = sum(term * time**power for power, term in enumerate(self.terms))
        return size[:, None, None] * (spins @ spins.mT)

    def __call__(self, codes, spins, time, mask):
        return project(spins, self.interaction(codes, spins, time, mask) @ spins)


@given(times=TIMES, seed=st.integers(0, 99))
def test_a_polynomial_with_as_many_terms_as_times_is_led_to_0_exactly(times, seed):
    terms = np.random.default_rng(seed).standard_normal(len(times) + 1)
    values = [sum(term * time**power for power, term in enumerate(terms[:-1])) for time in times]
    weights = extrapolation(times)
    tolerance = 1e-12 * float(np.abs(weights).sum()) * len(times)
    assert weights @ values == pytest.approx(terms[0], abs=10 * tolerance)
    assert weights.sum() == pytest.approx(1, abs=tolerance)
    one_more = [value + time ** len(times) for value, time in zip(values, times, strict=True)]
    assert abs(weights @ one_more - terms[0]) == pytest.approx(np.prod(times), rel=1e-6, abs=10 * tolerance)


def test_two_times_by_hand():
    assert extrapolation([0.002, 0.01]).tolist() == pytest.approx([1.25, -0.25])
    assert extrapolation([0.3]).tolist() == [1.0]


def test_force_and_interaction_are_those_at_time_0():
    """A shrinkage of 1 - 9t, as that of a smoothed density: one time keeps a part of it, two take it away."""
    model, codes = Polynomial((20.0, -180.0)), np.zeros(6, dtype=int)
    spins = normalise(np.random.default_rng(0).standard_normal((3, 6, 3)))
    wanted = 20 * spins @ spins.swapaxes(-1, -2)
    two, one = NetworkForce(model, (0.002, 0.01)), NetworkForce(model, (0.002,))
    assert np.allclose(two.interaction(codes, spins), wanted, rtol=1e-12)
    assert np.allclose(two(codes, spins), project(spins, wanted @ spins), rtol=1e-9, atol=1e-12)
    assert np.allclose(one.interaction(codes, spins), (1 - 9 * 0.002) * wanted, rtol=1e-12)
