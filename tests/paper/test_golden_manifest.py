"""golden/MANIFEST.toml: every golden file is listed, is the file that was listed, and was made from the specs as they are."""

import tomllib

import pytest

from paper_repro.files import sha256
from paper_repro.score.weights import load_weights
from paper_repro.spec import digest, load_spec, specs_folder


@pytest.fixture(scope="module")
def manifest(golden):
    return tomllib.loads((golden / "MANIFEST.toml").read_text())["files"]


def test_every_golden_file_is_listed_and_unaltered(manifest, golden):
    found = {path.relative_to(golden).as_posix() for path in golden.rglob("*") if path.is_file()} - {"MANIFEST.toml"}
    assert found == set(manifest)
    for name, entry in manifest.items():
        assert entry["command"]
        assert sha256(golden / name) == entry["sha256"], name
        if "spec" in entry:
            assert digest(load_spec(specs_folder() / entry["spec"]).record) == entry["spec_sha256"], name


def test_golden_weights_are_of_the_spec_as_it_is(manifest, golden):
    weights = {name: entry for name, entry in manifest.items() if name.startswith("weights/")}
    assert len(weights) == 7
    for name, entry in weights.items():
        spec = load_spec(specs_folder() / entry["spec"]).record
        _, info = load_weights(golden / name)
        assert info.spec_sha256 == entry["spec_sha256"] == digest(spec), name
        assert info.query_time == spec.inversion.query_time
        assert info.architecture == spec.architecture
        assert entry["commit"]
        assert entry["versions"]
