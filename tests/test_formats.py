"""Files that earlier versions wrote, in tests/formats: each is read, or refused by name. A format that changes adds a file here.

ensemble-without-traces.npz was written at commit be13153, run-3.json and weights-4.safetensors at 24fffc8, weights-5.safetensors at
adb125a, the others by version 0.1.0, all from the spec of tests/support/tiny.py, those of formats 2 and 3 with the refined recipe
that tests/conftest.py had then (3: and two blocks): checkpoints after four steps, the likelihood after six of eight configurations.
run-1 is the first published run, of three trainings, results-1-refined.json of the first refined run; spec-1-*.json are the specs
of runs 1 and 2 (tests/spec/test_migration.py).
"""

import json
import shutil
from pathlib import Path

import attrs
import numpy as np
import pytest
import torch

from paper_repro.analysis import likelihood
from paper_repro.files import DamagedError, InputError
from paper_repro.pipeline.directory import open_directory
from paper_repro.pipeline.manifest import FORMAT, NAME, key_of, read_manifest
from paper_repro.sampling import storage
from paper_repro.score import training
from paper_repro.score.field import force_of
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.score.training import checkpoint
from paper_repro.score.weights import load_weights
from paper_repro.spec import LearnedScale, RawTime, Spec, digest, digests, structure
from paper_repro.spec.migration import _SINCE_WEIGHTS_2, spec_from_old
from paper_repro.studies.reproduction.plan import identity_of, plan_reproduction
from paper_repro.studies.reproduction.recorded_spec import recorded_spec
from paper_repro.studies.reproduction.stages.likelihood import read_partial

FORMATS = Path(__file__).with_name("formats")
pytestmark = pytest.mark.faults("format")


def key(name: str) -> str:
    return read_tensors(FORMATS / name)[1]["key"]


def test_weights_1():
    model, info = load_weights(FORMATS / "weights-1.safetensors")
    assert (info.source, info.query_times, info.seed, info.steps) == ("paper_repro", (1e-4,), 0, 6)
    assert sum(parameter.numel() for parameter in model.parameters()) == 1785


def test_weights_2():
    """Of a refined recipe: the file says what it was, and from which times the force is extrapolated."""
    model, info = load_weights(FORMATS / "weights-2.safetensors")
    assert (info.source, info.seed, info.steps) == ("paper_repro", 0, 12)
    shape = info.architecture
    assert (shape.triangle_channels, shape.embeddings, shape.pair_update) == (0, "random", "symmetric")
    assert (shape.time_feature, shape.output_scale) == (RawTime(), LearnedScale(0.5, 0.03))
    assert force_of(model, info, (1e-4,)).times == info.query_times == (0.002, 0.01)


def test_weights_3():
    """Of a recipe whose pairs meet in triangles."""
    model, info = load_weights(FORMATS / "weights-3.safetensors")
    assert (info.source, info.seed, info.steps) == ("paper_repro", 0, 12)
    assert (info.architecture.triangle_channels, info.architecture.embeddings) == (6, "sinusoidal")
    assert [block.triangle_channels for block in model.blocks] == [0, 6]


def test_weights_4():
    """Without what trained the network."""
    _, info = load_weights(FORMATS / "weights-4.safetensors")
    assert (info.query_times, info.seed, info.steps, info.made) == ((1e-4,), 1, 6, {})


def test_weights_5():
    """Without the digest of the training."""
    _, info = load_weights(FORMATS / "weights-5.safetensors")
    assert (info.query_times, info.seed, info.steps, info.training_sha256) == ((1e-4,), 1, 6, "")
    assert info.made == {"device": "cpu", "processor": "AMD EPYC", "paper_repro": "0.1.0", "torch": "2.13.0+cpu"}


@pytest.mark.parametrize(("name", "last", "loss"), [("checkpoint-1", 6, 0.736335), ("checkpoint-2", 12, 1.154080)])
def test_checkpoint(tmp_path, name, last, loss):
    """Training takes it up at its fourth step; a checkpoint of format 2 has the running mean of the weights too."""
    old = json.loads((FORMATS / "run-2.json").read_text())["spec"]
    if name == "checkpoint-2":
        old["refinement"] = _SINCE_WEIGHTS_2 | json.loads(read_tensors(FORMATS / "weights-2.safetensors")[1]["refinement"])
    spec = structure(spec_from_old(old, "run-2.json"), Spec, "run-2.json")
    path = Path(shutil.copy(FORMATS / f"{name}.safetensors", tmp_path))
    whole = storage.load(FORMATS / "ensemble-with-traces.npz")
    chains = [whole.chain(index % 2) for index in range(spec.training_set.sequences)]
    data = training.TrainingData([chain.species for chain in chains], [chain.spins.astype(np.float32) for chain in chains])
    steps: list[int] = []
    done = training.train(
        data, spec.architecture, spec.diffusion, spec.training, 0, checkpoint=path, key=key(path.name),
        progress=lambda step, *_: steps.append(step),
    )  # fmt: skip
    assert steps == list(range(5, last + 1))
    assert done.losses[:4].tolist() == read_tensors(FORMATS / path.name)[0]["losses"].tolist()
    assert done.losses[0] == pytest.approx(loss, abs=1e-5)


def test_likelihood_1(tmp_path):
    name = "likelihood-1.safetensors"
    kept = read_partial(FORMATS / name, key(name), pytest.fail)
    assert kept is not None
    assert kept.shape == (6,)
    said: list[int] = []
    spins = torch.nn.functional.normalize(torch.randn(8, 4, 3, generator=torch.Generator().manual_seed(0)), dim=-1)
    times = torch.linspace(1e-3, 1, 6, dtype=torch.float64)
    values = likelihood.log_likelihood(
        lambda s, t: torch.zeros_like(s), spins, times, lambda s, t: torch.zeros(len(s)), known=kept, progress=said.append
    )
    assert torch.equal(values[:6], kept)


