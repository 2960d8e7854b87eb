"""docs/inference.md and the README's own snapshots: their code runs and prints what they show, and every JSON key is listed."""

import contextlib
import re
from typing import get_args

import attrs
import numpy as np
import pytest

from paper_repro.analysis.confounded import Group
from paper_repro.analysis.data_checks import Kind
from paper_repro.analysis.force_test import ForcePart
from paper_repro.analysis.witness import NetworkLearning, NetworkPoint, Witness
from paper_repro.physics.terms.label import TermLabel
from paper_repro.studies.inference.as_json import as_json
from paper_repro.studies.inference.network_results import NetworkCoupling, NetworkResult, WarningKind


def python_blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def rows(text):
    """The rows of tables and the verdicts of a report, without white space and what the chains of its confirmation say."""
    kept = [line for line in text.splitlines() if re.match(r"│(?!βH|S·S)|Of \d+ terms", line)]
    return [" ".join(line.split()) for line in kept]


@pytest.fixture(scope="module")
def page(pytestconfig):
    return (pytestconfig.rootpath / "docs/inference.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(page, tmp_path_factory):
    """The folder in which the code of the page has run, and its names."""
    names: dict[str, object] = {}
    folder = tmp_path_factory.mktemp("page")
    with contextlib.chdir(folder):
        for block in python_blocks(page):
            exec(block, names)  # noqa: S102
    return folder, names


def test_the_page_shows_what_its_code_prints(page, made):
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert len(rows(shown)) == 13
    assert rows(shown) == rows(str(made[1]["found"]))


def test_the_example_finds_the_law_that_it_simulates(made):
    names = made[1]
    for coupling in names["found"].couplings:
        family, separation, *pair = coupling.term.name.split()
        true = names["coupling"][pair[0]] if (family, separation) == ("exchange", "1") else 0.0
        assert abs(coupling.estimate - true) < 4.5 * coupling.error  # 1e-4 in all; the seed is fixed
        assert (coupling.verdict == "present") == bool(true)


def test_the_readme_shows_what_its_lines_print(pytestconfig, made, monkeypatch, capsys):
    readme = (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")
    own = readme.partition("## Your own snapshots\n")[2].partition("\n## ")[0]
    monkeypatch.chdir(made[0])
    (block,), (shown,) = python_blocks(own), re.findall(r"```text\n(.*?)```", own, re.DOTALL)
    assert len(block.strip().splitlines()) == 5
    exec(block, {})  # noqa: S102
    printed = rows(capsys.readouterr().out)
    assert len(rows(shown)) >= 5
    assert rows(shown) == [row for row in printed if row in rows(shown)]


def test_the_page_lists_every_warning(page):
    table = page.partition("## Warnings\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"(?m)^\| ([a-z ]+?) \|", table)) == {"warning", *get_args(Kind)}


def keys(data, at=""):
    """The paths of all values, such as terms[].name."""
    if isinstance(data, dict):
        return {path for key, value in data.items() for path in keys(value, f"{at}.{key}" if at else key)}
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return {path for value in data for path in keys(value, f"{at}[]")}
    return {at}


def network():
    """What a network would say, without any training."""
    part = ForcePart("all", None, None, 0.1, 0.0, 0.1, 0.0)
    label = TermLabel("exchange 1 AA", "exchange", 1, "AA", None)
    said = Witness(np.ones(1), np.ones(1), 1, 0.9, 0.0, (part,), 1.0, "undecided", 0.1, 0.1, 0.0)
    curve = NetworkLearning((NetworkPoint(10, 0.1, 0.1),), 20.0)
    row = NetworkCoupling(label, 1.0, 0.1, 0.8, 1.2)
    return NetworkResult("short", (0, 1), 40, (row,), said, curve, ())


def test_the_page_lists_every_warning_of_a_network(page):
    table = page.partition("| warning of the network |")[2].partition("\n## ")[0]
    assert set(re.findall(r"(?m)^\| ([a-z ]+?) \|", table)) == {*get_args(WarningKind)}


def test_the_page_lists_every_key(page, made):
    table = page.partition("## JSON\n")[2]
    listed = {key for cell in re.findall(r"(?m)^\| (`.*?) \|", table) for key in re.findall(r"`(.*?)`", cell)}
    groups = {f"groups[].{field.name}" for field in attrs.fields(Group)}  # this example has none
    found = attrs.evolve(made[1]["found"], network=network())
    assert listed == keys(as_json(found)) - {"groups"} | groups | {"confirmation", "network"}
