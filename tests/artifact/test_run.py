"""The run directory: every stage once, nothing lost, nothing believed that was altered. On a spec of seconds."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor, wait

import attrs
import numpy as np
import pytest
import torch
from rich.console import Console
from tiny import Listener, deadly, sealed, shas, silent

from paper_repro.analysis import likelihood
from paper_repro.artifact import commands, figures
from paper_repro.artifact.engines import Engine, Task, make_task, processes
from paper_repro.artifact.manifest import NAME, hold, made_in, packages, read_manifest, write_manifest
from paper_repro.artifact.results import collect
from paper_repro.artifact.run import Run
from paper_repro.artifact.stages import plan
from paper_repro.files import InputError, sha256
from paper_repro.spec import load_spec, specs_folder


def test_a_run_makes_every_stage_and_says_who_made_it(done):
    manifest = read_manifest(done)
    kinds = {name.split(" seed")[0].split(" ")[0] for name in manifest.stages}
    made = {"note", "sample", "diagnose", "train", "invert", "read", "likelihood", "calibrate", "end", "thermodynamic", "report"}
    assert kinds == made
    for fact in ("commit", "python", "torch", "numpy", "processor", "cores", "started"):
        assert manifest.sessions[0][fact]
    assert manifest.spec["seeds"]["data"] == 20260423
    assert not list(done.rglob("*.tmp"))
    assert not list(done.rglob("*checkpoint*"))


def test_the_report_shows_every_stage_every_claim_and_no_reproduction(done):
    screen = (done.parent / "screen.txt").read_text()
    for title in (
        "Does the paper hold?",
        "Sampling",
        "Training",
        "Table 1",
        "Inversion",
        "Interaction matrix",
        "Partition function",
        "What the end time of the diffusion costs",
        "Thermodynamic integration",
        "What had to be assumed",
        "Verdicts",
    ):
        assert title in screen
    for value in ("0.9974", "0.8698", "0.8759", "0.6206", "-0.4643", "-0.3778", "-0.2928", "1,057,440", "lost"):
        assert value in screen
    assert "REPRODUCED" not in screen
    assert "DEVIATES" not in screen
    page = (done / "report.html").read_text()
    assert "REPRODUCED" not in page.split("</style>")[1]
    assert page.count("data:image/png;base64,") == 8
    assert "http" not in page.split("</style>")[1]
    data = json.loads((done / "results.json").read_text())
    assert {item["verdict"] for item in data["verdicts"]} == {"INCONCLUSIVE"}
    assert len(data["inversion"]) == 2


def test_the_report_tells_what_was_assumed_and_who_made_what(done):
    page = (done / "report.html").read_text()
    assert "the solver is lost" in page  # the reason of likelihood.solver
    assert "the solver is lost" not in (done.parent / "screen.txt").read_text()  # a long table is for the page
    manifest = read_manifest(done)
    assert manifest.sessions[0]["commit"] in page
    assert set(made_in(manifest, manifest.sessions[0])) == set(manifest.stages)
    other = attrs.evolve(manifest, sessions=(*manifest.sessions, {"started": "2999-01-01T00:00:00Z"}))
    assert set(made_in(other, other.sessions[0])) == set(manifest.stages)
    assert made_in(other, other.sessions[1]) == []


def test_figures_are_images_of_both_kinds(done):
    names = {path.stem for path in (done / "figures").iterdir()}
    assert names == {name for name, _, _ in figures.FIGURES}
    for name in names:
        assert (done / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (done / f"figures/{name}.svg").read_text()


def test_the_authors_weights_are_asked_what_ours_are(done, tiny, golden, tmp_path):
    """With one of our own networks in their place its numbers come out, and no other output changes."""
    spec = load_spec(tiny).record
    theirs = done / "weights/seed-1.safetensors"
    Run(spec, tmp_path / "run", Listener(), authors=theirs).everything()
    ours, before = shas(tmp_path / "run"), shas(done)
    assert {name: ours[name] for name in ours if "authors" not in name} == {name: before[name] for name in before if name in ours}
    results = collect(tmp_path / "run", spec, set(ours))
    same = results["inversion"][1]
    for path in ("cosine", "r2", "scale"):
        assert results["authors"]["inversion"][path]["value"] == same[path]["value"]
    assert results["authors"]["calibration"] == results["calibration"][1]  # networks as poor as this one have no plateau
    assert results["authors"]["likelihood"] == results["likelihood"][1]
    assert results["authors"]["readout"] == results["readout"][1]
    assert results["authors"]["readout"] != results["readout"][0]
    console = Console(file=(tmp_path / "screen").open("w"), width=120)
    commands.make_report(tmp_path / "run", console)
    console.file.close()
    assert (tmp_path / "screen").read_text().count("authors' weights") >= 4
    with pytest.raises(InputError, match="no-such-weights"):
        commands.reproduce(tiny, tmp_path / "other", silent(), tmp_path / "no-such-weights")
    assert not (tmp_path / "other").exists()


def test_the_exact_sampler_runs_to_its_report(tiny, tmp_path):
    spec = load_spec(tiny).record
    exactly = attrs.evolve(spec, sampler=attrs.evolve(spec.sampler, method="exact"))
    Run(exactly, tmp_path / "run", Listener()).everything()
    console = Console(file=(tmp_path / "screen").open("w"), width=120)
    commands.make_report(tmp_path / "run", console)
    console.file.close()
    screen = (tmp_path / "screen").read_text()
    assert "snapshots by exact, T₀ = 0.05." in screen
    assert "4 replicas, T₀" not in screen
    assert {path.stem for path in (tmp_path / "run/figures").iterdir()} == {name for name, _, _ in figures.FIGURES}


def test_a_network_without_a_plateau_keeps_its_column(done, tmp_path):
    """Seed 0 is not calibrated: seed 1's numbers stay in seed 1's column, and the report says why seed 0 has none."""
    run = shutil.copytree(done, tmp_path / "run")
    manifest = read_manifest(run)
    numbers = {"value": 0.71, "standard_error": 0.02}
    parts = [{"failed": "the slope is -1", "threshold": -1.0}]
    names = ("alpha", "beta_effective", "ln_z", "exact_ln_z", "gap", "residual", "high_energy")
    parts.append({"threshold": -1.0, "low_energy_count": 9} | dict.fromkeys(names, numbers))
    stages = dict(manifest.stages)
    for seed, part in enumerate(parts):
        path = run / f"results/calibration-{seed}.json"
        path.write_text(json.dumps(part))
        made = {f"results/calibration-{seed}.json": sha256(path)}
        stages[f"calibrate seed {seed}"] = attrs.evolve(stages[f"calibrate seed {seed}"], outputs=made)
    write_manifest(run, attrs.evolve(manifest, stages=stages))
    console = Console(file=(tmp_path / "screen").open("w"), width=160)
    commands.make_report(run, console)
    console.file.close()
    screen = (tmp_path / "screen").read_text()
    assert "seed 0: the slope is -1" in " ".join(screen.split())
    alpha = next(line for line in screen.splitlines() if line.lstrip("│ ").startswith("α "))
    cells = [cell.strip() for cell in alpha.strip("│").split("│")]
    assert cells[1:] == ["—", "0.710 ± 0.020"]


def test_results_of_other_code_are_named_and_not_a_traceback(done, tmp_path):
    run = shutil.copytree(done, tmp_path / "run")
    manifest = read_manifest(run)
    path = run / "results/sampling.json"
    data = json.loads(path.read_text())
    del data["conformations"]
    path.write_text(json.dumps(data))
    altered = attrs.evolve(manifest.stages["diagnose sampling"], outputs={"results/sampling.json": sha256(path)})
    write_manifest(run, attrs.evolve(manifest, stages={**manifest.stages, "diagnose sampling": altered}))
    with pytest.raises(InputError, match="no 'conformations' in its results, which other code has made"):
        commands.make_report(run, silent())


def test_weights_that_do_not_serve_the_spec_are_refused_before_the_work(tiny, golden, tmp_path):
    """They serve 100 sites and two identities."""
    path = tiny.parent / "long.toml"
    text = (
        tiny.read_text()
        .replace("longest = { value = 8,", "longest = { value = 101,")
        .replace("[architecture]\n", '[architecture]\npositions = { value = 101, status = "assumed", why = "a test" }\n')
    )
    path.write_text(text)
    with pytest.raises(InputError, match="serves 100 sites and 2 identities; expected at least 101 sites"):
        commands.reproduce(path, tmp_path / "run", silent(), golden / "weights/smoke-seed-0.safetensors")
    assert not (tmp_path / "run").exists()


def test_a_finished_run_is_skipped_whole(done, tiny):
    listener = Listener()
    Run(load_spec(tiny).record, done, listener).everything()
    assert listener.made == []
    assert len(listener.skipped) == 2 + 1 + 6 + 6 + 2


def test_an_interrupted_run_goes_on_to_the_same_bytes(done, tiny, tmp_path):
    spec = load_spec(tiny).record
    for stage in ("sample test 1/1", "train seed 1", "invert seed 1", "calibrate seed 0"):
        with pytest.raises(KeyboardInterrupt):
            Run(spec, tmp_path / "run", Listener(stage)).everything()
    Run(spec, tmp_path / "run", Listener()).everything()
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert ours == {name: theirs[name] for name in ours}
    reported = {*read_manifest(done).stages["report"].outputs, "results/constants.json"}
    assert {name for name in theirs if name not in ours} == reported


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_no_byte(done, tiny, tmp_path, threads):
    before = torch.get_num_threads()
    Run(load_spec(tiny).record, tmp_path / "run", Listener(), threads=threads).everything()
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert ours == {name: theirs[name] for name in ours}
    assert torch.get_num_threads() == before


def test_an_altered_output_is_found_and_made_again(done, tiny):
    path = done / "results/inversion-1.json"
    whole = path.read_bytes()
    assert commands.verify(done, silent()) == 0
    path.write_bytes(whole.replace(b"0", b"1", 1))
    assert commands.verify(done, silent()) == 1
    path.unlink()
    assert commands.verify(done, silent()) == 1
    listener = Listener()
    Run(load_spec(tiny).record, done, listener).everything()
    assert listener.made == ["invert seed 1"]
    assert any("missing" in note for note in listener.notes)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", [lambda data: b"{}", lambda data: data.replace(b"0", b"1", 1)])
def test_a_number_that_nobody_made_never_reaches_a_report(done, damage):
    path = done / "results/inversion-1.json"
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.raises(InputError, match=r"inversion-1\.json"):
        commands.make_report(done, silent())
    path.write_bytes(whole)


def test_results_that_are_not_in_the_manifest_are_not_taken(done):
    spec = load_spec(specs_folder() / "paper.toml").record
    assert "inversion" not in collect(done, spec, set())


def test_a_damaged_checkpoint_is_said_and_training_starts_again(done, tiny, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        Run(load_spec(tiny).record, run, Listener("train seed 0")).everything()
    (run / "weights").mkdir()
    (run / "weights/seed-0.checkpoint.safetensors").write_text("junk")
    listener = Listener("invert seed 0")
    with pytest.raises(KeyboardInterrupt):
        Run(load_spec(tiny).record, run, listener).everything()
    assert any("checkpoint" in note and "starts again" in note for note in listener.notes)
    assert (run / "weights/seed-0.safetensors").read_bytes() == (done / "weights/seed-0.safetensors").read_bytes()


def test_worker_processes_make_the_same_bytes_and_one_that_is_killed_changes_none(done, tiny, tmp_path):
    listener = Listener()
    run = Run(load_spec(tiny).record, tmp_path / "run", listener, engine=processes(2))
    stages = plan(run.spec)
    (victim,) = [stage for stage in stages if stage.name == "sample test 1/1"]

    victims = {id(victim): attrs.evolve(victim, make=deadly, arguments=(tmp_path / "marker",))}
    run.make([victims.get(id(stage), stage) for stage in stages])
    assert any("a worker died; its share is done again" in note for note in listener.notes)
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert len(ours) == len(stages) + 2  # two files of each training
    assert ours == {name: theirs[name] for name in ours}


def test_threads_of_any_executor_make_the_same_bytes(done, tiny, tmp_path):
    before = torch.get_num_threads()
    engine = Engine(lambda: ThreadPoolExecutor(3), 6, 1)
    Run(load_spec(tiny).record, tmp_path / "run", Listener(), engine=engine).everything()
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert ours == {name: theirs[name] for name in ours}
    assert torch.get_num_threads() == before


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
            Run(load_spec(tiny).record, run, Stopping()).everything()
        if damage is not None:
            partial.write_bytes(damage(partial.read_bytes()))
        followed, stop = [], False
        listener = Stopping()
        Run(load_spec(tiny).record, run, listener).everything()
        assert followed[0] == (4 if damage is None else 1)
        assert any("are followed again" in note for note in listener.notes) == (damage is not None)
        assert not partial.exists()
        ours, theirs = (np.array(json.loads(text)["log_likelihoods"]) for text in ((run / name).read_bytes(), whole))
        assert np.abs(ours - theirs).max() < 1e-4  # other groups here, so other rounding


def failing(work, stage, marker):
    raise InputError("here", "a fault", "none")


def test_a_fault_on_a_worker_loses_nothing_that_came_with_it(tiny, tmp_path):
    """Both come back before either is looked at."""

    class Both(ThreadPoolExecutor):
        def submit(self, *arguments):
            future = super().submit(*arguments)
            wait([future])
            return future

    run = Run(load_spec(tiny).record, tmp_path / "run", Listener(), engine=Engine(lambda: Both(2), 2, 1))
    first, second, *_ = plan(run.spec)
    with pytest.raises(InputError, match="here: a fault"):
        run.make([attrs.evolve(first, make=failing, arguments=(None,)), second])
    assert list(read_manifest(tmp_path / "run").stages) == [second.name]


def test_a_worker_of_another_version_or_without_the_folder_is_refused(done, tiny, tmp_path):
    stages = {stage.name: stage for stage in plan(load_spec(tiny).record)}
    stage = stages["invert seed 0"]
    inputs = tuple(sha256(done / name) for name in stage.inputs)
    task = Task(stage, load_spec(tiny).record, done, inputs, 1, packages())
    assert make_task(task).files == {stage.outputs[0]: (done / stage.outputs[0]).read_bytes()}
    with pytest.raises(InputError, match=r"numpy .*; expected numpy 0.1, as the process"):
        make_task(attrs.evolve(task, versions=packages() | {"numpy": "0.1"}))
    with pytest.raises(InputError, match="missing or altered; expected a run directory that every worker sees"):
        make_task(attrs.evolve(task, folder=tmp_path))


def test_two_processes_on_one_run_directory(tiny, tmp_path):
    with hold(tmp_path / "run", print):
        with pytest.raises(InputError, match=rf"in use by process {os.getpid()} on .* since ") as caught:
            commands.reproduce(tiny, tmp_path / "run", silent())
        assert "one process at a time" in str(caught.value)
        assert not (tmp_path / "run" / NAME).exists()
    with hold(tmp_path / "run", print):
        pass


MANIFEST_DAMAGES = {
    "cut": lambda text: text[:100], "empty": lambda text: "",
    "flipped": lambda text: text.replace('"seconds": ', '"seconds": 1', 1),
    "spec": lambda text: text.replace('"hottest": 5.0', '"hottest": 6.0'), "gone": None,
}  # fmt: skip


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
    Run(load_spec(tiny).record, run, listener).everything()
    assert sum("the manifest before it is used" in note for note in listener.notes) == 1
    assert listener.made == []  # the report came last


def test_what_a_killed_writer_left_is_removed(done, tiny, tmp_path):
    run = shutil.copytree(done, tmp_path / "run")
    (run / "results/.readout-0.json.abc.tmp").write_text("half")
    Run(load_spec(tiny).record, run, Listener())
    assert not list(run.rglob("*.tmp"))


def test_a_chain_of_longer_range_runs_without_what_needs_the_exact_solution(tiny, tmp_path):
    spec = load_spec(tiny).record
    far = attrs.evolve(spec.hamiltonian.terms[0], name="L_AA", separation=3, coupling=-0.2)
    other = attrs.evolve(
        spec,
        hamiltonian=attrs.evolve(spec.hamiltonian, terms=(*spec.hamiltonian.terms, far)),
        likelihood=attrs.evolve(spec.likelihood, chain="AABAAB"),
    )
    listener = Listener()
    Run(other, tmp_path / "run", listener).everything()
    assert "thermodynamic integration" in listener.made
    assert any("left out" in note for note in listener.notes)
    commands.make_report(tmp_path / "run", silent())


def test_a_temperature_that_cannot_be_served_is_refused_before_the_work(tiny, tmp_path):
    spec = load_spec(tiny).record
    cold = attrs.evolve(
        spec, ladder=attrs.evolve(spec.ladder, coldest=1e-6), likelihood=attrs.evolve(spec.likelihood, temperatures=(1e-6,))
    )
    with pytest.raises(InputError, match=r"ladder\.coldest"):
        Run(cold, tmp_path / "run", Listener())
    assert not (tmp_path / "run").exists()


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
    Run(load_spec(tiny).record, done, listener).everything()
    assert {"invert seed 0", "read W of seed 0", "calibrate seed 0"} <= set(listener.made)
    assert "invert seed 1" not in listener.made
    for path, data in kept.items():
        path.write_bytes(data)
    assert commands.verify(done, silent()) == 0


def test_another_spec_is_refused_naming_what_differs(done, tiny):
    spec = load_spec(tiny).record
    other = attrs.evolve(spec, training=attrs.evolve(spec.training, epochs=3))
    with pytest.raises(InputError, match=r"training\.epochs: 2 → 3"):
        Run(other, done, Listener())


def test_a_folder_that_holds_something_else_is_left_alone(tiny, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds no run"):
        Run(load_spec(tiny).record, tmp_path, Listener())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:100],
        lambda text: "[]",
        lambda text: text.replace("paper_repro run 2", "paper_repro run 99"),
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


def test_status_and_report_of_a_run_that_stopped(tiny, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        Run(load_spec(tiny).record, tmp_path / "run", Listener("train seed 1")).everything()
    console = Console(record=True, quiet=False, file=(tmp_path / "screen").open("w"), width=100)
    assert commands.status(tmp_path / "run", console) == 0
    commands.make_report(tmp_path / "run", console)
    console.file.close()
    screen = (tmp_path / "screen").read_text()
    assert "not finished" in screen
    assert "invert seed 0: made" in screen
    assert "INCONCLUSIVE" in screen
