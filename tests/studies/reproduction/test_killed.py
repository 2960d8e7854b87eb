"""A run that is killed at the k-th file operation, for every k: the next one finishes, with the same bytes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3]


def kill(tiny, tmp_path, *options):
    command = [sys.executable, "-m", "tests.support.kill", str(tiny), str(tmp_path), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.faults("killed")
def test_a_run_that_is_killed_is_taken_up_to_the_same_bytes(tiny, tmp_path, record_property):
    found = kill(tiny, tmp_path, "--most", "3")
    record_property("injected", found["killed"])
    assert found["wrong"] == {}
    assert found["killed"] >= 3 * len(found["operations"]) >= 33
    assert min(found["operations"].values()) > 20


@pytest.mark.slow
@pytest.mark.faults("killed")
def test_a_run_is_killed_at_every_file_operation(tiny, tmp_path, record_property):
    found = kill(tiny, tmp_path)
    record_property("injected", found["killed"])
    assert found["wrong"] == {}
    assert found["killed"] == sum(found["operations"].values()) > 400


@pytest.mark.slow
@pytest.mark.parametrize("protection", ["atomic writes", "cleaning", "whole steps"])
def test_without_a_protection_kills_are_noticed(tiny, tmp_path, protection):
    found = kill(tiny, tmp_path, "--most", "6", "--without", protection)
    assert len([text for text in found["wrong"].values() if text.startswith(("differ", "could not"))]) >= 3
