"""golden/MANIFEST.toml: every golden file is listed, is the file that was listed, and was made from the specs as they are."""

import json
import tomllib
from pathlib import Path

import pytest

from paper_repro.files import sha256
from paper_repro.score.weights import load_weights
from paper_repro.spec import Spec, digest, digests, load_spec, specs_folder, structure, training_digest
from paper_repro.spec.migration import spec_from_old

FORMATS = Path(__file__).parents[1] / "formats"


@pytest.fixture(scope="module")
def manifest(golden):
    return tomllib.loads((golden / "MANIFEST.toml").read_text())["files"]


def test_every_golden_file_is_listed_and_unaltered(manifest, golden):
    found = {path.relative_to(golden).as_posix() for path in golden.rglob("*") if path.is_file()} - {"MANIFEST.toml", "README.md"}
    assert found == set(manifest)
    for name, entry in manifest.items():
        assert entry["command"]
        assert sha256(golden / name) == entry["sha256"], name
        if "spec" in entry:
            assert digest(load_spec(specs_folder() / entry["spec"]).record) == entry["spec_sha256"], name


def test_golden_weights_are_of_the_spec_as_it_is(manifest, golden):
    weights = {name: entry for name, entry in manifest.items() if name.startswith("weights/")}
    assert len(weights) == 20
    for name, entry in weights.items():
        spec = load_spec(specs_folder() / entry["spec"]).record
        _, info = load_weights(golden / name)
        assert entry["spec_sha256"] == digest(spec), name
        if not entry["spec"].startswith("one-change/"):  # which are younger than format 1
            before = json.loads((FORMATS / f"spec-1-{spec.name}.json").read_text(encoding="utf-8"))
            assert training_digest(structure(spec_from_old(before, name), Spec, name)) == training_digest(spec), name
        assert info.spec_sha256 in digests(spec), name  # as it was written when they were trained
        assert info.training_sha256 in {training_digest(spec), ""}, name
        assert info.query_times == spec.inversion.query_times
        assert info.architecture == spec.architecture
        assert entry["commit"]
        assert entry["versions"]