def read_manifest_of(name: str, folder: Path):
    shutil.copy(FORMATS / name, folder / NAME)
    return read_manifest(folder)


def with_draw(spec: Spec, draw: str) -> Spec:
    return attrs.evolve(spec, chains=attrs.evolve(spec.chains, draw=draw))


def test_run_3(tmp_path):
    """``chains.repeats`` was true or false."""
    manifest = read_manifest_of("run-3.json", tmp_path)
    spec = recorded_spec(manifest, tmp_path)
    assert (spec.training.seeds, spec.chains.draw) == ((0, 1), "distinct")
    assert manifest.spec_sha256 == load_weights(FORMATS / "weights-4.safetensors")[1].spec_sha256
    assert manifest.spec_sha256 in digests(spec)
    assert digest(spec) != manifest.spec_sha256
    assert open_directory(tmp_path, identity_of(spec), pytest.fail).manifest.format == FORMAT
    plan = {stage.name: stage for stage in plan_reproduction(spec).stages}
    for name in ("sample training 1/1", "sample test 1/1"):  # its data sets are valid
        stage = plan[name]
        assert key_of(stage.recipe, name, json.loads(json.dumps(stage.constants)), []) == manifest.stages[name].key
    released = {stage.name: stage for stage in plan_reproduction(with_draw(spec, "released")).stages}
    assert released[name].constants != plan[name].constants
    repeating = attrs.evolve(manifest, spec={**manifest.spec, "chains": {**manifest.spec["chains"], "repeats": True}})
    assert recorded_spec(repeating, tmp_path).chains.draw == "independent"
    with pytest.raises(InputError, match="expected the spec of a run of format 3"):
        recorded_spec(attrs.evolve(manifest, spec={"name": "x"}), tmp_path)


def test_run_2(tmp_path):
    manifest = read_manifest_of("run-2.json", tmp_path)
    assert list(manifest.stages) == ["sample training 1/1", "sample test 1/1"]
    assert recorded_spec(manifest, tmp_path).temperature == 0.05


def test_a_run_of_an_older_format_is_taken_up_as_one_of_this(tmp_path):
    """What it made is made again, for its keys cover an older form of the same constants; another spec is refused."""
    manifest = read_manifest_of("run-2.json", tmp_path)
    spec = recorded_spec(manifest, tmp_path)
    directory = open_directory(tmp_path, identity_of(spec), pytest.fail)
    assert directory.manifest.format == FORMAT
    assert directory.manifest.spec_sha256 == digest(spec) != manifest.spec_sha256
    other = attrs.evolve(spec, training=attrs.evolve(spec.training, epochs=9))
    with pytest.raises(InputError, match=r"training\.epochs: 2 → 9"):
        open_directory(tmp_path, identity_of(other), pytest.fail)


def test_run_1(first_run):
    manifest = read_manifest(first_run)
    assert manifest.format == "paper_repro run 1"
    assert "train seed 2" in manifest.stages
    assert recorded_spec(manifest, first_run).training.seeds == (0, 1, 2)


def test_ensemble_with_traces():
    whole = storage.load(FORMATS / "ensemble-with-traces.npz")
    assert len(whole) == 2
    assert whole.diagnostics.energies.shape[0] == 2


def test_ensemble_without_traces():
    with pytest.raises(InputError, match="an ensemble of an earlier format, without end_cosines, energies") as caught:
        storage.load(FORMATS / "ensemble-without-traces.npz")
    assert not isinstance(caught.value, DamagedError)


@pytest.mark.parametrize("name", ["checkpoint-1", "likelihood-1", "weights-1"])
def test_what_a_newer_version_wrote_is_refused_by_name(name, tmp_path):
    tensors, metadata = read_tensors(FORMATS / f"{name}.safetensors")
    path = tmp_path / "newer.safetensors"
    write_tensors(path, tensors, metadata | {"format": metadata["format"][:-1] + "12"})
    read = {
        "checkpoint-1": lambda: checkpoint.read(path, metadata.get("key", "")),
        "likelihood-1": lambda: read_partial(path, metadata["key"], pytest.fail),
        "weights-1": lambda: load_weights(path),
    }
    with pytest.raises(InputError, match=" 12', which a newer paper_repro has written"):
        read[name]()


def test_a_run_and_an_ensemble_of_a_newer_version_are_refused_by_name(tmp_path):
    text = (FORMATS / "run-2.json").read_text()
    (tmp_path / NAME).write_text(text.replace("paper_repro run 2", "paper_repro run 12"))
    with pytest.raises(InputError, match="'paper_repro run 12', which a newer paper_repro has written"):
        read_manifest(tmp_path)
    with np.load(FORMATS / "ensemble-with-traces.npz") as stored:
        arrays = dict(stored)
    np.savez(tmp_path / "newer.npz", **arrays, velocities=np.zeros(3))
    with pytest.raises(InputError, match="an ensemble of a newer format, with velocities"):
        storage.load(tmp_path / "newer.npz")


def test_every_file_of_a_format_is_tried():
    """Those that this program wrote; those of other programs are tried by the tests of the readers."""
    tried, ours = Path(__file__).read_text(), {".safetensors", ".npz", ".json"}
    assert all(path.stem in tried or path.name.startswith("spec-1-") for path in FORMATS.iterdir() if path.suffix in ours)
