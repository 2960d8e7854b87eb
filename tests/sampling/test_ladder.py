"""The ladder is geometric, coldest first, with exact ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.sampling.ladder import temperatures
from paper_repro.spec import Ladder


def is_geometric(ladder, values):
    """Smallest error seen: 1e-12 in a ratio, any rounding of an end."""
    ratios = values[1:] / values[:-1]
    exact_ends = values[0] == ladder.coldest and values[-1] == ladder.hottest
    return exact_ends and len(values) == ladder.replicas and np.allclose(ratios, ratios[0], rtol=1e-12, atol=0)


@given(st.floats(1e-3, 10), st.floats(1.01, 1e4), st.integers(2, 97))
def test_ladder_is_geometric_with_exact_ends(coldest, ratio, replicas):
    ladder = Ladder(coldest=coldest, hottest=coldest * ratio, replicas=replicas, spacing="geometric")
    assert is_geometric(ladder, temperatures(ladder))


@pytest.mark.parametrize("broken", [lambda t: t[::-1], lambda t: t * (1 + 1e-15), lambda t: np.linspace(t[0], t[-1], len(t))])
def test_other_ladders_are_rejected(broken):
    ladder = Ladder(coldest=0.05, hottest=5.0, replicas=40, spacing="geometric")
    assert not is_geometric(ladder, broken(temperatures(ladder)))
