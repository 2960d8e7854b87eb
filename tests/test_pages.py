"""The code on the pages about models and about extending the project runs, and does what the page says."""

import contextlib
import io
import re
import types

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.files import InputError
from paper_repro.physics.terms import FAMILIES
from paper_repro.sampling.readers import read as reader


def blocks(pytestconfig, page, language="python"):
    text = (pytestconfig.rootpath / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def executed(*code):
    """The names that blocks of code define, as a module, and what they print."""
    module, out = types.ModuleType("page"), io.StringIO()
    with contextlib.redirect_stdout(out):
        for block in code:
            exec(block, vars(module))  # noqa: S102
    return module, out.getvalue()


def test_a_model_and_a_spec_as_the_page_has_them(pytestconfig, tmp_path):
    page, printed = executed(*blocks(pytestconfig, "model.md"))
    assert page.found.fit.r2 == pytest.approx(1, abs=1e-12)
    assert "J_AA" in printed
    (spec,) = blocks(pytestconfig, "model.md", "toml")
    (tmp_path / "small.toml").write_text(spec, encoding="utf-8")
    assert pr.load_spec(tmp_path / "small.toml").record.architecture.blocks == 1


def test_a_family_as_the_page_adds_it(pytestconfig):
    family, use, *_ = blocks(pytestconfig, "extending.md")
    try:
        page, printed = executed(family, use)
        assert printed == "('exchange 1 AA', 'compass 1 x', 'compass 1 y', 'compass 1 z')\n"
        assert pr.conventions(page.terms)[2] == "compass: S_i^c S_j^c"
    finally:
        del FAMILIES["compass"]
    written = page.Compass("z", 1, component=2)
    numerical = pr.own_term("z", lambda s: s[..., 0, 2] * s[..., 1, 2], lambda geometry: geometry.pairs_of(1), inversion=1)
    spins = np.random.default_rng(0).standard_normal((5, 2, 3))
    spins /= np.linalg.norm(spins, axis=-1, keepdims=True)
    slope = written.derivative(spins)
    assert written.value(spins) == pytest.approx(numerical.value(spins))
    tangent = slope - (slope * spins).sum(-1, keepdims=True) * spins
    np.testing.assert_allclose(tangent, numerical.derivative(spins), atol=1e-7)
    np.testing.assert_allclose(written.laplacian(spins), numerical.laplacian(spins), atol=1e-6)


def test_a_format_as_the_page_adds_it(pytestconfig, monkeypatch, tmp_path):
    page, _ = executed(blocks(pytestconfig, "extending.md")[2])
    monkeypatch.setattr(reader, "_FORMATS", (*reader._FORMATS, page))
    (tmp_path / "up.txt").write_text("# spins\n" + 2 * "0 0 1 0 0.6 0.8\n", encoding="utf-8")
    (data,) = pr.read(tmp_path / "up.txt")
    assert data.spins[1].tolist() == pytest.approx(np.array([[0, 0, 1], [0, 0.6, 0.8]]))
    for wrong in ("0 0\n", "a b c\n", "", "0 0 nan\n", "0 0 1\n0 0\n"):
        (tmp_path / "wrong.txt").write_text("# spins\n" + wrong, encoding="utf-8")
        with pytest.raises(InputError, match=r"wrong\.txt.*; expected"):
            pr.read(tmp_path / "wrong.txt")


def test_a_figure_as_the_page_adds_it(pytestconfig):
    page, printed = executed(*blocks(pytestconfig, "extending.md")[3:])
    assert printed == "['histogram.png', 'histogram.svg']\n"
    assert page.files["histogram.png"].startswith(b"\x89PNG")
    assert b">density<" in page.files["histogram.svg"]


def test_the_glossary_is_sorted_and_every_row_is_whole(pytestconfig):
    text = (pytestconfig.rootpath / "docs/glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (.*?) \| (.*) \|$", text)[2:]
    names = [name for name, _ in rows]
    assert names == sorted(names, key=lambda name: name.casefold().replace("α", "").replace("²", "2"))
    assert all(len(meaning.split()) >= 5 for _, meaning in rows)
