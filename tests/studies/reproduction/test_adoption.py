"""Trainings that exist: found by what their files say, each mismatch one line, and all that follows made from them.

tests/formats/weights-4.safetensors is training seed 1 of the tiny spec; golden/weights holds trainings of three specs.
"""

import json
import shutil
from pathlib import Path

import attrs
import pytest
from rich.console import Console

from paper_repro.cli.reproduce import run_spec
from paper_repro.files import InputError, sha256
from paper_repro.pipeline.manifest import mismatches, read_manifest
from paper_repro.report.document import Table
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.spec import constants_of, load_spec, specs_folder, training_digest
from paper_repro.studies.reproduction.adoption import find_trainings, with_trainings
from paper_repro.studies.reproduction.networks import trained
from paper_repro.studies.reproduction.plan import plan_reproduction
from paper_repro.studies.reproduction.protocol import published_protocol
from paper_repro.studies.reproduction.results_file import read_results, write_results
from paper_repro.studies.reproduction.run_files import force_of_network
from paper_repro.studies.reproduction.stages.report import report_in
from tests.support.tiny import Listener, make_run, shas, silent
from tests.support.values import changed as changed_spec
from tests.support.values import changes, label

TRAINED = Path(__file__).parents[2] / "formats" / "weights-4.safetensors"


@pytest.fixture
def folder(tmp_path):
    """A folder with one training of the tiny spec, seed 1."""
    found = tmp_path / "weights"
    found.mkdir()
    shutil.copy(TRAINED, found / "mine.safetensors")
    return found


def changed(folder, name, **metadata):
    tensors, stated = read_tensors(TRAINED)
    write_tensors(folder / name, tensors, stated | metadata)


def found_in(folder, tiny):
    said = []
    return find_trainings(folder, load_spec(tiny).record, said.append), said


@pytest.mark.parametrize(("name", "seeds"), [("paper", tuple(range(10))), ("refined", (0, 1, 2)), ("smoke", (0,))])
def test_the_golden_trainings_of_each_spec_are_found(golden, name, seeds):
    """By the digest of their training, or in files before format 6 by that of their spec on that day."""
    said = []
    spec = load_spec(specs_folder() / f"{name}.toml").record
    found = find_trainings(golden / "weights", spec, said.append)
    assert tuple(training.seed for training in found) == seeds
    for training in found:
        path = golden / "weights" / f"{name}-seed-{training.seed}.safetensors"
        assert (training.record.file, training.record.sha256) == (path.name, sha256(path))
    others = {path.name for path in (golden / "weights").glob("*.safetensors")} - {training.record.file for training in found}
    assert {line.split(" ")[0] for line in said} == others
    for line in said:
        kind = "training" if line.startswith("refined") else "spec"  # the refined ones alone are of format 6
        assert f".safetensors is left out: {kind} " in line
        assert "\n" not in line


@pytest.mark.parametrize(("name", "seeds"), [("paper", tuple(range(10))), ("refined", (0, 1, 2)), ("smoke", (0,))])
def test_the_golden_trainings_serve_specs_with_the_same_training(golden, name, seeds):
    """Those before format 6 too, which state the digest of a spec of this project."""
    spec, said = load_spec(specs_folder() / f"{name}.toml").record, []
    other = attrs.evolve(spec, inversion=attrs.evolve(spec.inversion, query_times=(2e-3, 6e-3)))
    found = find_trainings(golden / "weights", other, said.append)
    assert tuple(training.seed for training in found) == seeds
    assert sum("; 0.002, 0.006 of the spec are used" in line for line in said) == len(seeds)


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"spec_sha256": "0" * 64}, "spec 000000000000; expected "),
        ({"spec_sha256": ""}, "spec not stated; expected "),
        ({"steps": "5"}, "5 steps; expected 6"),
        ({"steps": ""}, "no steps; expected 6"),
        ({"training_sha256": "0" * 64}, "training 000000000000; expected "),
        ({"training_sha256": ""}, "training not stated; expected "),
        ({"seed": "-1"}, "seed '-1'; expected the seed"),
        ({"seed": "one"}, "seed 'one'; expected the seed"),
    ],
)
def test_a_mismatch_is_one_line_and_the_file_is_left_out(folder, tiny, metadata, why):
    changed(folder, "other\x1b.safetensors", **metadata)
    found, said = found_in(folder, tiny)
    assert [training.seed for training in found] == [1]
    assert len(said) == 1
    assert said[0].startswith(r"other\x1b.safetensors is left out: ")
    assert why in said[0]


