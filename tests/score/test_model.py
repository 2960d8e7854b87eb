"""A stranger's score model: a plain torch module with none of ours in it, through everything that is done with a network."""

import numpy as np
import pytest
import torch

from paper_repro.analysis import likelihood, readout, score_error
from paper_repro.analysis.basis_fit import least_squares, normal_equations
from paper_repro.analysis.comparison import compare
from paper_repro.analysis.plateau import calibrate
from paper_repro.physics import sphere
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import Biquadratic, Exchange, Terms
from paper_repro.physics.truth import Truth
from paper_repro.physics.two_spin import TwoSpinDiffusion
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.field import NetworkForce, NetworkScore
from paper_repro.score.model import divergence_of, interaction_of, place_of
from paper_repro.spec import Hamiltonian, HamiltonianTerm

KAPPA = 3.0


class Separations(torch.nn.Module):
    """W_ij = c_1 or c_2 at separation 1 or 2: the exact score of a uniform chain as t goes to 0."""

    def __init__(self, couplings: list[float]) -> None:
        super().__init__()
        self.couplings = torch.nn.Parameter(torch.tensor(couplings, dtype=torch.float64))

    def interaction(self, species, spins, time, mask):
        sites = torch.arange(species.shape[1], device=species.device)
        apart = (sites[:, None] - sites).abs()
        w = sum(c * (apart == k) for k, c in enumerate(self.couplings, 1))
        return w * (mask[:, :, None] & mask[:, None, :])

    def forward(self, species, spins, time, mask):
        field = self.interaction(species, spins, time, mask) @ spins
        return field - (field * spins).sum(-1, keepdim=True) * spins


class ForceAlone:
    """No module at all, and no W: the exact score of two spins under diffusion."""

    def __init__(self) -> None:
        self.law = TwoSpinDiffusion(KAPPA)

    def __call__(self, species, spins, time, mask):
        return self.law.score(spins, float(time[0]))


class WithDivergence(ForceAlone):
    """The same with a divergence of its own, which says how often it was called."""

    calls = 0

    def divergence(self, species, spins, time):
        self.calls += 1
        return sphere.divergence(lambda x: self(species, x, time, None), spins)


@pytest.fixture(scope="module")
def truth() -> Truth:
    """One species, J = 1 and K = -0.4, at T = 0.5."""
    return Truth.of(
        Hamiltonian("A", (HamiltonianTerm("J", 1, "AA", coupling=1.0), HamiltonianTerm("K", 2, "AA", coupling=-0.4))), 2.0
    )


@pytest.fixture(scope="module")
def data(truth) -> list[Snapshots]:
    generator = np.random.default_rng(0)
    laws = [truth.exact(Geometry.open_chain(sites), "A" * sites) for sites in (5, 7, 9)]
    return [Snapshots.of(law.sample(30, generator), "A" * law.sites) for law in laws]


@pytest.fixture(scope="module")
def pairs():
    """Configurations of two spins at their own κ, and their energies -κ S₁·S₂."""
    spins = ExactChain(np.array([[0.0, KAPPA], [KAPPA, 0.0]]), 1.0).sample(24, np.random.default_rng(0))
    return spins, -KAPPA * (spins[:, 0] * spins[:, 1]).sum(-1)


def test_its_couplings_are_read_out_exactly(truth, data):
    force = NetworkForce(Separations([2.0, -0.8]), (1e-4,))
    compared = compare(least_squares(normal_equations(force, data, truth.terms)), truth)
    assert compared.cosine == pytest.approx(1, abs=1e-12)
    assert compared.scale == pytest.approx(truth.beta, rel=1e-12)
    assert compared.force_error < 1e-7
    wrong = compare(least_squares(normal_equations(NetworkForce(Separations([2.0, 0.8]), (1e-4,)), data, truth.terms)), truth)
    assert wrong.cosine < 0.8  # the broken twin: one sign


