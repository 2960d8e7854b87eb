"""``infer --network``: networks trained on a user's own snapshots, beside the closed form; what cannot be served is refused."""

import json
import re
import shutil

import attrs
import numpy as np
import pytest

import paper_repro as pr
from paper_repro.score import training
from paper_repro.studies.inference import network_training
from paper_repro.studies.inference.as_json import as_json
from paper_repro.studies.inference.network_checks import require_network
from tests.support.commands import command, refused

SITES, COUNT = 6, 240
CHAIN = pr.Geometry.open_chain(SITES)
SHORT = """extends = "witness.toml"
name = "short"
[architecture]
single_width = 8
pair_width = 8
pair_hidden = 8
heads = 1
blocks = 1
[training_set]
sequences = 64
[training]
batch = 16
"""


@pytest.fixture(scope="module")
def spec_file(tmp_path_factory):
    """A recipe of 40 steps of a network of the smallest widths."""
    path = tmp_path_factory.mktemp("spec") / "short.toml"
    path.write_text(re.sub(r" = (\d+)$", r' = { value = \1, status = "assumed", why = "test" }', SHORT, flags=re.MULTILINE))
    return path


@pytest.fixture(scope="module")
def spec(spec_file):
    return pr.load_spec(spec_file).record


@pytest.fixture(scope="module")
def snapshots():
    law = pr.Truth(pr.library(range=1, biquadratic=False).terms("A", CHAIN), [1.0], 2.0)
    spins = law.exact(CHAIN, SITES * "A").sample(COUNT, np.random.default_rng(0))
    return pr.Snapshots.of(spins, SITES * "A", run=range(COUNT), temperature=0.5)


LIBRARY = pr.library(range=2, biquadratic=False)


