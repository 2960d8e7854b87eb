"""The exact score by sampling: that of two spins, which is known, and the force as t → 0; and a score that is off is measured."""

import json

import numpy as np
import pytest
import torch

from paper_repro.analysis.score_error import ScoreError, cost_of, score_errors
from paper_repro.cli import main
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_force
from paper_repro.physics.two_spin import TwoSpinDiffusion
from paper_repro.sampling import posterior
from paper_repro.score.diffusion import brownian_step

KAPPA = 8.0
PAIR = ExactChain(np.array([[0.0, KAPPA], [KAPPA, 0.0]]), 1.0)


def off_by(scale: float = 1.0):
    law = TwoSpinDiffusion(KAPPA)
    return lambda spins, time: (scale * law.score(spins.double(), time)).float()


@pytest.mark.parametrize("time", [0.003, 0.05, 0.4, 1.5])
def test_two_spins_have_their_known_score(time):
    """64 configurations: relative deviations, in errors of the two estimates."""
    generator = np.random.default_rng(3)
    clean = PAIR.sample(64, generator)
    noise = torch.Generator().manual_seed(1)
    noisy = brownian_step(torch.as_tensor(clean), torch.full((64, 2), time, dtype=torch.float64), noise)
    one, two = (posterior.average_score(PAIR.matrix, clean, noisy.numpy(), time, 1000, generator) for _ in range(2))
    exact = TwoSpinDiffusion(KAPPA).score(noisy, time).numpy()
    scatter = np.sqrt(((one - two) ** 2).mean() / 4)  # of a component of their mean
    assert np.abs((one + two) / 2 - exact).max() < 6 * scatter + 1e-4
    assert scatter < 0.5 * np.sqrt((exact**2).mean())
    assert np.abs(np.einsum("kij,kij->ki", one, noisy.numpy())).max() < 1e-9  # tangent


@pytest.mark.parametrize("twin", ["no couplings", "another time"])
def test_a_wrong_posterior_is_noticed(twin):
    generator = np.random.default_rng(3)
    clean = PAIR.sample(64, generator)
    noisy = brownian_step(torch.as_tensor(clean), torch.full((64, 2), 0.1, dtype=torch.float64), torch.Generator().manual_seed(1))
    couplings, time = (0 * PAIR.matrix, 0.1) if twin == "no couplings" else (PAIR.matrix, 0.2)
    found = posterior.average_score(couplings, clean, noisy.numpy(), time, 500, generator)
    exact = TwoSpinDiffusion(KAPPA).score(noisy, 0.1).numpy()
    assert np.sqrt(((found - exact) ** 2).mean() / (exact**2).mean()) > 0.15


def test_the_exact_score_of_a_chain_is_its_force_as_time_goes_to_zero(hamiltonian):
    codes = np.array([0, 1, 1, 0, 1])
    law = ExactChain(coupling_matrix(codes, hamiltonian), 5.0)
    force = lambda spins, _: torch.as_tensor(exchange_force(spins.numpy(), law.matrix, 5.0))  # noqa: E731
    early, late = score_errors(force, law, (1e-3, 0.3), 100, 400, np.random.default_rng(0))
    assert early.error < 0.1
    assert early.slope == pytest.approx(1, abs=0.03)
    assert late.error > 0.3


def test_a_score_that_is_too_small_costs_what_it_lacks():
    """s = 0.8 s*: the error is 0.2, the slope 1.25 and the cost ½ t 0.2 ⟨|s*|²⟩, which is known for two spins."""
    law = TwoSpinDiffusion(KAPPA)
    (exact,), (small,) = (score_errors(off_by(scale), PAIR, (0.1,), 400, 200, np.random.default_rng(2)) for scale in (1.0, 0.8))
    assert exact.error < 0.05
    assert abs(exact.cost) < 5 * exact.cost_error + 1e-9
    assert (small.error, small.slope) == (pytest.approx(0.2, abs=0.01), pytest.approx(1.25, abs=0.02))
    generator = torch.Generator().manual_seed(5)
    spins = brownian_step(
        torch.as_tensor(PAIR.sample(4000, np.random.default_rng(9))), torch.full((4000, 2), 0.1, dtype=torch.float64), generator
    )
    square = float((law.score(spins, 0.1) ** 2).sum((1, 2)).mean() / 2)
    assert small.exact == pytest.approx(square, rel=0.1)
    assert small.cost == pytest.approx(0.5 * 0.1 * 0.2 * square, rel=0.1)


def test_the_cost_is_the_integral_over_time():
    times = np.geomspace(0.01, 1, 41)
    errors = [ScoreError(t, 0.0, 1.0, 1.0, t * 3.0, t) for t in times]  # a cost of 3 for every unit of time
    value, error = cost_of(errors)
    assert value == pytest.approx(3 * 0.99, rel=0.01)
    assert 0 < error < 1


def test_the_command_compares_each_network_on_the_same_configurations(golden, tmp_path, capsys):
    """At small times a smoke-trained network is far too small (slope above 1); the same file twice gives the same numbers."""
    weights = str(golden / "weights/smoke-seed-0.safetensors")
    path = tmp_path / "score.json"
    assert main(["score-error", weights, weights, "--configurations", "4", "--json", str(path)]) == 0
    found = json.loads(path.read_text())
    assert found["networks"][0] == found["networks"][1]
    assert len(found["times"]) == len(found["networks"][0]) == 15
    assert found["times"][-1] == 1.0
    assert found["networks"][0][0]["slope"] > 1.1
    assert found["cost"][0]["value"] > 0
    assert "Score against the exact one" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--configurations", "1"], "--configurations: 1; expected an integer ≥ 2"),
        (["no.safetensors"], "no.safetensors: cannot be read"),
    ],
)
def test_a_score_that_cannot_be_compared_is_one_line(golden, capsys, arguments, said):
    assert main(["score-error", str(golden / "weights/smoke-seed-0.safetensors"), *arguments]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1
