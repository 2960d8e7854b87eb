"""``paper-repro verify``: a record of a run lacks some outputs on purpose; what a run lacks is a fault."""

import json
import shutil

import pytest

from paper_repro.cli import main
from paper_repro.pipeline.manifest import read_manifest
from tests.support.commands import command, refused


@pytest.fixture
def record(golden, tmp_path):
    return shutil.copytree(golden / "refined", tmp_path / "refined")


def verified(folder):
    """The status, the lines, and the numbers of ``verify``."""
    path = folder.parent / "verified.json"
    status, out, err = command("verify", folder, "--json", path)
    assert err == ""
    return status, out.splitlines(), json.loads(path.read_text())


def test_a_record_is_whole_if_it_has_what_it_keeps(golden, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("paper", "refined"):
        status, out, _ = command("verify", golden / name)
        text = " ".join(out.split())
        total, kept = len(read_manifest(golden / name).outputs), len(list((golden / name).rglob("*.*"))) - 2
        assert status == 0
        assert text.startswith(f"{kept} of {kept} outputs of ")
        assert text.endswith(f"This is a record of the run: {total - kept} of its {total} outputs are left out")
        assert len(out.splitlines()) < 5
        assert f"{total - kept} of its {total} outputs are left out" in command("status", golden / name)[1]


def test_a_kept_file_that_is_missing_or_altered_is_a_fault_of_a_record(record):
    (record / "report.html").unlink()
    (record / "results.json").write_text("{}")
    status, lines, numbers = verified(record)
    assert (status, numbers["agree"], len(numbers["faults"])) == (1, 0, 2)
    assert "report.html: missing" in lines


def test_a_file_that_was_left_out_must_agree_where_it_is(record):
    name = next(name for name in read_manifest(record).outputs if name.startswith("results/"))
    (record / name).parent.mkdir()
    (record / name).write_text("{}")
    status, _, numbers = verified(record)
    assert (status, numbers["left_out"]) == (1, 257)
    assert numbers["faults"] == [f"{name}: its SHA-256 differs from the manifest's"]


def test_a_run_without_its_files_lists_a_screen_of_them(record):
    """The broken twin: the same folder, which does not state that it is a record."""
    (record / "record.json").unlink()
    status, lines, numbers = verified(record)
    assert (status, numbers["left_out"], numbers["agree"], len(numbers["faults"])) == (1, 0, 2, 258)
    assert lines[20] == "… and 238 more: --json FILE lists all"
    assert lines[:20] == numbers["faults"][:20]
    assert " ".join(lines[21:]).startswith("2 of 260 outputs of ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "record.json: not JSON"),
        ('{"format": "paper_repro record 2", "kept": []}', "record 2', which a newer paper_repro has written"),
        ('{"format": "paper_repro record 1", "kept": ["no.json"]}', "kept: 'no.json'; expected an output in the manifest"),
        ('{"format": "paper_repro record 1"}', "record.json: kept: missing"),
    ],
)
def test_a_record_that_cannot_be_used_is_one_line(record, text, said):
    (record / "record.json").write_text(text)
    for name in ("verify", "status"):
        assert said in refused(name, record)


def test_a_failed_report_leaves_a_record_a_record(record):
    assert main(["report", str(record)]) == 2
    assert verified(record)[0] == 0
