"""What a finite end time costs: the flow, the integral, Monte Carlo and the Gaussian formula agree where each is right."""

import math

import attrs
import numpy as np
import pytest
import torch

from paper_repro.analysis import likelihood
from paper_repro.analysis.end_time import chain_cost, end_time_costs, gaussian_cost, two_spin_cost
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.physics.species import as_species
from paper_repro.physics.two_spin import TwoSpinDiffusion

KAPPA = 6.0


@pytest.fixture(scope="module")
def settings(paper):
    return attrs.evolve(paper.record.likelihood, start_time=1e-3, steps=60)


@pytest.fixture(scope="module")
def law(paper):
    codes = as_species("ABBAB", "AB")
    return ExactChain(coupling_matrix(codes, paper.record.hamiltonian), 20.0)


def pair_of(kappa: float) -> ExactChain:
    return ExactChain(np.array([[0.0, kappa], [kappa, 0.0]]), 1.0)


def test_the_cost_of_two_spins_is_that_of_its_closed_form_at_long_times():
    """f = 1 + 3 L(κ) e^{-2T} u + …, L = coth κ - 1/κ: ⟨ln f⟩ → 3/2 L² e^{-4T}, and so does -3/2 ln(1 - L² e^{-4T})."""
    langevin = 1 / math.tanh(KAPPA) - 1 / KAPPA
    for end, tolerance in ((1.5, 1e-2), (3.0, 1e-4)):
        closed = 1.5 * langevin**2 * math.exp(-4 * end)
        assert two_spin_cost(KAPPA, end) == pytest.approx(closed, rel=tolerance)
        gaussian = gaussian_cost(np.array([[1.0, langevin], [langevin, 1.0]]), end)
        assert gaussian == pytest.approx(-1.5 * math.log(1 - langevin**2 * math.exp(-4 * end)), rel=1e-12)
    assert two_spin_cost(KAPPA, 0.5) > 5 * two_spin_cost(KAPPA, 1.0)


def test_short_times_and_strong_couplings_stay_numbers():
    assert math.isfinite(two_spin_cost(20.0, 0.02))
    assert math.isfinite(two_spin_cost(333.0, 1.0))
    assert bool(torch.isfinite(TwoSpinDiffusion(333.0).series(torch.tensor([0.9, 1.0], dtype=torch.float64), 1e-4)[0]).all())


def test_monte_carlo_gives_the_cost_of_two_spins_exactly_and_of_chains_as_if_gaussian(law):
    """False alarm: 5.5 σ, 4e-8. Smallest error seen: a cost half or twice as large."""
    value, error = chain_cost(pair_of(KAPPA), 0.8, 400, 20_000, np.random.default_rng(0))
    exact = two_spin_cost(KAPPA, 0.8)
    assert abs(value - exact) < 5.5 * error
    assert min(abs(value - 2 * exact), abs(value - exact / 2)) > 5.5 * error
    # of a chain the Gaussian formula is right at long times; three spins at a time enter it, which the leading order leaves out
    value, error = chain_cost(law, 1.6, 400, 20_000, np.random.default_rng(1))
    gaussian = gaussian_cost(law.correlations(), 1.6)
    assert abs(value - gaussian) < 5.5 * error
    assert min(abs(value - 2 * gaussian), abs(value - gaussian / 2)) > 5.5 * error


def test_the_gaussian_formula_has_the_first_two_orders(law):
    """-3/2 ln det(1 + xA) = 3/4 x² tr A² - 1/2 x³ tr A³ + O(x⁴), x = e^{-2T}, A = C - 1."""
    correlations = law.correlations()
    a = correlations - np.eye(5)
    for end in (2.0, 3.0):
        x = math.exp(-2 * end)
        series = 0.75 * x**2 * np.trace(a @ a) - 0.5 * x**3 * np.trace(a @ a @ a)
        assert gaussian_cost(correlations, end) == pytest.approx(series, rel=10 * x**2)


def test_the_flow_measures_the_exact_cost(settings, law, monkeypatch):
    """200 pairs. False alarm: 5.5 σ, 4e-8; a cost of zero, or of twice the size, is seen at an end time of 0.5.

    A hundred pairs are followed together: in the small groups of a network the exact score is all overhead.
    """
    monkeypatch.setattr(likelihood, "_GROUP", 100)
    costs = end_time_costs(settings, KAPPA, law, (0.5, 1.0), 200, np.random.default_rng(0), inner=5000, threads=2)
    for cost in costs:
        assert abs(cost.pair - cost.pair_exact) < 5.5 * cost.pair_error
        assert cost.flow_error < 1e-4
        assert cost.chain_gaussian == gaussian_cost(law.correlations(), cost.end_time)
        assert 0 < cost.chain_error < 0.2
    early = costs[0]
    assert early.pair > 5.5 * early.pair_error
    assert abs(early.pair - 2 * early.pair_exact) > 5.5 * early.pair_error
    assert [cost.end_time for cost in costs] == [0.5, 1.0]
    coarse = end_time_costs(attrs.evolve(settings, steps=6), KAPPA, law, (0.5,), 20, np.random.default_rng(0), inner=5000)
    assert coarse[0].flow_error > 1e-3  # the solver's part is seen
