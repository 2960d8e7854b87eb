"""The ladder has exact ends and one ratio, or one difference, between neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_repro.sampling.ladder import temperatures
from paper_repro.spec import Ladder


def is_spaced(coldest, ladder, values):
    """Smallest error seen: 1e-12 in a ratio or a difference, any rounding of an end."""
    steps = values[1:] / values[:-1] if ladder.spacing == "geometric" else np.diff(values) / (values[-1] - values[0])
    exact_ends = values[0] == coldest and values[-1] == ladder.hottest
    return exact_ends and len(values) == ladder.replicas and np.allclose(steps, steps[0], rtol=1e-12, atol=1e-12)


@given(st.floats(1e-3, 10), st.floats(1.01, 1e4), st.integers(2, 97), st.sampled_from(["geometric", "linear"]))
def test_a_ladder_is_spaced_as_it_says_with_exact_ends(coldest, ratio, replicas, spacing):
    ladder = Ladder(hottest=coldest * ratio, replicas=replicas, spacing=spacing)
    assert is_spaced(coldest, ladder, temperatures(coldest, ladder))


OTHER = {"geometric": "linear", "linear": "geometric"}


@pytest.mark.parametrize("spacing", OTHER)
def test_other_ladders_are_rejected(spacing):
    ladder = Ladder(hottest=5.0, replicas=40, spacing=spacing)
    values = temperatures(0.05, ladder)
    other = temperatures(0.05, Ladder(hottest=5.0, replicas=40, spacing=OTHER[spacing]))
    for wrong in (values[::-1], values * (1 + 1e-15), other):
        assert not is_spaced(0.05, ladder, wrong)
