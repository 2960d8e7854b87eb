"""``infer --export``: the terms that are present, as input of another program, and what is refused before and after the work.

One world of fixed seed: couplings of 1 and -0.5 at T = 0.5, 400 snapshots of 12 sites, errors near 0.03.
"""

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.cli.process import main

WORD = "AABABBABABBA"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Snapshots of a known law, with a temperature and without."""
    folder = tmp_path_factory.mktemp("export")
    chain = pr.Geometry.open_chain(len(WORD))
    terms = pr.library(range=1, biquadratic=False).terms("AB", chain)
    spins = pr.Truth(terms, [1.0, -0.5, 1.0], 2.0).exact(chain, WORD).sample(400, np.random.default_rng(2))
    for name, temperature in (("warm", 0.5), ("bare", None)):
        pr.write(folder / f"{name}.npz", [pr.Snapshots.of(spins, WORD, run=range(400), temperature=temperature)])
    return folder


@pytest.fixture(autouse=True)
def _without_figures(monkeypatch):
    monkeypatch.setattr("paper_repro.studies.inference.figures.draw_all", lambda _: {})


def infer(files, *arguments, data="warm"):
    return main(["infer", str(files / f"{data}.npz"), "--range", "2", "--no-confirm", *map(str, arguments)])


@pytest.mark.parametrize("code", ["spirit", "vampire", "uppasd"])
def test_the_terms_that_are_present_are_written_and_the_choices_printed(files, tmp_path, capsys, code):
    """Biquadratic exchange, which two of the programs cannot hold, is not present and in nobody's way."""
    assert infer(files, "--export", code, "--energy-unit", "meV", "--out", tmp_path) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "terms that are present: exchange 1 AA, exchange 1 AB, exchange 1 BB" in printed
    assert "left out, as they are undecided: " in printed or "undecided" not in printed.split("terms that are present")[1]
    assert "one unit of energy of the couplings is 1 meV = " in printed
    assert "counted" in printed
    if code == "spirit":
        text = (tmp_path / "spirit/input.cfg").read_text()
        rows = text.split("Dijz\n")[1].splitlines()
        assert [row.split()[:5] for row in rows] == [[str(k), str(k + 1), "0", "0", "0"] for k in range(len(WORD) - 1)]
        bonds = {(WORD[k], WORD[k + 1]): float(row.split()[5]) for k, row in enumerate(rows)}
        assert bonds["A", "A"] == pytest.approx(1.0, abs=0.15)
        assert bonds["A", "B"] == bonds["B", "A"] == pytest.approx(-0.5, abs=0.15)


def test_a_law_of_a_library_that_is_not_sufficient_is_marked(files, tmp_path, capsys):
    """A second neighbour of 0.8 outside the library, at 400 snapshots: p far below any level."""
    chain = pr.Geometry.open_chain(len(WORD))
    terms = pr.library(range=2, biquadratic=False).terms("A", chain)
    spins = pr.Truth(terms, [1.0, 0.8], 2.0).exact(chain, len(WORD) * "A").sample(400, np.random.default_rng(5))
    pr.write(tmp_path / "more.npz", [pr.Snapshots.of(spins, len(WORD) * "A", run=range(400), temperature=0.5)])
    (tmp_path / "one.toml").write_text("[exchange]\nseparations = [1]\n")
    options = [
        "--library",
        str(tmp_path / "one.toml"),
        "--no-confirm",
        "--export",
        "uppasd",
        "--energy-unit",
        "K",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["infer", str(tmp_path / "more.npz"), *options]) == 0
    assert "WARNING: the library is not sufficient" in " ".join(capsys.readouterr().out.split())
    assert "WARNING: the library is not sufficient" in (tmp_path / "out/uppasd/notes.txt").read_text()
    assert infer(files, "--export", "uppasd", "--energy-unit", "K", "--out", tmp_path / "good") == 0
    assert "sufficient" not in (tmp_path / "good/uppasd/notes.txt").read_text()


def test_a_stated_temperature_is_that_of_the_couplings(files, tmp_path, capsys):
    arguments = ["--export", "spirit", "--energy-unit", "K", "--temperature", "50", "--out", tmp_path]
    assert infer(files, *arguments, data="bare") == 0
    row = (tmp_path / "spirit/input.cfg").read_text().split("Dijz\n")[1].split()
    assert float(row[5]) == pytest.approx(100 * 0.0861733, rel=0.15)  # β J = 2 at 50 K


REFUSED = [
    ("bare", ["--export", "spirit", "--energy-unit", "K", "--out", "OUT"], "without a temperature; expected --temperature"),
    (
        "warm",
        ["--export", "spirit", "--out", "OUT"],
        "--export: spirit without --energy-unit; expected --energy-unit K, meV, eV, mRy, J",
    ),
    ("warm", ["--export", "spirit", "--energy-unit", "K"], "--export: spirit without --out; expected --out, the folder"),
    ("warm", ["--energy-unit", "K"], "--energy-unit: given without --export"),
    ("warm", ["--export", "mumax", "--energy-unit", "K", "--out", "OUT"], "mumax"),
    ("warm", ["--export", "spirit", "--energy-unit", "kcal", "--out", "OUT"], "kcal"),
]


@pytest.mark.parametrize(("data", "arguments", "said"), REFUSED)
def test_an_export_without_its_units_is_one_line_before_the_work(files, tmp_path, capsys, monkeypatch, data, arguments, said):
    monkeypatch.setattr("paper_repro.studies.inference.infer.fit_couplings", lambda *_: pytest.fail("work"))
    assert infer(files, *(str(tmp_path / "made") if part == "OUT" else part for part in arguments), data=data) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "made").exists()


def test_what_a_program_cannot_hold_loses_no_report(tmp_path, capsys):
    chain = pr.Geometry.open_chain(12)
    terms = pr.library(range=1, biquadratic=[1]).terms("A", chain)
    spins = pr.Truth(terms, [0.5, 1.5], 1.0).exact(chain, 12 * "A").sample(500, np.random.default_rng(1))
    pr.write(tmp_path / "s.npz", [pr.Snapshots.of(spins, 12 * "A", run=range(500), temperature=1.0)])
    command = ["infer", str(tmp_path / "s.npz"), "--range", "1", "--no-confirm", "--out", str(tmp_path), "--energy-unit", "J"]
    assert main([*command, "--export", "uppasd"]) == 2
    assert "export to uppasd: biquadratic 1; expected terms of" in capsys.readouterr().err
    assert (tmp_path / "results.json").exists()
    assert not (tmp_path / "uppasd").exists()


def test_an_export_of_simulated_snapshots_is_refused(capsys):
    assert main(["infer", "--simulated", "paper.toml", "--export", "spirit"]) == 2
    assert "--simulated: paper.toml with --export" in capsys.readouterr().err
