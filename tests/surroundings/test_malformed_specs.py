"""A malformed spec ends every command in one line before anything is written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from paper_repro.spec import specs_folder
from tests.support.commands import command, one_line
from tests.support.malformed import MALFORMED, document, mutated
from tests.support.tiny import write_spec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("paper.toml", "smoke.toml"):
        shutil.copy(specs_folder() / name, tmp_path)
    return tmp_path


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_spec_is_one_line_and_no_run_is_begun(case: str, folder: Path) -> None:
    content, where = MALFORMED[case]
    path = folder / "mine.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = sorted(folder.iterdir())
    for arguments in (
        ["reproduce", path, "--out", folder / "run"],
        ["constants", path],
        ["logz", "AB", "--temperature", "1", "--spec", path],
    ):
        status, out, err = command(*arguments)
        line = one_line(status, err)
        assert line.startswith(f"{path}: {where}")
        assert "; expected " in line
        assert out == ""
    assert sorted(folder.iterdir()) == before


@pytest.mark.faults("malformed")
@given(data=mutated())
def test_a_mutated_spec_is_shown_or_is_one_line(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    path = write_spec(tmp_path_factory.getbasetemp() / "mutated", document(data), name="mine.toml")
    status, out, err = command("constants", path)
    if status == 0:
        assert err == ""
        assert "ladder.replicas | " in out
    else:
        assert out == ""
        line = one_line(status, err)
        assert str(path.parent) in line
        assert "; expected " in line


@pytest.mark.faults("malformed")
@pytest.mark.parametrize("change", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")])
def test_a_spec_written_elsewhere_is_the_same_spec(change: Callable[[bytes], bytes], tiny: Path, tmp_path: Path) -> None:
    other = write_spec(tmp_path, "", name="tiny.toml")
    other.write_bytes(change(tiny.read_bytes()))
    assert command("constants", other)[1].splitlines()[1:] == command("constants", tiny)[1].splitlines()[1:]
