"""The refined run: its weights, asked again about fresh sequences of the exact solution, give the numbers that it recorded."""

import json
import math

import attrs
import numpy as np
import pytest
import torch

from paper_repro.analysis import likelihood, plateau
from paper_repro.analysis.audit import audit_weights
from paper_repro.cli import main
from paper_repro.files import sha256
from paper_repro.numerics.streams import data_key
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, exchange_energy
from paper_repro.physics.species import as_species
from paper_repro.score.field import NetworkForce, NetworkScore
from paper_repro.score.weights import load_weights
from paper_repro.spec import load_spec, specs_folder

SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def spec():
    return load_spec(specs_folder() / "refined.toml").record


@pytest.fixture(scope="module")
def recorded(golden):
    results = json.loads((golden / "refined" / "results.json").read_text(encoding="utf-8"))
    assert results["seeds"] == list(SEEDS)
    return results


def weights_of(golden, seed):
    return golden / "weights" / f"refined-seed-{seed}.safetensors"


def asked(golden, spec, seed, sequences=150):
    return audit_weights(weights_of(golden, seed), spec, sequences, 5, seed=3000 + seed)


def figures(audit):
    fit, compared = audit.fit, audit.comparison
    ratios = zip(fit.terms, compared.ratios, compared.ratio_errors, strict=True)
    named = {name: (float(value), float(error)) for name, value, error in ratios}
    cosine, scale = (compared.cosine, compared.cosine_error), (compared.scale, compared.scale_error)
    return {"cosine": cosine, "r2": (fit.r2, fit.r2_error), "scale": scale} | named


def of_record(part):
    every = {key: part[key] for key in ("cosine", "r2", "scale")} | part["ratios"]
    return {name: (item["value"], item["standard_error"]) for name, item in every.items()}


def agree(found, expected) -> bool:
    """Independent sequences: within five combined standard errors (false alarm below 1e-5)."""
    assert found.keys() == expected.keys()
    return all(
        abs(found[name][0] - expected[name][0]) < 5 * math.hypot(found[name][1], expected[name][1]) + 1e-12 for name in found
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_fresh_sequences_give_the_recorded_table(golden, spec, recorded, seed):
    """Another training seed's record is distinguished."""
    found = figures(asked(golden, spec, seed))
    assert agree(found, of_record(recorded["inversion"][seed]))
    assert not any(agree(found, of_record(recorded["inversion"][other])) for other in SEEDS if other != seed)


def test_the_force_without_extrapolation_is_told_apart(golden, spec, recorded, monkeypatch):
    """The broken twin: asked at the shortest time alone."""
    plain = NetworkForce.__call__
    monkeypatch.setattr(NetworkForce, "__call__", lambda self, *data: plain(attrs.evolve(self, times=(1e-3,)), *data))
    assert not agree(figures(asked(golden, spec, 0)), of_record(recorded["inversion"][0]))


def test_what_the_score_costs_ln_z_is_what_was_recorded(golden, tmp_path):
    """golden/score.json on 24 other configurations: within five combined standard errors, and the two recipes are distinguished."""
    recorded = json.loads((golden / "score.json").read_text(encoding="utf-8"))
    names = [f"{recipe}-seed-{seed}" for recipe in ("paper", "refined") for seed in SEEDS]
    weights = [golden / f"weights/{name}.safetensors" for name in names]
    assert recorded["weights_sha256"] == [sha256(path) for path in weights]
    path = tmp_path / "again.json"
    assert (
        main(["score-error", str(weights[0]), str(weights[3]), "--configurations", "24", "--seed", "7", "--json", str(path)]) == 0
    )
    again = json.loads(path.read_text(encoding="utf-8"))
    pairs = [[(item["value"], item["standard_error"]) for item in part["cost"]] for part in (recorded, again)]
    for (value, error), (found, scatter) in zip([pairs[0][0], pairs[0][3]], pairs[1], strict=True):
        assert abs(value - found) < 5 * math.hypot(error, scatter)
    assert pairs[1][0][0] > 3 * pairs[1][1][0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_run_s_own_configurations_give_its_own_plateau(golden, spec, recorded, seed):
    """The likelihood at T₀ computed again: the recorded α, to the rounding of float32."""
    model, _ = load_weights(weights_of(golden, seed))
    codes = as_species(spec.likelihood.chain, spec.hamiltonian.species)
    matrix, score = coupling_matrix(codes, spec.hamiltonian), NetworkScore(model, codes)
    energies, values = [], []
    for index, temperature in enumerate(spec.likelihood_temperatures):
        generator = np.random.default_rng(data_key(spec.seeds.data, "likelihood", index))
        spins = ExactChain(matrix, 1 / temperature).sample(spec.likelihood.configurations, generator)
        energies.append(exchange_energy(spins, matrix))
        times = likelihood.time_grid(spec.likelihood)
        values.append(
            likelihood.log_likelihood(score, torch.as_tensor(spins, dtype=torch.float32), times, score.divergence, threads=2)
        )
    law = ExactChain(matrix, spec.beta)
    found = plateau.calibrate(
        np.concatenate(energies), torch.cat(values).numpy(), spec.beta,
        law.mean_energy + spec.likelihood.low_energy * law.energy_deviation,
        lambda beta: ExactChain(matrix, beta).ln_z, 10, np.random.SeedSequence(0),
    )  # fmt: skip
    assert found.alpha == pytest.approx(recorded["calibration"][seed]["alpha"]["value"], abs=1e-4)
    assert found.gap == pytest.approx(recorded["calibration"][seed]["gap"]["value"], abs=1e-2)
