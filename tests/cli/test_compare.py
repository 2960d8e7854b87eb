"""``paper-repro compare``: the numbers are those of the runs, and a difference of their specs is said."""

import json
import math
import re
import shutil
import statistics

import pytest

from paper_repro import cli
from paper_repro.studies.reproduction.results_file import read_results


def compared(*folders, capsys):
    assert cli.main(["compare", *map(str, folders), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


@pytest.fixture
def copied(golden, tmp_path):
    """A copy of the published run's record, in which a part can be changed."""
    for name in ("results.json", "manifest.json"):
        shutil.copy(golden / "paper" / name, tmp_path / name)
    return tmp_path


def test_two_runs_are_compared_by_the_numbers_that_they_recorded(golden, capsys):
    (paper, refined), screen = compared(golden / "paper", golden / "refined", capsys=capsys)
    results = read_results(golden / "refined/results.json")
    assert (paper["run"], refined["run"], refined["seeds"]) == ("paper", "refined", [0, 1, 2])
    assert refined["r2"] == [part.r2.value for part in results.inversion.trained]
    assert refined["scale_over_beta"] == [part.scale.value / 20 for part in results.inversion.trained]
    assert refined["alpha"] == [part.alpha.value for part in results.calibration.trained]
    assert refined["gap_per_spin"] == [part.gap.value / 20 for part in results.calibration.trained]
    assert paper["differences"] == []
    assert "diffusion.time_sampling: uniform → log-uniform" in refined["differences"]
    assert not [line for line in refined["differences"] if line.startswith(("name", "training.seeds"))]
    assert re.search(r"│α +│ +1 │", screen)
    for words in ("Runs compared", "β_eff = αβ", f"{statistics.fmean(paper['r2']):.4f}", "time_sampling"):
        assert words in screen.replace("\n", "")


def test_two_runs_of_one_spec_have_two_names_and_no_difference(golden, copied, capsys):
    """A value that is changed in one is another number in the table: the broken twin."""
    results = json.loads((copied / "results.json").read_text())
    results["inversion"][1]["r2"]["value"] = 0.5
    (copied / "results.json").write_text(json.dumps(results))
    (first, second), screen = compared(golden / "paper", copied, capsys=capsys)
    assert second["run"] == f"paper in {copied}"
    assert second["differences"] == []
    assert (second["r2"][1], second["cosine"]) == (0.5, first["cosine"])
    assert "in this run" not in screen
    assert math.isclose(statistics.fmean(first["r2"]) - statistics.fmean(second["r2"]), (first["r2"][1] - 0.5) / len(first["r2"]))


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json: cannot be read"),
        (lambda folder: (folder / "results.json").unlink(), "results.json: cannot be read"),
        (lambda folder: (folder / "results.json").write_text("{"), "results.json: not JSON"),
    ],
)
def test_what_is_no_run_is_one_line(golden, copied, capsys, break_it, said):
    break_it(copied)
    assert cli.main(["compare", str(golden / "paper"), str(copied)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_a_run_without_an_inversion_is_refused(copied, capsys):
    results = json.loads((copied / "results.json").read_text())
    results["inversion"] = []
    (copied / "results.json").write_text(json.dumps(results))
    assert cli.main(["compare", str(copied)]) == 2
    assert "no inversion of a trained network" in capsys.readouterr().err
