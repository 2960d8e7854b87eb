"""The specs of the package are found by their names, from a checkout and from an installed wheel."""

import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from paper_repro.spec import specs_folder
from tests.support.commands import command, refused

NAMES = sorted(path.name for path in specs_folder().glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_spec_is_named_anywhere(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("constants", name)[1] == command("constants", specs_folder() / name)[1]


def test_a_file_of_that_name_is_preferred_and_a_folder_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused("constants", "there/smoke.toml").startswith("there/smoke.toml: cannot be read")
    assert refused("constants", "x" * 300).startswith("x" * 300 + ": cannot be read")
    (tmp_path / "smoke.toml").write_text("name = 3")
    assert refused("constants", "smoke.toml").startswith("smoke.toml: name")


def test_an_installed_wheel_finds_its_specs(tmp_path, pytestconfig):
    """The package as the wheel lays it out, in an empty folder; ``tox`` installs the wheel itself."""
    root = pytestconfig.rootpath
    wheel = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    for name in wheel["packages"]:
        shutil.copytree(root / name, tmp_path / "site" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for source, place in wheel["force-include"].items():
        shutil.copytree(root / source, tmp_path / "site" / place)
    (tmp_path / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "paper_repro", "constants", "smoke.toml"],
        cwd=tmp_path / "elsewhere",
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("constant | value")
    assert "ladder.replicas | " in done.stdout
