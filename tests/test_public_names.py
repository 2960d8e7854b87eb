"""The face of the package: every public name is there, nothing slow is loaded before it is needed."""

import doctest
import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

import paper_repro as pr

SLOW = {"torch", "numba", "matplotlib", "scipy"}


def test_every_public_name_is_loaded_when_it_is_used_and_completes_with_tab():
    assert set(pr.__all__) <= set(dir(pr))
    for name in pr.__all__:
        assert inspect.getdoc(getattr(pr, name)), name
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = pr.no_such_name


def test_importing_the_package_loads_nothing():
    code = f"import sys, paper_repro; dir(paper_repro); print({{'numpy', *{SLOW}}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "set()\n"


def test_the_example_gives_what_it_says():
    assert doctest.testmod(pr).attempted > 0
    assert doctest.testmod(pr).failed == 0


@pytest.mark.parametrize("name", sorted(pr.__all__))
def test_the_example_of_every_public_name_gives_what_it_says(name, pytestconfig, monkeypatch):
    monkeypatch.chdir(pytestconfig.rootpath)  # where the files are that examples read
    examples = doctest.DocTestFinder().find(getattr(pr, name), name, globs={"np": np, "pr": pr})
    assert examples[0].examples, f"{name} has no example in its docstring"
    runner = doctest.DocTestRunner()
    assert sum(runner.run(example).failed for example in examples) == 0


def test_the_page_about_python_has_every_public_name_once(pytestconfig):
    page = (pytestconfig.rootpath / "docs/api.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"(?m)^\.\. auto\w+:: paper_repro\.(\w+)$", page)) == sorted(pr.__all__)


def test_a_path_may_be_a_string(golden):
    assert pr.load_spec(str(pr.specs_folder() / "smoke.toml")).record == pr.load_spec(pr.specs_folder() / "smoke.toml").record
    assert pr.load_published(str(pr.specs_folder() / "published.toml")).record.claims
    weights = golden / "weights/smoke-seed-0.safetensors"
    assert pr.load_weights(str(weights))[1] == pr.load_weights(weights)[1]
    spec = pr.load_spec(pr.specs_folder() / "smoke.toml").record
    assert pr.audit_weights(str(weights), spec, 8, 2, seed=0).fit.equations > 0
