"""results.json: what is written is read again as it was, files of the first format too, and what does not fit is one line."""

import json
import math

import pytest

from paper_repro.files import InputError
from paper_repro.studies.reproduction.results import ByNetwork, Calibration, FailedCalibration, Results, Sampling
from paper_repro.studies.reproduction.results_file import FORMAT, as_json, read_part, read_results, write_results


def numbers(data, path=""):
    """Yield every leaf with its path."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if items is None:
        yield path, data
    else:
        for key, value in items:
            yield from numbers(value, f"{path}.{key}")


@pytest.fixture(scope="module")
def first(first_run):
    return read_results(first_run / "results.json")


@pytest.mark.parametrize("file", ["run-1/results.json", "results-1-refined.json"])
def test_files_of_the_first_format_keep_every_number_where_it_stood(file, pytestconfig):
    path = pytestconfig.rootpath / "tests/formats" / file
    old, new = json.loads(path.read_text()), json.loads(write_results(read_results(path)))
    assert new["format"] == FORMAT
    before, after = dict(numbers(old)), dict(numbers(new))
    moved = {name for name, value in before.items() if name not in after or after[name] != value}
    renamed = {name for name in moved if before[name] == "same-law" and after[name] == "same-distribution"}
    assert len(renamed) == 1
    assert all(".above_" in name or ".bond_cosines." in name or ".reservations." in name for name in moved - renamed)
    assert len(before) > 20_000
    for index, part in enumerate(old["calibration"]):
        for k in range(4):
            assert new["calibration"][index]["above"][k] == part[f"above_{k}"]
    bonds = old["sampling"]["bond_cosines"]
    assert {"edges": bonds.pop("edges"), "counts": bonds} == new["sampling"]["bond_cosines"]
    assert new["caveats"] == old["reservations"]


@pytest.mark.parametrize("run", ["tests/formats/run-1", "golden/refined", "golden/paper"])
def test_what_is_written_is_read_as_it_was(run, pytestconfig, tmp_path):
    written = write_results(read_results(pytestconfig.rootpath / run / "results.json"))
    (tmp_path / "results.json").write_bytes(written)
    assert write_results(read_results(tmp_path / "results.json")) == written


def test_a_number_that_is_not_finite_is_null_in_the_file_and_nan_in_the_record(first):
    part = first.inversion.trained[0]
    assert math.isnan(part.r2_about_zero.standard_error)
    assert b'"standard_error": null' in as_json(part)
    assert b"NaN" not in write_results(first)


def test_networks_have_names(first):
    results = first
    assert [name for name, _ in results.named(results.inversion)] == ["seed 0", "seed 1", "seed 2", "authors' weights"]
    assert [name for name, _ in results.named(results.training)] == ["seed 0", "seed 1", "seed 2"]
    assert results.named(results.inversion)[3][1] is results.inversion.authors
    alone = ByNetwork((), results.inversion.authors)
    assert [name for name, _ in results.named(alone)] == ["authors' weights"]
    assert not alone


def test_a_failed_calibration_is_a_record_of_its_own(first, tmp_path):
    data = json.loads(write_results(first))
    data["calibration"][1] = {"failed": "the slope is -1", "threshold": -9.5}
    (tmp_path / "results.json").write_text(json.dumps(data))
    results = read_results(tmp_path / "results.json")
    assert results.calibration.trained[1] == FailedCalibration("the slope is -1", -9.5)
    assert json.loads(write_results(results)) == data


def test_sections_that_were_not_made_are_no_keys(tmp_path):
    nothing = Results("none", "0", (0, 1))
    (tmp_path / "results.json").write_bytes(write_results(nothing))
    data = json.loads((tmp_path / "results.json").read_text())
    assert set(data) == {"format", "spec", "spec_sha256", "seeds", "caveats", "determinism", "verdicts", "authors"}
    assert write_results(read_results(tmp_path / "results.json")) == write_results(nothing)


def put(*keys):
    """Return a change that puts the last of ``keys`` where the others lead."""

    def change(data):
        *way, last, value = keys
        for key in way:
            data = data[key]
        data[last] = value

    return change


def drop(*keys):
    def change(data):
        *way, last = keys
        for key in way:
            data = data[key]
        del data[last]

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("more", 1), "unknown key 'more'"),
        (drop("spec"), "spec: missing"),
        (drop("inversion", 1, "r2"), "inversion[1].r2: missing"),
        (put("inversion", 1, "r2", "value", "x"), "inversion[1].r2.value: 'x'; expected a number or null"),
        (put("inversion", 1, "r2", "value", True), "inversion[1].r2.value: True; expected a number or null"),
        (put("inversion", 1, "ratios", "J_AB", "more", 1), "inversion[1].ratios.J_AB: unknown key 'more'"),
        (put("inversion", 3), "inversion: a value of another kind; expected a list"),
        (put("authors", "inversion", "r2", "value", "x"), "inversion.authors.r2.value: 'x'"),
        (put("authors", "more", 1), "unknown key 'authors.more'"),
        (put("authors", 1), "expected an object, with an object 'authors'"),
        (put("training", 0, "steps", 1.0), "training[0].steps: 1.0; expected an integer"),
        (put("sampling", 3), "sampling: a value of another kind; expected an object"),
        (put("sampling", "test", "swap_rates", [1, "x"]), "sampling.test.swap_rates: [1, 'x']; expected a list of numbers"),
        (put("sampling", "test", "lengths", [1.5]), "sampling.test.lengths: [1.5]; expected a list of integers"),
        (put("readout", 0, "quartiles", [[1.0], [1.0, 2.0]]), "expected a list of numbers, rows of one length"),
        (put("sampling", "test", "autocorrelation_of_energy", "converged", 1), "converged: 1; expected true or false"),
        (put("constants", 2, ["a"]), "constants[2]: ['a']; expected 7 strings"),
        (put("verdicts", 0, "verdict", "MAYBE"), "verdicts[0].verdict: 'MAYBE'; expected one of 'REPRODUCED'"),
        (put("format", "paper_repro results 4"), "which a newer paper_repro has written"),
        (drop("format"), "bond_cosines"),
    ],
)
def test_what_does_not_fit_is_one_line_with_its_path(first, tmp_path, change, said):
    data = json.loads(write_results(first))
    change(data)
    other = tmp_path / "results.json"
    other.write_text(json.dumps(data))
    with pytest.raises(InputError) as found:
        read_results(other)
    assert said in str(found.value)
    assert str(found.value).startswith(str(other))
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "expected an object"),
        ("{", "not JSON"),
        ("{}", "missing"),
        ('{"calibration": [3]}', "not the results"),
        ("", "not JSON"),
    ],
)
def test_a_file_of_something_else_is_one_line(tmp_path, text, said):
    other = tmp_path / "results.json"
    other.write_text(text)
    with pytest.raises(InputError, match=said):
        read_results(other)
    with pytest.raises(InputError, match=r"results/none\.json: cannot be read"):
        read_part(tmp_path / "results/none.json", FailedCalibration)


def test_files_of_stages_before_format_3_are_read(first, tmp_path):
    """The shape of the plateau was not in them, and the histograms of the bonds stood beside their edges."""
    recorded = first
    path, old = tmp_path / "part.json", json.loads(as_json(recorded.calibration.trained[0]))
    for name in ("above", "flat_until"):
        del old[name]
    path.write_text(json.dumps(old))
    found = read_part(path, Calibration)
    assert (found.above, found.gap) == ((), recorded.calibration.trained[0].gap)
    assert math.isnan(found.flat_until.value)
    old = json.loads(as_json(recorded.sampling))
    old["bond_cosines"] = {"edges": old["bond_cosines"]["edges"]} | old["bond_cosines"]["counts"]
    path.write_text(json.dumps(old))
    assert as_json(read_part(path, Sampling)) == as_json(recorded.sampling)