@pytest.mark.faults("damaged")
def test_what_cannot_be_used_at_all_is_an_error(folder, tiny, golden, tmp_path):
    changed(folder, "same tensors.safetensors")
    assert [training.seed for training in found_in(folder, tiny)[0]] == [1]  # twice the same training
    tensors, stated = read_tensors(TRAINED)
    write_tensors(folder / "other.safetensors", tensors | {name: -tensor for name, tensor in tensors.items()}, stated)
    with pytest.raises(InputError, match=r"mine\.safetensors and other\.safetensors are both of seed 1"):
        found_in(folder, tiny)
    (folder / "other.safetensors").write_bytes(TRAINED.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"other\.safetensors: cannot be read as safetensors"):
        found_in(folder, tiny)
    (folder / "other.safetensors").write_bytes(TRAINED.read_bytes()[:-4] + b"abcd")  # whole, but not as it was written
    (folder / "mine.safetensors").unlink()
    with pytest.raises(InputError, match="do not match the SHA-256"):
        found_in(folder, tiny)
    with pytest.raises(InputError, match="no weights of spec tiny"):
        found_in(golden / "weights", tiny)
    with pytest.raises(InputError, match="does not exist"):
        found_in(tmp_path / "none", tiny)
    with pytest.raises(InputError, match="not a folder"):
        found_in(TRAINED, tiny)


def test_nothing_is_trained_and_the_record_says_whose_weights_they_are(folder, tiny, tmp_path):
    """Another seed than those of the spec: the number of trainings is that of the files. Started again, nothing is made."""
    made, _ = found_in(folder, tiny)
    loaded, out = with_trainings(load_spec(tiny), made), tmp_path / "run"
    assert "adopt seed 1" in make_run(loaded.record, out, adopted=made).made
    assert make_run(loaded.record, out, adopted=made).made == []
    manifest = read_manifest(out)
    assert not [name for name in manifest.stages if name.startswith("train")]
    assert (out / "weights/seed-1.safetensors").read_bytes() == TRAINED.read_bytes()
    assert manifest.outputs["weights/seed-1.safetensors"] == sha256(TRAINED)
    report = report_in(out, manifest, loaded.record, *published_protocol())
    assert (report.results.seeds, len(report.results.inversion.trained)) == ((1,), 1)
    (tmp_path / "results.json").write_bytes(write_results(report.results))
    adopted = read_results(tmp_path / "results.json").adopted.trained[0]
    assert (adopted.file, adopted.sha256, adopted.steps, adopted.made) == ("mine.safetensors", sha256(TRAINED), 6, {})
    section = next(section for section in report.sections if section.title == "Training")
    assert next(section.blocks_of(Table)).rows == (
        ("seed 1", "6", "mine.safetensors", adopted.sha256[:12], adopted.spec_sha256[:12], "not stated in the file"),
    )
    assert "1 training seeds where the protocol has 3" in report.results.caveats


def test_the_command_takes_the_seeds_of_the_files_and_says_what_it_leaves_out(folder, tiny, tmp_path):
    changed(folder, "another.safetensors", steps="5")
    out, screen = tmp_path / "run", tmp_path / "screen"
    with screen.open("w") as stream:
        assert run_spec(tiny, out, Console(file=stream, width=200), stage="sample", weights=folder) == 0
    assert "another.safetensors is left out: 5 steps; expected 6" in screen.read_text()
    assert read_manifest(out).spec["training"]["seeds"] == [1]
    row = next(
        row for row in constants_of(with_trainings(load_spec(tiny), found_in(folder, tiny)[0])) if row.name == "training.seeds"
    )
    assert (row.value, row.source) == ("1", "the trainings whose weights were given")
    with pytest.raises(InputError, match=r"another spec \(training\.seeds: "):
        run_spec(tiny, out, silent())


def test_a_run_goes_on_with_more_trainings_and_on_the_data_of_another_number_of_them(folder, tiny, tmp_path):
    spec, out = load_spec(tiny).record, tmp_path / "run"
    make_run(spec, out, Listener(), "sample")
    (found,) = found_in(folder, tiny)[0]
    second = attrs.evolve(found, seed=7)
    for made in ((found,), (found, second)):
        changed_spec = with_trainings(load_spec(tiny), made).record
        assert make_run(changed_spec, out, Listener(), "sample", adopted=made).made == []
        assert make_run(changed_spec, out, Listener(), "adopt", adopted=made).made == [f"adopt seed {made[-1].seed}"]
        assert read_manifest(out).spec["training"]["seeds"] == [training.seed for training in made]
    other = attrs.evolve(changed_spec, training=attrs.evolve(changed_spec.training, epochs=3))
    with pytest.raises(InputError, match=r"another spec \(training\.epochs: 2 → 3\)"):
        make_run(other, out, adopted=made)
    with pytest.raises(InputError, match=r"another spec \(training\.seeds: "):
        make_run(spec, out)


