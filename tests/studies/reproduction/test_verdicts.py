"""Verdicts: each rule against cases that are plain, and nothing earned that was not."""

import math

import attrs
import numpy as np
import pytest
from scipy import stats

from paper_repro.spec import Claim, load_published, load_spec, specs_folder
from paper_repro.studies.reproduction.verdicts import judge, judge_all, mean_interval, prediction_interval, reservations, values_at


@pytest.fixture(scope="module")
def published():
    return load_published(specs_folder() / "published.toml").record


def results(*values: float, error: float = 0.01):
    return {"inversion": [{"r2": {"value": value, "standard_error": error}} for value in values]}


def claim(rule="prediction-interval", value=0.87, rounding=0.005, measured="inversion.r2", tolerance=0.13):
    return Claim("r2", "R²", measured, rule, value, rounding, tolerance)


def test_the_prediction_interval_holds_the_next_draw_as_often_as_it_says():
    """20,000 worlds of three draws and a fourth: deviation 0.15 % at 95 %; without the √(1 + 1/n) it would be 92 %."""
    generator = np.random.default_rng(0)
    draws = generator.normal(3, 2, (20_000, 4))
    inside = [low <= fourth <= high for *three, fourth in draws for low, high in [prediction_interval(three, 0.95)]]
    assert abs(np.mean(inside) - 0.95) < 5 * 0.0016
    with pytest.raises(ValueError, match="two"):
        prediction_interval([1.0], 0.95)


def test_the_interval_of_the_mean_holds_the_truth_as_often_as_it_says():
    """20,000 worlds of three trainings that share the error of the sequences: at least 95 %, and 95 % where it is small.

    Without the scatter between trainings it would hold at most 85 %.
    """
    generator = np.random.default_rng(1)
    for shared, low, high in ((0.01, 0.945, 0.955), (0.5, 0.945, 1.0)):
        common = shared * generator.standard_normal((20_000, 1))
        draws = 3 + common + generator.standard_normal((20_000, 3))
        found = [mean_interval(list(row), [shared] * 3, 0.95) for row in draws]
        held = np.mean([abs(mean - 3) <= half for mean, half in found])
        assert low < held < high
        assert np.mean([abs(mean - 3) <= 1.96 * shared for mean, _ in found]) < 0.85
    assert mean_interval([2.0], [0.1], 0.95) == (2.0, pytest.approx(0.196, abs=1e-4))


def test_a_published_value_like_ours_is_reproduced_and_a_far_one_deviates():
    near, far = results(0.86, 0.87, 0.88), results(0.96, 0.97, 0.98)
    assert judge(claim(), near, 0.95, []).verdict == "REPRODUCED"
    judged = judge(claim(), far, 0.95, [])
    assert judged.verdict == "DEVIATES"
    half = math.hypot(stats.t.ppf(0.975, 2) * 0.01 * math.sqrt(4 / 3), 1.959964 * math.sqrt(2) * 0.01) + 0.005
    assert (judged.low, judged.high) == (pytest.approx(0.97 - half), pytest.approx(0.97 + half))
    assert judged.value == pytest.approx(0.97)
    assert judged.over_seeds == pytest.approx(0.01)
    assert judged.over_sequences == pytest.approx(0.01)  # the seeds share the test sequences


def test_rounding_widens_the_interval():
    same = results(0.8640, 0.8640, 0.8640, error=0.0)
    assert judge(claim(rounding=0.005), same, 0.95, []).verdict == "DEVIATES"
    assert judge(claim(rounding=0.007), same, 0.95, []).verdict == "REPRODUCED"


def test_scatter_does_not_buy_a_reproduction():
    """Seeds so far apart that the interval holds the truth as well as the published value decide nothing; a miss is a miss."""
    judged = judge(claim(), results(0.70, 0.78, 0.86), 0.95, [])
    assert judged.verdict == "INCONCLUSIVE"
    assert "too wide" in judged.reason
    assert judge(claim(value=0.1), results(0.70, 0.78, 0.86), 0.95, []).verdict == "DEVIATES"


@pytest.mark.faults("too little")
def test_one_seed_or_nothing_measured_is_inconclusive():
    assert judge(claim(), results(0.87), 0.95, []).verdict == "INCONCLUSIVE"
    assert judge(claim(), {}, 0.95, []).verdict == "INCONCLUSIVE"
    assert judge(claim(), results(0.87, math.nan), 0.95, []).verdict == "INCONCLUSIVE"
    assert judge(claim(measured="inversion.none"), results(0.87, 0.88), 0.95, []).verdict == "INCONCLUSIVE"
    null = {"inversion": [{"r2": {"value": None, "standard_error": None}}] * 3}
    assert judge(claim(), null, 0.95, []).verdict == "INCONCLUSIVE"


