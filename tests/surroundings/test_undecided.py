"""A run that has not converged, or has too few sequences, decides nothing and says why."""

import html
import html.parser
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from paper_repro.spec import load_spec
from paper_repro.studies.reproduction.protocol import published_protocol
from tests.support.commands import command
from tests.support.tiny import tiny_spec, write_spec


def verdicts(run: Path) -> dict[str, str]:
    return {item["claim"]: item["verdict"] for item in json.loads((run / "results.json").read_text(encoding="utf-8"))["verdicts"]}


@pytest.fixture
def own_protocol(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Let the published protocol be a spec itself, so that nothing but its sampling can stand in the way of a verdict."""
    published, _ = published_protocol()

    def of(spec: Path) -> Path:
        for name in ("reproduce", "report"):
            place = f"paper_repro.cli.{name}.published_protocol"
            monkeypatch.setattr(place, lambda: (published, load_spec(spec).record))
        return spec

    return of


LONG = "training_set.snapshots = 100\ntest_set.snapshots = 100\nsampler.burn_in = 500\n"
NO_BURN_IN = """training_set.snapshots = 50
test_set.snapshots = 50
test_set.sequences = 60
sampler.burn_in = 0
sampler.thinning = 10
ladder.replicas = 2
ladder.hottest = 0.1"""
UNSOUND = {
    "burn-in": (NO_BURN_IN, "z_pooled", "sampling of the test set has not converged (pooled z of the energy {:.1f})"),
    "thinning": (f"{LONG}sampler.thinning = 10", "thinning_ratio", "test set are correlated (thinning / autocorrelation = {:.2f})"),
    "too short": ("", "z_pooled", "of the test set cannot be judged (traces too short for an error of the energy)"),
}  # fmt: skip


@pytest.mark.faults("too little")
@pytest.mark.parametrize("case", UNSOUND)
def test_a_run_that_has_not_converged_decides_nothing_and_says_which_figure_says_so(
    case: str, own_protocol: Callable[[Path], Path], tmp_path: Path
) -> None:
    changes, figure, said = UNSOUND[case]
    run = tmp_path / "run"
    status, out, _ = command("reproduce", own_protocol(write_spec(tmp_path, tiny_spec(changes))), "--out", run)
    assert status == 0
    assert set(verdicts(run).values()) == {"INCONCLUSIVE"}
    found = json.loads((run / "results/sampling.json").read_text(encoding="utf-8"))["test"][figure]
    for text in (out, html.unescape((run / "report.html").read_text(encoding="utf-8"))):
        assert (said if found is None else said.format(found)) in " ".join(text.split())
        assert "None" not in text
        assert "not the published protocol" not in text


def test_the_same_run_with_sound_sampling_decides_something(own_protocol: Callable[[Path], Path], tmp_path: Path) -> None:
    """The broken twin of the above."""
    sound = "target.temperature = 0.5\nlikelihood.higher_temperatures = [1.0]\nsampler.thinning = 40\n" + LONG
    run = tmp_path / "run"
    assert command("reproduce", own_protocol(write_spec(tmp_path, tiny_spec(sound))), "--out", run)[0] == 0
    assert json.loads((run / "results.json").read_text(encoding="utf-8"))["caveats"] == []
    assert "DEVIATES" in verdicts(run).values()


@pytest.mark.faults("too little")
@pytest.mark.parametrize("sequences", [1, 2])
def test_too_few_sequences_for_an_error_decide_nothing(
    sequences: int, own_protocol: Callable[[Path], Path], tmp_path: Path
) -> None:
    """Of one sequence there is nothing to resample: no error is no certainty."""
    few = f"test_set.sequences = {sequences}\nreadout.sequences = 1\nchains.shortest = 24\nchains.longest = 24\n"
    spec = write_spec(
        tmp_path, tiny_spec(few + 'sampler.method = "exact"\ntraining.epochs = 20\ntraining.optimiser.learning_rate = 0.01')
    )
    run = tmp_path / "run"
    assert command("reproduce", own_protocol(spec), "--out", run)[0] == 0
    inverted = json.loads((run / "results/inversion-0.json").read_text(encoding="utf-8"))
    assert verdicts(run)["equations"] != "INCONCLUSIVE"  # a count, which needs no error
    assert verdicts(run)["cosine"] == "INCONCLUSIVE"
    assert (inverted["cosine"]["standard_error"] is None) == (sequences == 1)
    assert ("no standard error" in (run / "report.html").read_text(encoding="utf-8")) == (sequences == 1)
