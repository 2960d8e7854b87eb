"""What a run survives, and what it refuses: damage, interruption, other specs, workers that die. On a spec of seconds."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor, wait

import attrs
import numpy as np
import pytest

from paper_repro.analysis import likelihood
from paper_repro.cli.report import show_report
from paper_repro.cli.reproduce import run_spec
from paper_repro.cli.verify import verify
from paper_repro.files import InputError, sha256
from paper_repro.pipeline.engines import Engine, Task, make_stage, processes
from paper_repro.pipeline.environment import packages
from paper_repro.pipeline.lock import lock
from paper_repro.pipeline.manifest import FORMAT, NAME, read_manifest, write_manifest
from paper_repro.spec import load_spec
from paper_repro.studies.reproduction.plan import plan_reproduction
from tests.support.tiny import Listener, dying, make_run, opened, sealed, shas, silent


@pytest.mark.faults("damaged")
def test_results_of_other_code_are_named_and_not_a_traceback(done, tmp_path):
    run = shutil.copytree(done, tmp_path / "run")
    manifest = read_manifest(run)
    path = run / "results/sampling.json"
    data = json.loads(path.read_text())
    del data["conformations"]
    path.write_text(json.dumps(data))
    altered = attrs.evolve(manifest.stages["diagnose sampling"], outputs={"results/sampling.json": sha256(path)})
    write_manifest(run, attrs.evolve(manifest, stages={**manifest.stages, "diagnose sampling": altered}))
    with pytest.raises(InputError, match=r"sampling\.json: conformations: missing"):
        show_report(run, silent())


@pytest.mark.faults("signal")
def test_an_interrupted_run_goes_on_to_the_same_bytes(done, tiny, tmp_path):
    spec = load_spec(tiny).record
    for stage in ("sample test 1/1", "train seed 1", "invert seed 1", "calibrate seed 0"):
        with pytest.raises(KeyboardInterrupt):
            make_run(spec, tmp_path / "run", Listener(stage))
    make_run(spec, tmp_path / "run", Listener())
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert ours == {name: theirs[name] for name in ours}
    reported = {*read_manifest(done).stages["report"].outputs, "results/constants.json"}
    assert {name for name in theirs if name not in ours} == reported


@pytest.mark.faults("damaged")
def test_an_altered_output_is_found_and_made_again(done, tiny):
    path = done / "results/inversion-1.json"
    whole = path.read_bytes()
    assert verify(done) == 0
    path.write_bytes(whole.replace(b"0", b"1", 1))
    assert verify(done) == 1
    path.unlink()
    assert verify(done) == 1
    listener = Listener()
    make_run(load_spec(tiny).record, done, listener)
    assert listener.made == ["invert seed 1"]
    assert any("missing" in note for note in listener.notes)
    assert path.read_bytes() == whole


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("damage", [lambda data: b"{}", lambda data: data.replace(b"0", b"1", 1)])
def test_a_number_that_nobody_made_never_reaches_a_report(done, damage):
    path = done / "results/inversion-1.json"
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.raises(InputError, match=r"inversion-1\.json"):
        show_report(done, silent())
    path.write_bytes(whole)


@pytest.mark.faults("damaged")
def test_a_damaged_checkpoint_is_said_and_training_starts_again(done, tiny, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        make_run(load_spec(tiny).record, run, Listener("train seed 0"))
    (run / "weights").mkdir()
    (run / "weights/seed-0.checkpoint.safetensors").write_text("junk")
    listener = Listener("invert seed 0")
    with pytest.raises(KeyboardInterrupt):
        make_run(load_spec(tiny).record, run, listener)
    assert any("checkpoint" in note and "starts again" in note for note in listener.notes)
    assert (run / "weights/seed-0.safetensors").read_bytes() == (done / "weights/seed-0.safetensors").read_bytes()


@pytest.mark.faults("worker")
def test_worker_processes_make_the_same_bytes_and_one_that_is_killed_changes_none(done, tiny, tmp_path):
    listener = Listener()
    run = opened(load_spec(tiny).record, tmp_path / "run", listener, engine=processes(2))
    stages = run.plan.stages
    (victim,) = [stage for stage in stages if stage.name == "sample test 1/1"]
    victims = {id(victim): dying(victim, tmp_path / "marker")}
    run.make([victims.get(id(stage), stage) for stage in stages])
    assert any("a worker died; its share is repeated" in note for note in listener.notes)
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert len(ours) == len(stages) + 4  # of each training its weights at the end of two epochs, and its losses
    assert ours == {name: theirs[name] for name in ours}


@pytest.mark.faults("signal")
def test_a_likelihood_goes_on_with_the_configurations_that_were_followed(done, tiny, tmp_path, monkeypatch):
    """Stopped after one configuration of eight; a damaged remainder is said, and followed again."""
    run, name = shutil.copytree(done, tmp_path / "run"), "results/likelihood-0-0.json"
    (run / name).unlink()
    monkeypatch.setattr(likelihood, "_GROUP", 1)
    whole = (done / name).read_bytes()
    partial = run / "results/likelihood-0-0.partial.safetensors"

    class Stopping(Listener):
        def advance(self, reached, note=""):
            followed.append(reached)
            if stop and reached == 3:
                raise KeyboardInterrupt

    for damage in (None, lambda data: data[:-3]):
        (run / name).unlink(missing_ok=True)
        followed, stop = [], True
        with pytest.raises(KeyboardInterrupt):
            make_run(load_spec(tiny).record, run, Stopping())
        if damage is not None:
            partial.write_bytes(damage(partial.read_bytes()))
        followed, stop = [], False
        listener = Stopping()
        make_run(load_spec(tiny).record, run, listener)
        assert followed[0] == (4 if damage is None else 1)
        assert any("are computed again" in note for note in listener.notes) == (damage is not None)
        assert not partial.exists()
        ours, theirs = (np.array(json.loads(text)["log_likelihoods"]) for text in ((run / name).read_bytes(), whole))
        assert np.abs(ours - theirs).max() < 1e-4  # other groups here, so other rounding


def failing(*_):
    raise InputError("here", "a fault", "none")


@pytest.mark.faults("worker")
def test_a_fault_on_a_worker_loses_nothing_that_came_with_it(tiny, tmp_path):
    """Both come back before either is looked at."""

    class Both(ThreadPoolExecutor):
        def submit(self, *arguments):
            future = super().submit(*arguments)
            wait([future])
            return future

    run = opened(load_spec(tiny).record, tmp_path / "run", Listener(), engine=Engine(lambda: Both(2), 2, 1))
    first, second, *_ = run.plan.stages
    with pytest.raises(InputError, match="here: a fault"):
        run.make([attrs.evolve(first, make=failing), second])
    assert list(read_manifest(tmp_path / "run").stages) == [second.name]


@pytest.mark.faults("worker")
def test_a_worker_of_another_version_or_without_the_folder_is_refused(done, tiny, tmp_path):
    stages = {stage.name: stage for stage in plan_reproduction(load_spec(tiny).record).stages}
    stage = stages["invert seed 0"]
    inputs = tuple(sha256(done / name) for name in stage.inputs)
    task = Task(stage, done, inputs, 1, packages())
    assert make_stage(task).files == {stage.outputs[0]: (done / stage.outputs[0]).read_bytes()}
    with pytest.raises(InputError, match=r"numpy .*; expected numpy 0.1, as the process"):
        make_stage(attrs.evolve(task, versions=packages() | {"numpy": "0.1"}))
    with pytest.raises(InputError, match="missing or altered; expected a run directory that every worker sees"):
        make_stage(attrs.evolve(task, folder=tmp_path))


@pytest.mark.faults("two")
def test_two_processes_on_one_run_directory(tiny, tmp_path):
    with lock(tmp_path / "run", print):
        with pytest.raises(InputError, match=rf"in use by process {os.getpid()} on .* since ") as caught:
            run_spec(tiny, tmp_path / "run", silent())
        assert "one process at a time" in str(caught.value)
        assert not (tmp_path / "run" / NAME).exists()
    with lock(tmp_path / "run", print):
        pass


MANIFEST_DAMAGES = {
    "cut": lambda text: text[:100], "empty": lambda text: "",
    "flipped": lambda text: text.replace('"seconds": ', '"seconds": 1', 1),
    "spec": lambda text: text.replace('"hottest": 5.0', '"hottest": 6.0'), "gone": None,
}  # fmt: skip


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("damage", MANIFEST_DAMAGES)
def test_a_damaged_manifest_is_named_and_the_one_before_it_is_used(done, tiny, tmp_path, damage):
    run = shutil.copytree(done, tmp_path / "run")
    if MANIFEST_DAMAGES[damage] is None:
        (run / NAME).unlink()
    else:
        text = (run / NAME).read_text()
        (run / NAME).write_text(MANIFEST_DAMAGES[damage](text))
        assert (run / NAME).read_text() != text
    with pytest.raises(InputError, match=NAME):
        read_manifest(run)
    listener = Listener()
    make_run(load_spec(tiny).record, run, listener)
    assert sum("the previous manifest is used" in note for note in listener.notes) == 1
    assert listener.made == []  # the report came last


@pytest.mark.faults("killed")
def test_what_a_killed_writer_left_is_removed(done, tiny, tmp_path):
    run = shutil.copytree(done, tmp_path / "run")
    (run / "results/.readout-0.json.abc.tmp").write_text("half")
    opened(load_spec(tiny).record, run, Listener())
    assert not list(run.rglob("*.tmp"))


@pytest.mark.faults("other spec")
def test_a_stage_is_made_again_when_what_it_reads_has_changed(done, tiny):
    """Weights replaced by others, manifest and all: what was read out of them is stale."""
    manifest_path = done / NAME
    kept = {path: path.read_bytes() for path in (manifest_path, *done.rglob("*.safetensors"), *(done / "results").iterdir())}
    first, second = done / "weights/seed-0.safetensors", done / "weights/seed-1.safetensors"
    text = manifest_path.read_text()
    outputs = read_manifest(done).stages
    old, new = (outputs[f"train seed {seed}"].outputs[f"weights/seed-{seed}.safetensors"] for seed in (0, 1))
    first.write_bytes(second.read_bytes())
    manifest_path.write_text(sealed(text.replace(old, new)))
    listener = Listener()
    make_run(load_spec(tiny).record, done, listener)
    assert {"invert seed 0", "read W of seed 0", "calibrate seed 0"} <= set(listener.made)
    assert "invert seed 1" not in listener.made
    for path, data in kept.items():
        path.write_bytes(data)
    assert verify(done) == 0


@pytest.mark.faults("other spec")
def test_another_spec_is_refused_naming_what_differs(done, tiny):
    spec = load_spec(tiny).record
    other = attrs.evolve(spec, training=attrs.evolve(spec.training, epochs=3))
    with pytest.raises(InputError, match=r"training\.epochs: 2 → 3"):
        opened(other, done, Listener())


@pytest.mark.faults("other spec")
def test_a_folder_that_holds_something_else_is_left_alone(tiny, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds no run"):
        opened(load_spec(tiny).record, tmp_path, Listener())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.faults("damaged")
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:100],
        lambda text: "[]",
        lambda text: text.replace(FORMAT, "paper_repro run 99"),
        lambda text: text.replace('"seconds"', '"minutes"'),
        lambda text: sealed(text.replace("results/inversion-0.json", "../../etc/passwd")),
        lambda text: sealed(text.replace("results/inversion-0.json", "/etc/passwd")),
    ],
)
def test_a_damaged_manifest_is_named_in_one_line(done, tmp_path, damage):
    text = (done / NAME).read_text()
    (tmp_path / NAME).write_text(damage(text))
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path)
    assert NAME in str(caught.value)
    assert "\n" not in str(caught.value)
