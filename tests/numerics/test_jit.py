"""The cache of machine code: what hits it, and what compiles again: a changed callee or constant, damage, no folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_CALLEE = "from paper_repro.numerics.jit import jit\nFACTOR = {factor}\n\n@jit\ndef inner(x):\n    return FACTOR * x {more}\n"
_CALLER = "from inner_module import inner\nfrom paper_repro.numerics.jit import jit\n\n@jit\ndef outer(x):\n    return inner(x)\n"
# Python keeps byte code by time in whole seconds and length of the source: every change below changes the length as well.
_RUN = "from outer_module import outer\nprint(outer(3.0), sum(outer.stats.cache_hits.values()))"


def _write(folder: Path, factor: int = 2, more: str = "+ 1") -> None:
    (folder / "inner_module.py").write_text(_CALLEE.format(factor=factor, more=more))
    (folder / "outer_module.py").write_text(_CALLER)


def _run(folder: Path, **environment: str) -> tuple[float, int]:
    done = subprocess.run(  # noqa: S603 -- this interpreter on the line above
        [sys.executable, "-c", _RUN], cwd=folder, capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    value, hits = done.stdout.split()
    return float(value), int(hits)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path)
    assert _run(tmp_path) == (7.0, 0)
    assert _run(tmp_path) == (7.0, 1)
    return tmp_path


def _cached(folder: Path) -> Path:
    (found,) = folder.rglob("outer_module.outer-*.nbc")
    return found


def test_a_change_in_a_function_called_compiles_again(folder: Path) -> None:
    _write(folder, more="+ 12")
    assert _run(folder) == (18.0, 0)
    assert _run(folder) == (18.0, 1)


def test_a_changed_constant_compiles_again(folder: Path) -> None:
    _write(folder, factor=15)
    assert _run(folder) == (46.0, 0)


@pytest.mark.faults("surroundings")
def test_a_damaged_file_compiles_again_and_is_mended(folder: Path) -> None:
    path = _cached(folder)
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    for damaged in (whole[:20], whole[:-1], flipped):
        path.write_bytes(damaged)
        assert _run(folder) == (7.0, 0)
    assert _run(folder) == (7.0, 1)


@pytest.mark.faults("surroundings")
def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    _write(tmp_path)
    (tmp_path / "__pycache__").write_text("a file where the folder should be")
    (tmp_path / "home").write_text("and another")
    home = str(tmp_path / "home")
    for _ in range(2):
        assert _run(tmp_path, HOME=home, XDG_CACHE_HOME=home) == (7.0, 0)
