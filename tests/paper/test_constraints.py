"""What is pinned: the file with hashes pins what constraints.txt pins, and the versions that are tested are those."""

import importlib.metadata
import re
import tomllib

import pytest


def pinned(text: str) -> dict[str, str]:
    return {
        name.lower().replace("_", "-").replace(".", "-"): version for name, version in re.findall(r"(?m)^([\w.-]+)==([\w.]+)", text)
    }


@pytest.fixture(scope="module")
def constraints(pytestconfig):
    return pinned((pytestconfig.rootpath / "constraints.txt").read_text())


def test_the_file_with_hashes_pins_the_same_but_torch(constraints, pytestconfig):
    text = (pytestconfig.rootpath / "constraints-hashed.txt").read_text()
    assert pinned(text) == {name: version for name, version in constraints.items() if name != "torch"}
    blocks = re.split(r"(?m)^(?=[\w.-]+==)", text)[1:]
    for block in blocks:
        lines = [line.strip(" \\") for line in block.splitlines()[1:]]
        assert lines, block
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in lines), block


def test_every_dependency_is_pinned_and_tested_at_its_pin(constraints):
    """Of what the package and its tests need, and of what that needs in turn."""
    todo, seen = ["paper-repro", "pytest", "hypothesis", "pytest-regressions", "pytest-xdist", "mpmath", "distributed"], set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        found = importlib.metadata.distribution(name)
        if name != "paper-repro":
            assert found.version.partition("+")[0] == constraints[name], name
        for line in found.requires or ():
            requirement, _, marker = line.partition(";")
            needed = re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-").replace(".", "-")
            if "extra ==" not in marker and needed != "setuptools" and installed(needed):  # every environment brings its own
                todo.append(needed)
    assert len(seen) > 40


def test_every_dependency_of_a_group_is_pinned(constraints, pytestconfig):
    """Of those too that the gate does not install: documentation, benchmarks."""
    groups = tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    stated = [line for group in groups.values() for line in group if isinstance(line, str) and ";" not in line]
    found = {re.match(r"[\w.-]+", line)[0].lower() for line in stated}
    assert len(found) > 12
    assert found - {"ase"} <= set(constraints)  # oracles are pinned where they are listed


def installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
