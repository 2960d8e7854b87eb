"""Specs, manifests and links that are made to do harm are only text, or one line."""

import html.parser
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from markupsafe import escape

from paper_repro.pipeline.manifest import NAME, PREVIOUS
from paper_repro.report import html as html_report
from paper_repro.studies.reproduction.figures import draw
from tests.support.commands import command, refused
from tests.support.figures import ALL_FIGURES, DRAWN
from tests.support.malformed import PAPER
from tests.support.tiny import seal, tiny_spec, write_spec

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "nav", "ol", "ul", "li", "a", "section", "h1", "h2", "p"),
    *("div", "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "strong", "details", "summary"),
    *("svg", "g", "defs", "use", "path", "rect", "text", "tspan", "clippath", "image"),
}
_NUMBERS = r"[-\d.e ]+"
#: The attributes that a page may have, and the whole of their values.
ATTRIBUTES = {
    **dict.fromkeys(("lang", "charset", "class", "alt", "id", "aria-label", "tabindex"), "(?s:.*)"),
    **dict.fromkeys(("x", "y", "width", "height", "viewbox"), _NUMBERS),
    "role": "region|img", "scope": "col|row", "name": "viewport|color-scheme", "aria-labelledby": r"title-\d+",
    "content": r"width=device-width, initial-scale=1|light dark", "href": r"#[\w.-]+|data:image/png;base64,[\w+/=\s]+",
    "clip-path": r"url\(#[\w.-]+\)",
    "d": r"[\sMLCQZz\d.e-]*", "transform": r"((rotate|translate|scale|matrix)\([-\d.e, ]+\)\s*)+",
    "style": r"([\w\s:;.,%#'\"-]|var\(--c[\da-f]{6}\))*",
}  # fmt: skip