def test_the_other_rules():
    enough, few = {"n": {"e": {"value": 1_047_930, "standard_error": 0.0}}}, {"n": {"e": {"value": 37_000, "standard_error": 0.0}}}
    count = claim("same-law", 1_057_440, 0, "n.e", 25_500)
    assert judge(count, enough, 0.95, []).verdict == "REPRODUCED"
    assert judge(count, few, 0.95, []).verdict == "DEVIATES"
    near, far = ({"ti": {"error": {"value": value, "standard_error": 0.01}}} for value in (-0.029, 0.031))
    difference = claim("standard-errors", 0.0, 0.0, "ti.error")
    assert judge(difference, near, 0.95, []).verdict == "REPRODUCED"
    assert judge(difference, far, 0.95, []).verdict == "DEVIATES"
    assert judge(difference, {"ti": {"error": {"value": 0.0, "standard_error": None}}}, 0.95, []).verdict == "INCONCLUSIVE"
    assert judge(claim("lost"), results(0.87, 0.87, 0.87), 0.95, []).verdict == "INCONCLUSIVE"


def sampling(z=0.4, ratio=6.0):
    return {"sampling": {which: {"z_pooled": z, "thinning_ratio": ratio} for which in ("training", "test")}}


def test_only_the_published_protocol_with_sound_sampling_has_no_reservations(paper):
    spec = paper.record
    assert reservations(spec, spec, sampling()) == []
    seeds = attrs.evolve(
        spec, seeds=attrs.evolve(spec.seeds, data=1), training=attrs.evolve(spec.training, seeds=(7, 8, 9)), name="mine"
    )
    assert reservations(seeds, spec, sampling()) == []
    two = attrs.evolve(spec, training=attrs.evolve(spec.training, seeds=(8, 9)))
    assert "training seeds" in reservations(two, spec, sampling())[0]
    fewer = attrs.evolve(spec, training=attrs.evolve(spec.training, epochs=19))
    assert "training.epochs" in reservations(fewer, spec, sampling())[0]
    other = attrs.evolve(spec, hamiltonian=attrs.evolve(spec.hamiltonian, terms=spec.hamiltonian.terms[:5]))
    assert "K_BB" in reservations(other, spec, sampling())[0]
    assert reservations(spec, spec, {})
    assert reservations(spec, spec, sampling(z=-5.1))
    assert reservations(spec, spec, sampling(z=None))
    assert reservations(spec, spec, sampling(ratio=0.5))
    falling, rising = ({"seeds": [7], "training": [{"epoch_losses": losses}]} for losses in ([0.5, 0.4], [0.5, 0.6]))
    assert reservations(spec, spec, sampling() | falling) == []
    assert "seed 7" in reservations(spec, spec, sampling() | rising)[0]


def test_the_smoke_run_can_never_say_reproduced(paper, published):
    """Whatever it finds: every published value met exactly."""
    smoke = load_spec(specs_folder() / "smoke.toml").record
    doubts = reservations(smoke, paper.record, sampling())
    assert doubts
    perfect = {}
    for item in published.claims:
        node = perfect
        *path, last = item.measured.split(".")
        for name in path:
            node = node.setdefault(name, {})
        node[last] = {"value": item.published, "standard_error": 1e-4}
    perfect["inversion"] = [perfect["inversion"]] * 3
    assert {judged.verdict for judged in judge_all(published, perfect, doubts)} == {"INCONCLUSIVE"}
    assert "REPRODUCED" in {judged.verdict for judged in judge_all(published, perfect, [])}  # the rule itself can say it


def test_every_claim_measures_something_that_a_run_records(published):
    sections = {item.measured.split(".")[0] for item in published.claims}
    assert sections <= {"inversion", "calibration", "thermodynamic_integration"}


def test_values_of_lists_and_records():
    assert values_at(results(1.0, 2.0), "inversion.r2") == [(1.0, 0.01), (2.0, 0.01)]
    assert values_at({"a": {"b": {"value": 3, "standard_error": None}}}, "a.b")[0][0] == 3
    assert values_at({}, "a.b") == []