def test_its_w_is_read_where_it_has_one(truth, data):
    read = readout.read_interaction(NetworkForce(Separations([2.0, -0.8]), (1e-4,)).interaction, data, truth)
    assert read.means[:3] == pytest.approx([2.0, 0.8, 0.0])
    assert (read.pearson, read.slope, read.within_range) == pytest.approx((1.0, truth.beta, 1.0))
    with pytest.raises(ValueError, match="no method 'interaction'; expected one that returns W"):
        NetworkForce(ForceAlone(), (1e-4,)).interaction(np.zeros(2, dtype=np.int64), np.zeros((1, 2, 3)))


def test_its_score_is_compared_with_the_exact_one():
    """Two spins, whose diffused score is known: no error beyond noise; 1.2 times that score is 20 % off."""
    law = ExactChain(np.array([[0.0, KAPPA], [KAPPA, 0.0]]), 1.0)

    def errors(factor):
        score = NetworkScore(ForceAlone(), np.zeros(2, dtype=np.int64))
        found = score_error.score_errors(
            lambda x, t: factor * score(x.double(), t), law, (0.05, 0.5), 100, 400, np.random.default_rng(1)
        )
        return [item.error for item in found], [item.slope for item in found]

    exact, slopes = errors(1.0)
    assert max(exact) < 0.06
    assert slopes == pytest.approx([1, 1], abs=0.03)
    assert errors(1.2)[0] == pytest.approx([0.2, 0.2], abs=0.06)


@pytest.mark.parametrize("model", [ForceAlone(), WithDivergence()], ids=["general divergence", "its own"])
def test_its_likelihood_and_plateau(model, pairs):
    """Exact but for the end time T = 6, where the l = 1 mode has 3 L(3) e^{-2T} = 1.2e-5 of its weight, and the solver."""
    spins, energies = pairs
    times = 1e-3 + (6.0 - 1e-3) * torch.linspace(0, 1, 51, dtype=torch.float64) ** 2
    score = NetworkScore(model, np.zeros(2, dtype=np.int64))
    values = likelihood.log_likelihood(score, torch.as_tensor(spins), times, score.divergence)
    assert values.numpy() == pytest.approx(TwoSpinDiffusion(KAPPA).log_density(torch.as_tensor(spins), 1e-3).numpy(), abs=1e-4)

    def exact(scale: float) -> float:
        return ExactChain(np.array([[0.0, KAPPA], [KAPPA, 0.0]]), scale).ln_z

    plateau = calibrate(energies, values.numpy(), 1.0, float(np.median(energies)), exact, 50, np.random.SeedSequence(0))
    assert plateau.alpha == pytest.approx(1, abs=0.02)  # e^{-2t}-like smoothing at t = 1e-3
    assert abs(plateau.gap) < 5e-3
    assert getattr(model, "calls", 1) > 0


def test_what_a_model_has_is_found_in_one_place():
    assert interaction_of(ForceAlone()) is None
    assert interaction_of(Separations([1.0])) is not None
    assert place_of(ForceAlone()) == (torch.device("cpu"), torch.float64)
    assert place_of(Separations([1.0]).float()) == (torch.device("cpu"), torch.float32)
    spins = torch.as_tensor(np.eye(3)[None, :2])
    where = torch.zeros(1, 2, dtype=torch.long), spins, torch.tensor([0.3])
    one, two = divergence_of(ForceAlone(), *where), divergence_of(WithDivergence(), *where)
    assert torch.equal(one, two)


def test_terms_without_couplings_are_fitted_to_its_force(data):
    """No truth is needed for a fit."""
    terms = Terms((Exchange("near", 1, None), Biquadratic("squared", 1, None)), ("A",))
    fit = least_squares(normal_equations(NetworkForce(Separations([1.5]), (1e-4,)), data, terms))
    assert fit.coefficients == pytest.approx([1.5, 0.0], abs=1e-9)
    assert fit.r2 == pytest.approx(1)
