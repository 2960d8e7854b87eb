"""What the paper says of its results, on the published run's weights: golden/statements.json, measured again on fewer sequences."""

import json
import shutil

import pytest

from paper_repro.cli import main
from paper_repro.files import sha256
from paper_repro.spec import load_spec, specs_folder
from paper_repro.studies.reproduction.other_run import results_of_same_law

SEEDS = {"paper": range(10), "refined": range(3)}


@pytest.fixture(scope="module", params=["paper", pytest.param("refined", marks=pytest.mark.slow)])
def recipe(request):
    return request.param


@pytest.fixture(scope="module")
def recorded(golden, recipe):
    return json.loads((golden / {"paper": "statements.json", "refined": "statements-refined.json"}[recipe]).read_text())


@pytest.fixture(scope="module")
def again(golden, recipe, tmp_path_factory):
    path = tmp_path_factory.mktemp("statements") / "again.json"
    weights = [str(golden / f"weights/{recipe}-seed-{seed}.safetensors") for seed in SEEDS[recipe]]
    sizes = ["--sequences", "60", "--snapshots", "1", "--seed", "5"]
    runs = ["--run", str(golden / recipe / "results.json")]
    if recipe == "paper":
        runs += ["--reference-run", str(golden / "refined/results.json"), "--witness", str(golden / "witness.json")]
    assert main(["claims", *weights, *sizes, *runs, "--json", str(path)]) == 0
    return json.loads(path.read_text())


def test_fewer_and_other_sequences_give_the_same_verdicts(recorded, again):
    verdicts = [{item["name"]: item["verdict"] for item in part["statements"]} for part in (recorded, again)]
    assert verdicts[0] == verdicts[1]


def test_fewer_and_other_sequences_give_the_same_values_within_their_errors(recorded, again):
    """Within four combined standard errors.

    ``scale.half_interval`` falls with the number of sequences and is left out, and so is ``discovery.wrong``, which grows with it:
    more sequences show smaller terms.
    """
    for item, other in zip(recorded["statements"], again["statements"], strict=True):
        if item["value"] is None or item["name"] in {"scale", "discovery"}:
            continue
        assert abs(other["value"] - item["value"]) < 4 * (other["error"] ** 2 + item["error"] ** 2) ** 0.5, item["name"]


def test_the_record_is_of_the_weights_that_are_kept(recorded, recipe, golden):
    assert recorded["weights_sha256"] == [sha256(golden / f"weights/{recipe}-seed-{seed}.safetensors") for seed in SEEDS[recipe]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sequences", "1"], "--sequences: 1; expected two or more"),
        (["--sequences", "0"], "--sequences: 0; expected an integer ≥ 1"),
        (["--run", "no.json"], "no.json: cannot be read"),
        (["no.safetensors"], "no.safetensors: cannot be read"),
    ],
)
def test_claims_that_cannot_be_tested_are_one_line(capsys, golden, arguments, said):
    assert main(["claims", str(golden / "weights/smoke-seed-0.safetensors"), *arguments]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1


FAILED = '{"spec": "mine", "spec_sha256": "0", "seeds": [0], "calibration": [{"failed": "no slope", "threshold": -9.0}]}'


def other_temperature(golden, folder):
    """The published run, and a spec at another temperature."""
    warm = (specs_folder() / "paper.toml").read_text().replace("temperature = { value = 0.05,", "temperature = { value = 0.06,")
    (folder / "warm.toml").write_text(warm)
    return golden / "paper/results.json", "paper", ["--spec", str(folder / "warm.toml")]


def other_networks(golden, folder):
    return golden / "refined/results.json", "paper", []


def other_results(golden, folder):
    """The results of one run beside the manifest of another."""
    shutil.copy(golden / "paper/results.json", folder)
    shutil.copy(golden / "refined/manifest.json", folder)
    return folder / "results.json", "paper", []


def without_a_plateau(golden, folder):
    shutil.copy(golden / "paper/manifest.json", folder)
    data = json.loads((golden / "paper/results.json").read_text())
    (folder / "results.json").write_text(json.dumps(data | {"calibration": []}))
    return folder / "results.json", "paper", []


OTHER_RUNS = {
    other_temperature: "results of another law or chain: target.temperature: 0.05 → 0.06; expected those of the law of spec",
    other_networks: "results of a run that has not made ",
    other_results: "results of spec 3bddc3c6d005; expected those of the run in its folder, b41588e0b76b",
    without_a_plateau: "no gap of a plateau in it",
}


@pytest.mark.parametrize("option", ["--run", "--reference-run"])
@pytest.mark.parametrize("case", OTHER_RUNS)
def test_results_that_something_else_has_made_are_refused_before_any_work(capsys, golden, tmp_path, case, option, monkeypatch):
    """``--run`` alone must have the same networks: a better training has others."""
    run, name, more = case(golden, tmp_path)
    monkeypatch.setattr("paper_repro.cli.claims._networks", lambda *_: pytest.fail("work") if option == "--run" else None)
    if (option, case) == ("--reference-run", other_networks):
        found = results_of_same_law(run, load_spec(specs_folder() / "paper.toml").record)
        assert found.calibration
        return
    assert main(["claims", str(golden / f"weights/{name}-seed-0.safetensors"), option, str(run), *more]) == 2
    errors = capsys.readouterr().err
    assert OTHER_RUNS[case] in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"calibration": [3]}', "not the results of a run"),
        (FAILED, "results of spec 'mine', 0, without the manifest.json of their run; expected the results.json in its"),
        (FAILED.replace('"seeds": [0]', '"seeds": 0'), "seeds: a value of another kind; expected a list"),
        ('{"calibration": 3}', "not the results of a run"),
        ("[]", "expected an object"),
        ("{", "not JSON"),
    ],
)
def test_results_of_something_else_are_one_line(capsys, golden, tmp_path, text, said):
    (tmp_path / "other.json").write_text(text)
    assert main(["claims", str(golden / "weights/smoke-seed-0.safetensors"), "--run", str(tmp_path / "other.json")]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1
