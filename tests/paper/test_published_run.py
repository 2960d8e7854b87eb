"""The published run: its weights, asked again, give the numbers that it recorded.

golden/paper/results.json is what the run found; golden/weights/paper-seed-*.safetensors are what it trained. The gate asks the
weights about fresh sequences of the exact solution; the slow tests about as many as the paper has, and about the run's own test
set, sampled again.
"""

import json
import math

import pytest

from paper_repro.analysis.audit import Audit, audit_weights
from paper_repro.analysis.basis_fit import Fit, least_squares, normal_equations
from paper_repro.analysis.comparison import Comparison, compare
from paper_repro.numerics.streams import data_key
from paper_repro.physics.truth import Truth
from paper_repro.sampling.generate import generate
from paper_repro.score.field import NetworkForce
from paper_repro.score.weights import load_weights

SEEDS = tuple(range(10))
Figures = dict[str, tuple[float, float]]


@pytest.fixture(scope="module")
def recorded(golden) -> list[Figures]:
    """Of each seed every figure of the inversion with its standard error, as the run recorded it."""
    results = json.loads((golden / "paper" / "results.json").read_text(encoding="utf-8"))
    assert results["seeds"] == list(SEEDS)
    return [
        {"cosine": pair(part["cosine"]), "r2": pair(part["r2"])} | {name: pair(value) for name, value in part["ratios"].items()}
        for part in results["inversion"]
    ]


def pair(item: dict[str, float]) -> tuple[float, float]:
    return item["value"], item["standard_error"]


def weights_of(golden, seed):
    return golden / "weights" / f"paper-seed-{seed}.safetensors"


def of_fit(fit: Fit, compared: Comparison) -> Figures:
    ratios = zip(fit.terms, compared.ratios, compared.ratio_errors, strict=True)
    return {"cosine": (compared.cosine, compared.cosine_error), "r2": (fit.r2, fit.r2_error)} | {
        name: (float(value), float(error)) for name, value, error in ratios
    }


def of_audit(audit: Audit) -> Figures:
    return of_fit(audit.fit, audit.comparison)


def agree(found: Figures, expected: Figures) -> bool:
    """Independent sequences: within five combined standard errors, which come from the equations used (false alarm below 1e-5)."""
    assert found.keys() == expected.keys()
    return all(
        abs(found[name][0] - expected[name][0]) < 5 * math.hypot(found[name][1], expected[name][1]) + 1e-12 for name in found
    )


def asked(golden, paper, seed: int, sequences: int, data_seed: int) -> Audit:
    return audit_weights(weights_of(golden, seed), paper.record, sequences, 5, seed=data_seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_fresh_sequences_give_the_recorded_table(golden, paper, recorded, seed):
    """100 sequences, some 52,000 equations; another training seed's record, and other species, are distinguished."""
    found = of_audit(asked(golden, paper, seed, 100, 1000 + seed))
    assert agree(found, recorded[seed])
    assert not any(agree(found, recorded[other]) for other in SEEDS if other != seed)


def test_exchanged_identities_are_told_apart(golden, paper, recorded, monkeypatch):
    plain = NetworkForce.__call__
    monkeypatch.setattr(NetworkForce, "__call__", lambda self, codes, spins: plain(self, 1 - codes, spins))
    assert not agree(of_audit(asked(golden, paper, 0, 100, 1000)), recorded[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_all_the_equations_of_fresh_sequences_give_the_recorded_table(golden, paper, recorded, seed):
    """2,000 sequences, more than a million equations: errors as small as the paper's."""
    audit = asked(golden, paper, seed, 2000, 2000 + seed)
    assert audit.fit.equations > 1_000_000
    assert agree(of_audit(audit), recorded[seed])


@pytest.mark.slow
def test_the_run_s_own_test_set_gives_its_own_numbers(golden, paper, recorded):
    """The test set sampled again by replica exchange, all its 1.05 million equations: the same numbers, to rounding."""
    spec = paper.record
    whole = generate(spec, "test", 0, spec.test_set.sequences)
    chains, truth = [whole.chain(k) for k in range(len(whole))], Truth.of(spec.hamiltonian, spec.beta)
    for seed in SEEDS:
        model, info = load_weights(weights_of(golden, seed))
        equations = normal_equations(NetworkForce(model, info.query_times), chains, truth.terms, threads=2)
        stream = data_key(spec.seeds.data, "inversion", seed)
        fit = least_squares(equations, spec.inversion.resamples, stream, spec.inversion.r2_about)
        found = of_fit(fit, compare(fit, truth))
        for name, (value, error) in found.items():
            assert value == pytest.approx(recorded[seed][name][0], abs=1e-6), name
            assert error == pytest.approx(recorded[seed][name][1], abs=1e-6), name
