"""The same sections in a terminal, on a page and in Markdown: all of their words, and nothing that a reader would run."""

import io
from html.parser import HTMLParser

import pytest
from rich.console import Console

from paper_repro.report import html, markdown, terminal
from paper_repro.report.document import Figure, Section, Table, Text

NASTY = "<b>x</b> | [link](y) `z` *w* [red]v[/red]"
SECTIONS = [
    Section("First", (Text("A paragraph."),)),
    Section(
        "Numbers",
        (
            Text(NASTY),
            Table(("", "value"), (("row", "1.5"), (NASTY, "GOOD")), frozenset({"value"}), {"GOOD": "good"}),
            Figure("curve", "It rises.", "A caption.", "What it shows."),
            Figure("missing", "It is not.", "Never drawn.", "Nothing."),
        ),
        "exact",
    ),
    Section("Long", (Table(("a",), (("only on a page",),), page_only=True),)),
    Section("Summary", (Text("Seen first.", "bad"),), summary=True),
    Section("Details", (Text("Seen second."),), summary=True),
    Section("Folded", (Text("Opened."),), folded=True),
]
SVG = b'<svg viewBox="0 0 1 1" width="1pt"><metadata/><g id="a"><path id="b" style="fill: #0072b2"/><use href="#b"/></g></svg>'


class Reader(HTMLParser):
    """The tags, the attributes and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def page():
    return Reader(html.page(SECTIONS, {"curve": SVG}, "Title", "Lead", "name · digest"))


def shown(width=100):
    console = Console(file=io.StringIO(), width=width)
    terminal.show(SECTIONS, "Title", console)
    return console.file.getvalue()


def test_a_page_has_what_a_reader_needs(page):
    assert ("meta", "name", "viewport") in page.attributes
    assert page.tags.count("figure") == page.tags.count("figcaption") == page.tags.count("svg") == 1
    assert ("svg", "aria-label", "What it shows.") in page.attributes
    assert "Figure 1. It rises." in page.text
    assert "name · digest" in page.text
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    places = [f"#{value}" for tag, name, value in page.attributes if (tag, name) == ("section", "id")]
    assert links == places
    assert len(links) == len(SECTIONS)
    scrolled = page.attributes.count(("div", "class", "scrolled"))
    assert page.tags.count("table") + page.tags.count("figure") == scrolled  # each scrolls by itself


def test_a_figure_is_part_of_the_page_in_its_colours(page):
    """Identifiers that are used have the name of the figure, others and sizes are gone."""
    assert {value for tag, name, value in page.attributes if name == "id" and tag in {"g", "path"}} == {"curve-b"}
    assert ("use", "href", "#curve-b") in page.attributes
    assert ("path", "style", "fill: var(--c0072b2)") in page.attributes
    assert "metadata" not in page.tags
    assert not [value for tag, name, value in page.attributes if tag == "svg" and name == "width"]
    with pytest.raises(ValueError, match="expected an SVG with a view box"):
        html.page(SECTIONS, {"curve": b"<svg/>"}, "Title", "Lead")


def test_long_tables_and_folded_sections_are_closed(page):
    assert page.tags.count("details") == page.tags.count("summary") == 2
    assert not [pair for pair in page.attributes if pair[:2] == ("details", "open")]


def test_names_and_texts_are_only_text(page):
    assert not {"b", "script"} & set(page.tags)
    assert page.text.count(NASTY) == 2
    assert NASTY in shown(200)
    text = markdown.document(SECTIONS, "Title", {})
    assert r"\<b>x\</b> \| \[link](y) \`z\` \*w\*" in text
    (row,) = [line for line in text.splitlines() if "GOOD" in line]
    assert row.replace("\\|", "").count("|") == 3


def test_summaries_are_first_on_a_page_and_last_in_a_terminal(page):
    every = [section.title for section in SECTIONS]
    titles = [text for text in page.text if text in every]
    assert titles[len(titles) // 2 :] == ["Summary", "Details", "First", "Numbers", "Long", "Folded"]
    screen = shown()
    assert sorted(every, key=screen.index) == ["First", "Numbers", "Long", "Folded", "Details", "Summary"]


def test_long_tables_and_undrawn_figures_are_left_out(page):
    assert "only on a page" in page.text
    assert "only on a page" not in shown()
    assert "Never drawn." not in "".join(page.text)
    assert "![What it shows.](curve.png)\n\n**It rises.** *A caption.*" in markdown.document(
        SECTIONS, "Title", {"curve": "curve.png"}
    )


def test_a_narrow_terminal_gets_a_table_row_by_row():
    assert "row\n  value: 1.5\n" in shown(40)
    assert "value: 1.5" not in shown(100)


def test_the_words_of_a_verdict_are_set_off(page):
    assert ("td", "class", "good") in page.attributes
    assert ("p", "class", "bad") in page.attributes
    assert ("td", "class", "number") in page.attributes
