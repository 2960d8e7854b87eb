"""The systems and versions of Python that README.md promises are those of pyproject.toml; the sources are Python of each."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CLASSIFIERS = [line.split(" :: ") for line in PROJECT["classifiers"]]
VERSIONS = [parts[2] for parts in CLASSIFIERS if parts[:2] == ["Programming Language", "Python"] and "." in parts[2]]


def test_readme_and_classifiers_name_the_same_systems_and_versions():
    promise = re.search(r"(?m)^(.+), Python (.+), and git are all that is needed", (ROOT / "README.md").read_text(encoding="utf-8"))
    systems, versions = promise.groups()
    assert re.split(", | or ", versions) == VERSIONS
    assert {system.lower() for system in systems.split(" or ")} == {
        parts[-1].lower() for parts in CLASSIFIERS if parts[0] == "Operating System"
    }
    assert PROJECT["requires-python"] == f">={VERSIONS[0]}"
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in VERSIONS


_COMPILE = """
import sys
from pathlib import Path
for path in Path(sys.argv[1]).rglob("*.py"):
    compile(path.read_bytes(), path, "exec")
print(sys.version_info[:2])
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sources_are_python_of_every_version_that_is_here(version):
    python = sys.executable if sys.version.startswith(f"{version}.") else shutil.which(f"python{version}")
    command = [python or "", "-W", "error", "-I", "-c", _COMPILE, ROOT / "paper_repro"]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if python else None  # noqa: S603
    if done is None or "command not found" in done.stderr:  # pyenv has a name for it, and nothing behind the name
        pytest.skip(f"python{version} is not here")
    assert done.stderr == ""
    assert done.stdout == f"({version.replace('.', ', ')})\n"
