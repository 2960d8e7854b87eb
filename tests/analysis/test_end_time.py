"""What a finite end time costs: the flow, the integral and the leading order agree where each is right."""

import math

import attrs
import numpy as np
import pytest

from paper_repro.analysis.end_time import end_time_costs, leading_cost, two_spin_cost
from paper_repro.physics import chain
from paper_repro.physics.exact import ExactChain

KAPPA = 6.0


@pytest.fixture(scope="module")
def settings(paper):
    return attrs.evolve(paper.record.likelihood, start_time=1e-3, steps=60)


@pytest.fixture(scope="module")
def law(paper):
    codes = chain.encode("ABBAB", "AB")
    return ExactChain(chain.coupling_matrix(codes, paper.record.hamiltonian), 20.0)


def test_the_cost_of_two_spins_is_that_of_its_closed_form_at_long_times():
    """f = 1 + 3 L(κ) e^{-2T} u + …, L = coth κ - 1/κ: ⟨ln f⟩ → 3/2 L² e^{-4T}."""
    langevin = 1 / math.tanh(KAPPA) - 1 / KAPPA
    for end, tolerance in ((1.5, 1e-2), (3.0, 1e-4)):
        closed = 1.5 * langevin**2 * math.exp(-4 * end)
        assert two_spin_cost(KAPPA, end) == pytest.approx(closed, rel=tolerance)
        pair = np.array([[1.0, langevin], [langevin, 1.0]])
        assert leading_cost(pair, end) == pytest.approx(closed, rel=1e-12)
    assert two_spin_cost(KAPPA, 0.5) > 5 * two_spin_cost(KAPPA, 1.0)


def test_leading_order_counts_each_pair_once(law):
    correlations = law.correlations()
    pairs = sum(correlations[i, j] ** 2 for i in range(5) for j in range(i))
    assert leading_cost(correlations, 0.7) == pytest.approx(1.5 * math.exp(-2.8) * pairs, rel=1e-12)


def test_the_flow_measures_the_exact_cost(settings, law):
    """400 pairs. False alarm: 5.5 σ, 4e-8; a cost of zero, or of twice the size, is seen at an end time of 0.5."""
    costs = end_time_costs(settings, KAPPA, law, (0.5, 1.0), 400, np.random.default_rng(0), threads=2)
    for cost in costs:
        assert abs(cost.measured - cost.exact) < 5.5 * cost.measured_error
        assert cost.flow_error < 1e-4
        assert cost.leading_of_chain == leading_cost(law.correlations(), cost.end_time)
    early = costs[0]
    assert early.measured > 5.5 * early.measured_error
    assert abs(early.measured - 2 * early.exact) > 5.5 * early.measured_error
    assert [cost.end_time for cost in costs] == [0.5, 1.0]
    coarse = end_time_costs(attrs.evolve(settings, steps=6), KAPPA, law, (0.5,), 20, np.random.default_rng(0))
    assert coarse[0].flow_error > 1e-3  # the solver's part is seen