def test_trainings_take_the_place_of_those_made_here_and_the_other_way(folder, tiny, tmp_path):
    """In the run of the same seeds: what was made of the other weights is made again, and no file is of two stages."""
    loaded = with_trainings(load_spec(tiny), found_in(folder, tiny)[0])
    made, _ = found_in(folder, tiny)
    out = tmp_path / "run"
    for kind in ("sample", "train"):
        make_run(loaded.record, out, Listener(), kind)
    trained = shas(out)["weights/seed-1.safetensors"]
    make_run(loaded.record, out, Listener(), "adopt", adopted=made)
    manifest = read_manifest(out)
    assert "train seed 1" not in manifest.stages
    assert manifest.outputs["weights/seed-1.safetensors"] == sha256(TRAINED) != trained
    assert not (out / "results/training-1.json").exists()
    make_run(loaded.record, out, Listener(), "train")
    manifest = read_manifest(out)
    assert "adopt seed 1" not in manifest.stages
    assert manifest.outputs["weights/seed-1.safetensors"] == trained
    assert not [line for record in manifest.stages.values() for line in mismatches(out, record)]


def test_new_trainings_and_given_ones_exclude_each_other(folder, tiny, tmp_path):
    with pytest.raises(InputError, match="--weights: with --stage train"):
        run_spec(tiny, tmp_path / "run", silent(), stage="train", weights=folder)
    assert not (tmp_path / "run").exists()


def test_a_training_serves_every_spec_that_has_it(tiny, tmp_path):
    """Other query times, another likelihood, another test set: the weights are found, and the run uses its own query times."""
    spec = load_spec(tiny).record
    make_run(spec, tmp_path / "trained", Listener(), "sample")
    make_run(spec, tmp_path / "trained", Listener(), "train")
    weights, said = tmp_path / "trained" / "weights", []
    other = attrs.evolve(
        spec,
        inversion=attrs.evolve(spec.inversion, query_times=(1e-3, 5e-3)),
        likelihood=attrs.evolve(spec.likelihood, steps=7),
        test_set=attrs.evolve(spec.test_set, snapshots=1),
    )
    found = find_trainings(weights, other, said.append)
    assert [training.seed for training in found] == [0, 1]
    assert said == [f"seed-{seed}.safetensors states the query times 0.0001; 0.001, 0.005 of the spec are used" for seed in (0, 1)]
    for kind in ("sample", "adopt", "invert"):
        make_run(other, tmp_path / "adopted", Listener(), kind, adopted=found)
    assert force_of_network(tmp_path / "adopted", other, trained(0)).times == (1e-3, 5e-3)
    for kind in ("sample", "train", "invert"):
        make_run(other, tmp_path / "own", Listener(), kind)
    for seed in (0, 1):
        name = f"results/inversion-{seed}.json"
        assert (tmp_path / "adopted" / name).read_bytes() == (tmp_path / "own" / name).read_bytes()
    longer = attrs.evolve(spec, training=attrs.evolve(spec.training, epochs=4))
    with pytest.raises(InputError, match="no weights of spec tiny"):
        find_trainings(weights, longer, said.append)
    assert any(line.startswith("seed-0.safetensors is left out: training ") for line in said)


@pytest.mark.parametrize("change", changes(), ids=label)
def test_the_digest_of_a_training_covers_what_determines_its_stages(tiny, change):
    """A value changes it where it changes what the stages of the training set or of a training depend on, apart from the seed."""
    spec = load_spec(tiny).record
    try:
        other = changed_spec(spec, change)
    except ValueError:
        return  # contradicts another value
    without = {"test_set", "query_times"}  # the size of the test set, which follows the training set; what the file states

    def made_from(spec):
        stages = plan_reproduction(attrs.evolve(spec, training=attrs.evolve(spec.training, seeds=(0,)))).stages
        parts = [stage.constants for stage in stages if stage.name.startswith(("sample training", "train seed"))]
        return [{name: value for name, value in part.items() if name not in without} for part in parts]

    assert (training_digest(other) != training_digest(spec)) == (made_from(other) != made_from(spec))


def test_weights_trained_here_say_what_trained_them(tiny, tmp_path):
    spec = load_spec(tiny).record
    make_run(spec, tmp_path / "run", Listener(), "sample")
    make_run(spec, tmp_path / "run", Listener(), "train")
    made = json.loads(read_tensors(tmp_path / "run/weights/seed-0.safetensors")[1]["made"])
    assert made["device"] == "cpu"
    assert made.keys() == {"device", "processor", "paper_repro", "torch"}
    found = find_trainings(tmp_path / "run/weights", spec, pytest.fail)
    assert [training.seed for training in found] == [0, 1]
    assert found[0].record.made == made