@pytest.fixture(scope="module")
def made(snapshots, spec, tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    return pr.infer(snapshots, LIBRARY, confirm=False, network=spec, folder=folder, threads=1), folder


def test_the_network_stands_beside_the_closed_form(made, spec):
    found, folder = made
    network = found.network
    assert [row.term for row in network.couplings] == [row.term for row in found.couplings]
    assert all(row.low < row.estimate < row.high for row in network.couplings)
    assert network.witness.r2 < 1
    assert [part.name for part in network.witness.parts][:: len(network.witness.parts) - 1] == ["all", "no term"]
    assert [point.snapshots for point in network.learning.points] == [COUNT // 4, COUNT // 2]
    assert {path.name for path in folder.iterdir()} == {f"network-{name}.safetensors" for name in ("0", "1", "half")}
    assert network.steps == spec.training.steps(spec.training_set.sequences)
    assert [warning.kind for warning in network.warnings] in (["too few snapshots"], ["training too short"])  # 40 steps
    assert "Network: forces outside the library" in str(found)


def test_a_training_is_made_once_for_the_same_snapshots_and_recipe(made, snapshots, spec, monkeypatch):
    found, folder = made
    monkeypatch.setattr(training, "train", lambda *_, **__: pytest.fail("trained again"))
    again = pr.infer(snapshots, LIBRARY, confirm=False, network=spec, folder=folder, threads=2)
    assert json.dumps(as_json(again)) == json.dumps(as_json(found))
    other = attrs.evolve(snapshots, spins=snapshots.spins[::-1].copy())
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        pr.infer(other, LIBRARY, confirm=False, network=spec, folder=folder, threads=1)


def test_an_interrupted_training_goes_on_to_the_same_bytes(made, snapshots, spec, tmp_path, monkeypatch):
    class Stop:
        """A person who interrupts the second training after 20 steps."""

        name = ""

        def stage(self, name, total):
            self.name = name

        def advance(self, done, note=""):
            if self.name == "train network-1" and done == 20:
                raise KeyboardInterrupt

        def finish(self, name, seconds, note=""):
            pass

        def say(self, line):
            pass

    for name in ("0", "half"):
        shutil.copy(made[1] / f"network-{name}.safetensors", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        pr.infer(snapshots, LIBRARY, confirm=False, network=spec, folder=tmp_path, threads=1, reporter=Stop())
    assert (tmp_path / "network-1.checkpoint.safetensors").exists()
    steps = []
    monkeypatch.setattr(
        network_training.training, "train",
        lambda *args, progress, **more: original(*args, progress=lambda *now: (steps.append(now[0]), progress(*now)), **more),
    )  # fmt: skip
    found = pr.infer(snapshots, LIBRARY, confirm=False, network=spec, folder=tmp_path, threads=1)
    assert steps[0] == 21
    assert json.dumps(as_json(found)) == json.dumps(as_json(made[0]))
    assert not list(tmp_path.glob("*checkpoint*"))


original = training.train


def test_the_command_writes_what_the_function_gives(made, snapshots, spec_file, tmp_path):
    data, out = tmp_path / "data.npz", tmp_path / "out"
    pr.write(data, [snapshots])
    library = tmp_path / "library.toml"
    library.write_text("[exchange]\nrange = 2\nby_species = true\n")
    shutil.copytree(made[1], out / "network")
    options = ["--library", str(library), "--no-confirm", "--network", str(spec_file), "--out", str(out)]
    status, shown, _ = command("infer", data, *options)
    assert status == 0
    assert "Network: forces outside the library" in shown
    written = json.loads((out / "results.json").read_text())["network"]
    expected = as_json(made[0])["network"]
    assert written["recipe"] == "short"
    assert written["couplings"] == expected["couplings"]
    assert "Network: couplings" in (out / "report.html").read_text()


def ring(snapshots, spec):
    return attrs.evolve(snapshots, geometry=pr.Geometry.periodic_chain(SITES)), spec


def lattice(snapshots, spec):
    return attrs.evolve(snapshots, geometry=pr.Geometry.from_bonds(SITES, [(0, 1, 1), (1, 3, 1)])), spec


def two_temperatures(snapshots, spec):
    return [snapshots, attrs.evolve(snapshots, temperature=0.7)], spec


def one_training(snapshots, spec):
    return snapshots, attrs.evolve(spec, training=attrs.evolve(spec.training, seeds=(0,)))


def long_chain(snapshots, spec):
    return snapshots, attrs.evolve(spec, architecture=attrs.evolve(spec.architecture, positions=5), chains=attrs.evolve(
        spec.chains, shortest=4, longest=5), likelihood=attrs.evolve(spec.likelihood, chain="ABAB"))  # fmt: skip


def many_species(snapshots, spec):
    return attrs.evolve(snapshots, species=np.arange(SITES) % 3, species_names=("A", "B", "C")), spec


def one_snapshot(snapshots, spec):
    return snapshots.part(slice(1)), spec


REFUSED = {
    ring: "snapshots: a ring, with a network; expected open chains, or an inference without a network",
    lattice: "snapshots: sites that are no chain, with a network; expected open chains, or an inference without a network",
    two_temperatures: "temperature: 0.5, 0.7, with a network; expected snapshots of one temperature for a network",
    one_training: "spec short: training.seeds: one training; expected two or more, for the scatter between them",
    long_chain: "spec short: architecture.positions: 5; expected at least 6 for these snapshots",
    many_species: "spec short: architecture.species: 2; expected at least 3 for these snapshots",
    one_snapshot: "snapshots: 1 snapshots in 2 parts; expected some in each",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_network_cannot_serve_is_refused_before_any_work(case, snapshots, spec, monkeypatch):
    data, recipe = case(snapshots, spec)
    monkeypatch.setattr("paper_repro.studies.inference.infer.fit_couplings", lambda *_: pytest.fail("work"))
    with pytest.raises(pr.InputError) as found:
        pr.infer(data, network=recipe)
    assert str(found.value) == REFUSED[case]
    require_network([snapshots], spec)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--network", "witness.toml"], "--network: given without --out; expected --out FOLDER"),
        (["--network", "witness.toml", "--moments", "--out", "o"], "--moments: given with --network; expected spins of one length"),
        (["--network", "none.toml", "--out", "o"], "none.toml: cannot be read"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(options, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused("infer", "data.npz", *options).startswith(said)
