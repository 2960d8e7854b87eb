"""The tables of README.md and REPRODUCE.md are those of the published run's own results."""

import json
import shutil

import pytest

from paper_repro.files import sha256
from paper_repro.pipeline.manifest import made_in, read_manifest
from tools import write_documents


def test_documents_say_what_the_run_found(pytestconfig):
    for name, text in write_documents.documents().items():
        found = (pytestconfig.rootpath / name).read_text(encoding="utf-8")
        assert found == text, f"{name} differs from golden/paper: python -m tools.write_documents writes it again"


def test_another_number_in_the_results_is_seen_in_every_document(tmp_path, pytestconfig):
    """The broken twin."""
    for name in ("results.json", "manifest.json"):
        shutil.copy(write_documents.RUN / name, tmp_path / name)
    results = json.loads((tmp_path / "results.json").read_text())
    verdict = next(item for item in results["verdicts"] if item["claim"] == "r2")
    verdict["value"] += 10 * verdict["over_seeds"]
    (tmp_path / "results.json").write_text(json.dumps(results))
    for name, text in write_documents.documents(tmp_path).items():
        assert (pytestconfig.rootpath / name).read_text(encoding="utf-8") != text


def test_a_block_that_is_missing_is_named():
    with pytest.raises(ValueError, match="block 'claims'"):
        write_documents.written("no block here", {"claims": "text"})


def test_the_record_of_the_run_is_whole(golden):
    """results.json, report and figures are those that the run's own manifest lists, of the spec as it is, by a clean commit."""
    manifest = read_manifest(write_documents.RUN)
    listed = manifest.stages["report"].outputs
    found = {path.relative_to(golden / "paper").as_posix() for path in (golden / "paper").rglob("*") if path.is_file()}
    assert found - {"manifest.json"} == {name for name in listed if not name.endswith(".png")}  # the page holds the same pictures
    for name in found - {"manifest.json"}:
        assert sha256(golden / "paper" / name) == listed[name], name
    for seed in (0, 1, 2):
        expected = manifest.stages[f"train seed {seed}"].outputs[f"weights/seed-{seed}.safetensors"]
        assert sha256(golden / "weights" / f"paper-seed-{seed}.safetensors") == expected
    for session in manifest.sessions:
        if made_in(manifest, session):
            assert len(session["commit"]) == 40, session["commit"]  # no uncommitted changes