class Watcher(html.parser.HTMLParser):
    """What a page would do besides showing text and its own images."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        style = page.partition("<style>")[2].partition("</style>")[0]
        self.found += re.findall(r"url\(|@import|expression", style)
        self.found += [ascii(letter) for letter in page if not letter.isprintable() and letter != "\n"]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(tag)
        for name, value in attributes:
            if name not in ATTRIBUTES or not re.fullmatch(ATTRIBUTES[name], str(value)):
                self.found.append(f"{tag} {name}={value}")


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><b>",
    "--><b>",
    "[red]x[/red] %s",
    "$字^{$",
]
UNPRINTABLE = ["\x1b[31mred", "\x1b]0;title\x07", "\u202eevil", "two\nlines", "\x00", "\x9b31m"]


def hostile_spec(folder: Path, letters: str) -> Path:
    """A tiny spec in which everything that can be named has a hostile name, and what can be said has a hostile reason."""
    base, lines, everything = PAPER, tiny_spec(), json.dumps(" ".join(HOSTILE))
    for term, text in zip(("J_AA", "J_AB", "J_BB", "K_AA", "K_AB", "K_BB"), HOSTILE, strict=True):
        base = base.replace(f"[hamiltonian.terms.{term}]", f"[hamiltonian.terms.{json.dumps(f'J_{text}')}]")
    for old, new in (("AB", letters), ("AA", letters[0] * 2), ("BB", letters[1] * 2), ("ABBA", letters + letters[::-1])):
        base, lines = (source.replace(f'value = "{old}"', f"value = {json.dumps(new)}") for source in (base, lines))
    for name in ("temperature", "epochs"):
        base, count = re.subn(
            rf"(?m)^{name} = \{{ value = ([^,]+),.*$",
            lambda found, name=name: f'{name} = {{ value = {found[1]}, status = "assumed", why = {everything} }}',
            base,
        )
        assert count == 1
    return write_spec(folder, lines.replace('name = "tiny"', f"name = {everything}"), base)


@pytest.mark.faults("hostile")
@pytest.mark.parametrize(("letters", "figures"), [("<$", ALL_FIGURES), ('"[', DRAWN)], ids=["<$ with all figures", '"['])
def test_hostile_names_in_a_spec_are_only_text(
    letters: str, figures: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setattr(draw, "FIGURES", figures)
    record_property("injected", len(HOSTILE))
    spec, run = hostile_spec(tmp_path, letters), tmp_path / "run"
    status, out, err = command("reproduce", spec, "--out", run)
    assert (status, err) == (0, "")
    page = (run / "report.html").read_text(encoding="utf-8")
    assert Watcher(page).found == []
    for text in (" ".join(HOSTILE), *(f"J_{text}" for text in HOSTILE)):
        assert text in out
        assert str(escape(text)) in page
    for path in (run / "figures").glob("*.svg"):
        kinds = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter() if isinstance(element.tag, str)}  # noqa: S314
        assert not kinds & {"script", "b", "img"}
    for arguments in (["status", run], ["verify", run], ["constants", spec]):
        assert command(*arguments)[0] == 0


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("text", UNPRINTABLE, ids=ascii)
@pytest.mark.parametrize("place", ["name", "species", "terms"])
def test_names_that_cannot_be_printed_are_refused_in_one_line(text: str, place: str, tmp_path: Path) -> None:
    toml = json.dumps(text)
    base = {
        "name": PAPER,
        "species": PAPER.replace('species = { value = "AB"', f"species = {{ value = {json.dumps(chr(65) + text[0])}"),
        "terms": PAPER.replace("J_BB", toml),
    }[place]
    lines = tiny_spec().replace('name = "tiny"', f"name = {toml}") if place == "name" else tiny_spec()
    if place == "species" and text[0].isprintable():
        pytest.skip("its first letter can be printed")
    line = refused("reproduce", write_spec(tmp_path, lines, base), "--out", tmp_path / "run")
    assert place in line
    assert not (tmp_path / "run").exists()


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("name", ["J.BB", ".", ""])
def test_a_term_that_results_could_not_name_is_refused(name: str, tmp_path: Path) -> None:
    """A dot separates the names in the path of a result."""
    spec = write_spec(tmp_path, tiny_spec(), PAPER.replace("J_BB", json.dumps(name)))
    assert "hamiltonian.terms" in refused("constants", spec)


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("text", HOSTILE + UNPRINTABLE, ids=ascii)
def test_hostile_texts_in_a_manifest_are_only_text(text: str, run: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        for session in data["sessions"]:
            session.update(commit=text, processor=text, cores=text, torch=text, numpy=text)

    seal(run, change)
    status, out, err = command("report", run)
    assert (status, err) == (0, "")
    assert all(letter.isprintable() or letter == "\n" for letter in out)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert Watcher(page).found == []
    shown = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    assert str(escape(shown)) in page.replace("<p>", " ").replace("</p>", "") or "\n" in text


def test_the_watcher_of_a_page_sees_what_is_not_escaped(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: a report that escapes nothing."""

    def change(data: dict[str, Any]) -> None:
        data["sessions"][0]["processor"] = "".join(HOSTILE + UNPRINTABLE)

    seal(run, change)
    plain = html_report.jinja2.Environment
    template = html_report._template.__wrapped__
    monkeypatch.setattr(html_report.jinja2, "Environment", lambda **how: plain(**{**how, "autoescape": False, "finalize": None}))
    monkeypatch.setattr(html_report, "_template", template)
    assert command("report", run)[0] == 0
    found = Watcher((run / "report.html").read_text(encoding="utf-8")).found
    assert {"script", "b", "img src=x", "img onerror=alert(1)", "'\\x1b'", "'\\u202e'"} <= set(found)


SESSIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no session": lambda data: data.update(sessions=[]),
    "no start": lambda data: data["sessions"][0].pop("started"),
    "no commit": lambda data: data["sessions"][0].pop("commit"),
    "a spec of something": lambda data: data.update(spec={}),
    "a stage of another name": lambda data: data["stages"].update({"\x1b[31m": data["stages"]["report"]}),
    "an output above": lambda data: data["stages"]["report"]["outputs"].update({"../x": "0"}),
}


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("case", SESSIONS)
def test_a_manifest_that_nobody_wrote_is_one_line(case: str, run: Path) -> None:
    seal(run, SESSIONS[case])
    (run / PREVIOUS).unlink()
    assert NAME in refused("report", run)


@pytest.mark.faults("hostile")
def test_a_session_that_says_not_where_it_was_has_a_dash(run: Path) -> None:
    seal(run, lambda data: [data["sessions"][0].pop(name) for name in ("processor", "cores", "torch", "numpy")])
    status, out, err = command("report", run)
    assert (status, err) == (0, "")
    assert "torch —, numpy —" in out


@pytest.mark.faults("hostile")
@pytest.mark.parametrize(
    "name", [".lock", "manifest.json", "results/inversion-0.json", "weights/seed-0.safetensors", "report.html"]
)
def test_a_link_out_of_the_run_directory_is_not_written_through(name: str, tiny: Path, run: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "thesis.tex"
    theirs.write_text("years of work")
    (run / name).unlink()
    (run / name).symlink_to(theirs)
    command("reproduce", tiny, "--out", run)
    command("report", run)
    assert theirs.read_text() == "years of work"
