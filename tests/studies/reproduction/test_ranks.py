"""Training by several processes under torchrun: the losses of one, and on again after a rank has died."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from paper_repro.pipeline.manifest import read_manifest
from paper_repro.score.tensors import read_tensors
from paper_repro.score.training.gradient import groups_of
from paper_repro.spec import load_spec
from tests.support.commands import refused
from tests.support.tiny import Listener, make_run, shas

# In place of the program: rank 1 dies once, within a training, and the steps that rank 0 takes are noted.
_RANK_1_DIES = """
import os, pathlib, signal, sys
from paper_repro import cli
from paper_repro.score.training import batches
folder, plain = pathlib.Path(sys.argv.pop(1)), batches.batch_at
def batch_at(chains, settings, seed, step):
    if os.environ["RANK"] == "0":
        with (folder / "steps").open("a") as stream:
            print(seed, step, file=stream)
    elif (seed, step) == (0, 20) and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(chains, settings, seed, step)
batches.batch_at = batch_at
sys.exit(cli.main())
"""
# In place of the program: the data sets and the networks of one process group, which two commands make otherwise.
_BOTH = """
import sys
from paper_repro import cli
from paper_repro.pipeline.run import Run
plain = Run.make_all
Run.make_all = lambda run, kind: [plain(run, only) for only in ("sample", kind)]
sys.exit(cli.main())
"""
_PROGRAM = ("-m", "paper_repro")


def torchrun(*arguments, ranks=2, restarts=0):
    launcher = "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}", f"--max-restarts={restarts}"
    command = [sys.executable, *launcher, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603


@pytest.fixture(scope="module")
def spec_of_51_steps(tiny):
    path = tiny.parent / "51-steps.toml"
    path.write_text(tiny.read_text().replace("epochs = { value = 2,", "epochs = { value = 17,"))
    return path


@pytest.fixture(scope="module")
def one(spec_of_51_steps, tmp_path_factory):
    """The data sets, and two networks trained by one process."""
    out = tmp_path_factory.mktemp("one") / "run"
    for only in ("sample", "train"):
        make_run(load_spec(spec_of_51_steps).record, out, Listener(), only)
    return out


@pytest.fixture(scope="module")
def two(spec_of_51_steps, tmp_path_factory):
    """The same by two ranks."""
    folder = tmp_path_factory.mktemp("two")
    out, script = folder / "run", folder / "program.py"
    script.write_text(_BOTH)
    done = torchrun(script, "reproduce", spec_of_51_steps, "--out", out, "--stage", "train")
    assert done.returncode == 0, done.stderr
    for stage in ("sample training 1/1", "train seed 0"):
        assert done.stdout.count(stage) == 1  # one rank speaks
    return out


def losses(run, seed):
    return np.array(json.loads((run / f"results/training-{seed}.json").read_text())["losses"])


def test_two_ranks_follow_the_losses_of_one(one, two):
    for seed in (0, 1):
        assert len(losses(one, seed)) == 51
        assert np.abs(losses(two, seed) - losses(one, seed)).max() < 1e-5
    assert np.abs(losses(one, 0) - losses(one, 1)).max() > 1e-2  # the broken twin: other samples


def test_ranks_read_the_same_data_and_write_the_same_files(one, two):
    ours, theirs = shas(two), shas(one)
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} <= {name for name in ours if not name.startswith("ensemble")}
    assert not list(two.rglob("*checkpoint*"))
    assert read_manifest(two).sessions[-1]["ranks"] == "2"
    assert "ranks" not in read_manifest(one).sessions[-1]


@pytest.mark.faults("worker")
def test_a_rank_that_dies_is_started_again_and_the_training_goes_on(spec_of_51_steps, two, tmp_path):
    script = tmp_path / "program.py"
    script.write_text(_RANK_1_DIES)
    run = tmp_path / "run"
    make_run(load_spec(spec_of_51_steps).record, run, Listener(), "sample")
    done = torchrun(script, tmp_path, "reproduce", spec_of_51_steps, "--out", run, "--stage", "train", restarts=1)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "killed").exists()
    assert shas(run) == shas(two)
    steps = [tuple(map(int, line.split())) for line in (tmp_path / "steps").read_text().splitlines()]
    assert steps == [*((0, step) for step in range(21)), *((0, step) for step in range(20, 51)), *((1, step) for step in range(51))]


@pytest.mark.faults("worker")
def test_bad_input_is_one_line_of_one_rank(tmp_path, monkeypatch):
    done = torchrun(*_PROGRAM, "reproduce", tmp_path / "no.toml", "--out", tmp_path / "run")
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("paper-repro:")]
    assert "no.toml: cannot be read (No such file or directory); expected" in line
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "this process is a rank")
    monkeypatch.setenv("RANK", "0")
    line = refused("reproduce", "--out", tmp_path / "run", "--workers", "2")
    assert line == "torchrun: --workers, --scheduler or --device; expected none of them, where ranks train together"


_REFINED = """
[diffusion]
time_sampling = {a}"log-uniform"{b}
[diffusion.weighting]
kind = {a}"shifted-time"{b}
time_scale = {a}0.03{b}
[architecture.output_scale]
kind = {a}"learned"{b}
scale = {a}0.5{b}
time_scale = {a}0.03{b}
[training.optimiser]
kind = {a}"muon-adamw"{b}
learning_rate = {a}1e-3{b}
weight_decay = {a}1e-4{b}
muon_learning_rate = {a}0.01{b}
[training.schedule]
kind = {a}"cosine"{b}
warmup_fraction = {a}0.1{b}
"""


def constant(name, value):
    return f'{name} = {{ value = {value}, status = "assumed", why = "a test" }}\n'


_IN_SECTIONS = {
    "architecture": constant("pair_update", '"symmetric"')
    + constant("triangle_channels", 3)
    + constant("embeddings", '"sinusoidal"'),
    "training": constant("noise", '"antithetic"') + constant("snapshots", '"cyclic"') + constant("ema_decay", 0.9),
    "inversion": constant("query_times", "[0.002, 0.01]"),
}


def test_three_ranks_end_a_refined_training_of_two_groups_with_the_running_mean_of_one(tiny, tmp_path):
    """A batch is one chain noised twice, which makes two groups: two ranks share the gradient, the third has no part in it."""
    path = tiny.parent / "refined.toml"
    more = _REFINED.replace("{a}", "{ value = ").replace("{b}", ', status = "assumed", why = "a test" }')
    text = tiny.read_text().replace("[0, 1]", "[0]").replace("batch = { value = 6,", "batch = { value = 2,")
    text = text.replace("sequences = { value = 18,", "sequences = { value = 6,")
    for section, lines in _IN_SECTIONS.items():
        text = text.replace(f"[{section}]\n", f"[{section}]\n{lines}")
    path.write_text(text + more)
    assert {len(groups_of(torch.tensor([sites, sites]))) for sites in (6, 7, 8)} == {2}
    one, three = tmp_path / "one", tmp_path / "three"
    make_run(load_spec(path).record, one, Listener(), "sample")
    shutil.copytree(one, three)
    make_run(load_spec(path).record, one, Listener(), "train")
    done = torchrun(*_PROGRAM, "reproduce", path, "--out", three, "--stage", "train", ranks=3)
    assert done.returncode == 0, done.stderr
    assert read_manifest(three).sessions[-1]["ranks"] == "3"
    assert len(losses(three, 0)) == 12
    assert np.abs(losses(three, 0) - losses(one, 0)).max() < 1e-5
    mine, theirs = (read_tensors(run / "weights/seed-0.safetensors")[0] for run in (one, three))
    assert max(float((mine[name] - theirs[name]).abs().max()) for name in mine) < 1e-4
