"""One line of the published recipe changed: the recorded network gives the recorded numbers on fresh sequences."""

import json
import math

import pytest

from paper_repro.analysis.audit import audit_weights
from paper_repro.files import sha256
from paper_repro.spec import load_spec, specs_folder

#: The file of each record, with the spec and the weights that it is of.
RECORDS = {
    "published": ("paper.toml", "paper-seed-0"),
    "squared-uniform-times": ("one-change/squared-uniform-times.toml", "one-change/squared-uniform-times-seed-0"),
    "log-uniform-times": ("one-change/log-uniform-times.toml", "one-change/log-uniform-times-seed-0"),
    "published-seed-3": ("paper.toml", "paper-seed-3"),
    "ema": ("one-change/ema.toml", "one-change/ema-seed-3"),
    "published-seed-4": ("paper.toml", "paper-seed-4"),
    "ema-seed-4": ("one-change/ema.toml", "one-change/ema-seed-4"),
    "rate-to-zero": ("one-change/rate-to-zero.toml", "one-change/rate-to-zero-seed-0"),
    "noise-pairs": ("one-change/noise-pairs.toml", "one-change/noise-pairs-seed-0"),
}


def recorded(golden, name):
    return json.loads((golden / "one-change" / f"{name}.json").read_text(encoding="utf-8"))


def agree(audit, record) -> bool:
    """Independent sequences: within five combined standard errors (false alarm below 1e-5)."""
    found = {"r2": (audit.fit.r2, audit.fit.r2_error), "scale": (audit.comparison.scale, audit.comparison.scale_error)}
    errors = record["standard_errors"]
    return all(abs(value - record[key]) < 5 * math.hypot(error, errors[key]) for key, (value, error) in found.items())


@pytest.fixture(scope="module")
def audits(golden):
    found = {}
    for name, (spec, weights) in RECORDS.items():
        file = golden / "weights" / f"{weights}.safetensors"
        found[name] = audit_weights(file, load_spec(specs_folder() / spec).record, 60, 3, seed=77)
    return found


def test_the_networks_give_the_recorded_numbers(audits, golden):
    for name, audit in audits.items():
        assert agree(audit, recorded(golden, name)), name


def test_the_other_network_of_the_seed_does_not(audits, golden):
    pairs = ("published", "squared-uniform-times"), ("squared-uniform-times", "log-uniform-times"), ("published-seed-3", "ema")
    for one, other in pairs:
        assert not agree(audits[one], recorded(golden, other))
        assert not agree(audits[other], recorded(golden, one))


def test_the_residual_is_of_the_training(golden):
    """The residual of 13 % that the paper calls physical falls as more of the training is where the network is queried.

    Of the published times 1 % are below 0.01, of squared uniform ones 10 %, of log-uniform ones half. The average of the weights
    over the last thousand steps of a training leaves the residual as it is, to a tenth.
    """
    published, squared, log_uniform = (1 - recorded(golden, name)["r2"] for name in list(RECORDS)[:3])
    assert log_uniform < squared / 3 < published / 6
    for plain, averaged in (("published-seed-3", "ema"), ("published-seed-4", "ema-seed-4")):
        assert recorded(golden, averaged)["r2"] == pytest.approx(recorded(golden, plain)["r2"], abs=0.013)


def test_what_a_falling_rate_and_noise_pairs_change(golden):
    """R² and cosine of both are within the range of the ten trainings; with noise pairs the force is better than in each."""
    trainings = json.loads((golden / "paper" / "results.json").read_text(encoding="utf-8"))["inversion"][:10]
    ten = {key: [part[key]["value"] for part in trainings] for key in ("r2", "cosine", "scale", "force_error")}
    rate, pairs = recorded(golden, "rate-to-zero"), recorded(golden, "noise-pairs")
    inside = [(rate, key) for key in ten] + [(pairs, "r2"), (pairs, "cosine")]
    assert all(min(ten[key]) < record[key] < max(ten[key]) for record, key in inside)
    assert pairs["scale"] > max(ten["scale"])
    assert pairs["force_error"] < min(ten["force_error"])


def test_the_plateaus_are_of_the_recorded_weights(golden):
    plateaus = json.loads((golden / "one-change" / "plateaus.json").read_text(encoding="utf-8"))
    assert plateaus
    for weights, plateau in plateaus.items():
        assert plateau["sha256"] == sha256(golden.parent / weights)
        assert 0 < plateau["alpha"]["standard_error"] < plateau["alpha"]["value"]
