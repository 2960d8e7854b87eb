"""The scripts of examples/ run and print what lies in the file beside each; its own numbers are what the project claims."""

import re
import runpy

import pytest
import torch

EXAMPLES = ("does_it_hold", "exact_chain", "own_model", "own_snapshots")


def test_every_example_is_here_and_on_the_page(pytestconfig):
    folder = pytestconfig.rootpath / "examples"
    assert sorted(path.stem for path in folder.glob("*.py")) == list(EXAMPLES)
    assert sorted(path.stem for path in folder.glob("*.txt")) == list(EXAMPLES)
    page = (pytestconfig.rootpath / "docs/examples.md").read_text(encoding="utf-8")
    assert all(f"../examples/{name}.{kind}" in page for name in EXAMPLES for kind in ("py", "txt"))


@pytest.fixture(scope="module")
def printed():
    """What the examples have printed; on one thread, since others would wait for each other on their small tensors."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield {}
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_is_beside_it(name, pytestconfig, monkeypatch, capsys, printed):
    monkeypatch.chdir(pytestconfig.rootpath)
    script = pytestconfig.rootpath / f"examples/{name}.py"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    assert sum(line.startswith("# %%") for line in lines) >= 3
    runpy.run_path(str(script), run_name="__main__")
    printed[name] = capsys.readouterr().out
    beside = script.with_suffix(".txt").read_text(encoding="utf-8")
    assert printed[name] == beside, f"{name}.txt differs: python -m tools.write_examples writes it"


def test_the_examples_find_what_they_are_to_find(printed):
    """Of the numbers in their output: the direction of the couplings, the scale, the exact ln Z, the law of the snapshots."""
    (scales,) = re.findall(r"(?m)^scale / β(.*)$", printed["does_it_hold"])
    truth, recipe, _, refined, _ = map(float, scales.replace("±", "").split())
    assert abs(refined - truth) < 0.05
    assert abs(recipe - truth) > 0.4
    exact, integrated = re.findall(r"(\d+\.\d{6})", printed["exact_chain"])
    assert exact == integrated
    for true, learnt in re.findall(r"true +(\S+)  learnt +(\S+)", printed["own_model"]):
        assert abs(float(learnt) - float(true)) < 0.05
    present = re.findall(r"(?m)^(\w+ .*?) +-?\d\.\d+ ±", printed["own_snapshots"])
    assert present == ["exchange 1 AA", "exchange 1 AB", "exchange 1 BB", "dzyaloshinskii_moriya 1 z"]
