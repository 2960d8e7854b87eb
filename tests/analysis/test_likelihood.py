"""Probability flow: against densities that are known in closed form."""

import math
from itertools import pairwise

import attrs
import numpy as np
import pytest
import torch

from paper_repro.analysis import likelihood
from paper_repro.physics.sphere import divergence, normalise, project
from paper_repro.physics.two_spin import TwoSpinDiffusion
from paper_repro.score.field import as_batch
from paper_repro.score.pairformer import Pairformer

SITES = 5


def grid(end: float, steps: int, start: float = 1e-3) -> torch.Tensor:
    return start + (end - start) * torch.linspace(0, 1, steps + 1, dtype=torch.float64) ** 2


def pairs(count: int) -> torch.Tensor:
    """Pairs of spins at angles up to about 60°, where the density at κ = 8 is not small."""
    generator = torch.Generator().manual_seed(0)
    first, step = (normalise(torch.randn(count, 3, generator=generator, dtype=torch.float64)) for _ in range(2))
    return torch.stack([first, normalise(first + torch.linspace(0.05, 0.9, count, dtype=torch.float64)[:, None] * step)], 1)


def test_a_zero_score_gives_the_uniform_density():
    spins = normalise(torch.randn(3, SITES, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    values = likelihood.log_likelihood(lambda x, t: torch.zeros_like(x), spins, grid(1.0, 5))
    assert torch.allclose(values, torch.full((3,), -SITES * math.log(4 * math.pi), dtype=torch.float64), atol=1e-12)


def error(law: TwoSpinDiffusion, steps: int, end: float = 10.0, twist=lambda score: score) -> float:
    spins = pairs(7)
    values = likelihood.log_likelihood(twist(law.score), spins, grid(end, steps))
    return float((values - law.log_density(spins, 1e-3)).abs().max())


@pytest.mark.parametrize("kappa", [8.0, -3.0])
def test_two_spins_have_their_exact_log_density(kappa):
    """The law at the end time is uniform up to e^{-2·10}."""
    assert error(TwoSpinDiffusion(kappa), 60) < 3e-5


def test_flows_that_are_wrong_are_rejected():
    law = TwoSpinDiffusion(8.0)
    for twist in (
        lambda score: lambda x, t: 2 * score(x, t),  # the flow of the other convention, dx/dt = -s
        lambda score: lambda x, t: -score(x, t),
        lambda score: lambda x, t: score(x, 2 * t),  # Brownian motion with generator Δ
        lambda score: lambda x, t: 1.01 * score(x, t),
    ):
        assert error(law, 30, twist=twist) > 3e-3
    assert error(law, 30) < 1e-3


def test_halving_the_step_shrinks_the_error_at_order_four():
    law = TwoSpinDiffusion(8.0)
    coarse, fine, finest = (error(law, steps) for steps in (30, 60, 120))
    assert 3.2 < math.log2(coarse / fine) < 5.5
    assert 3.2 < math.log2(fine / finest) < 5.5


def test_the_number_of_threads_changes_no_byte():
    law = TwoSpinDiffusion(8.0)
    spins = pairs(19)
    one, two = (likelihood.log_likelihood(law.score, spins, grid(1.0, 8), threads=threads) for threads in (1, 2))
    assert torch.equal(one, two)


def test_each_configuration_is_followed_by_itself():
    law = TwoSpinDiffusion(8.0)
    spins = pairs(19)
    counts = []
    together = likelihood.log_likelihood(law.score, spins, grid(1.0, 8), progress=counts.append)
    alone = likelihood.log_likelihood(law.score, spins[9:10], grid(1.0, 8))
    assert counts == [8, 16, 19]
    assert together[9] == pytest.approx(alone.item(), abs=1e-12)


def test_too_few_times_are_refused():
    with pytest.raises(ValueError, match="5 times; expected at least 6"):
        likelihood.log_likelihood(TwoSpinDiffusion(8.0).score, pairs(1), grid(1.0, 4))


def test_ending_the_diffusion_early_costs_what_it_should():
    """At t = 1 the first mode still weighs e^{-2}: the uniform end is an error of that size, not of the solver."""
    law = TwoSpinDiffusion(8.0)
    spins = pairs(7)
    short = likelihood.log_likelihood(law.score, spins, grid(1.0, 40))
    assert error(law, 40, end=1.0) > 0.02
    ends = flow_ends(law, spins, 1.0)
    corrected = short + law.log_density(ends, 1.0) + 2 * math.log(4 * math.pi)
    assert float((corrected - law.log_density(spins, 1e-3)).abs().max()) < 3e-5


def flow_ends(law: TwoSpinDiffusion, spins: torch.Tensor, end: float, steps: int = 2000) -> torch.Tensor:
    """Where the flow takes the spins: the midpoint rule, written independently of the package's solver."""
    times = grid(end, steps)
    for first, second in pairwise(times):
        half = normalise(spins - 0.25 * (second - first) * law.score(spins, float(first)))
        spins = normalise(spins - 0.5 * (second - first) * project(half, law.score(half, float(first + second) / 2)))
    return spins


def divergence_error(model: Pairformer, minus_two: float) -> float:
    """The package's divergence against Eq. 8 with the whole Jacobian: ∂·F - xᵀ(∂F)x - 2 x·F per spin, F before projection."""
    spins = normalise(torch.randn(2, SITES, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64))
    codes = np.array([0, 1, 1, 0, 1])

    def force(x):
        return model.interaction(*as_batch(codes, x, 0.1)) @ x

    with torch.no_grad():
        spread = divergence(lambda x: model(*as_batch(codes, x, 0.1)), spins)
    by_hand = []
    for one in spins:
        jacobian = torch.autograd.functional.jacobian(lambda x: force(x[None])[0], one)  # (site, 3, site, 3)
        own = torch.stack([jacobian[site, :, site] for site in range(SITES)])
        radial = torch.einsum("ia,iab,ib->", one, own, one)
        by_hand.append(own.diagonal(dim1=1, dim2=2).sum() - radial + minus_two * (one * force(one[None])[0]).sum())
    return float((spread - torch.stack(by_hand).detach()).abs().max() / spread.abs().max())


def test_the_divergence_of_a_trained_network_is_that_of_equation_8(paper, trained_state):
    model = Pairformer(paper.record.architecture)
    model.load_state_dict(trained_state)
    model = model.double().eval()
    assert divergence_error(model, -2) < 1e-10
    assert divergence_error(model, 0) > 1e-3  # the curvature of the sphere forgotten
    assert divergence_error(model, 2) > 1e-3


def test_the_grid_is_quadratic_and_reaches_its_ends(paper):
    settings = attrs.evolve(paper.record.likelihood, start_time=0.01, end_time=0.5, steps=7)
    times = likelihood.time_grid(settings)
    assert len(times) == 8
    assert times[0] == pytest.approx(0.01)
    assert times[-1] == pytest.approx(0.5)
    assert torch.allclose(torch.diff(times, n=2), torch.full((6,), 2 * 0.49 / 49, dtype=torch.float64))
