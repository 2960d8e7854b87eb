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
            Figure("curve", "A caption.", "What it shows."),
            Figure("missing", "Never drawn.", "Nothing."),
        ),
        "exact",
    ),
    Section("Long", (Table(("a",), (("only on a page",),), page_only=True),)),
    Section("Summary", (Text("Seen first.", "bad"),), summary=True),
]
PNG = b"\x89PNG"


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
    return Reader(html.page(SECTIONS, "Title", "Lead", {"curve": PNG}))


def shown(width=100):
    console = Console(file=io.StringIO(), width=width)
    terminal.show(SECTIONS, "Title", console)
    return console.file.getvalue()


def test_a_page_has_what_a_reader_needs(page):
    assert ("meta", "name", "viewport") in page.attributes
    assert page.tags.count("figure") == page.tags.count("figcaption") == page.tags.count("img") == 1
    assert ("img", "alt", "What it shows.") in page.attributes
    assert "Figure 1." in page.text
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    places = [f"#{value}" for tag, name, value in page.attributes if (tag, name) == ("section", "id")]
    assert links == places
    assert len(links) == len(SECTIONS)
    assert page.tags.count("table") == sum(pair == ("div", "class", "table") for pair in page.attributes)  # each scrolls by itself


def test_names_and_texts_are_only_text(page):
    assert not {"b", "script"} & set(page.tags)
    assert page.text.count(NASTY) == 2
    assert NASTY in shown(200)
    text = markdown.document(SECTIONS, "Title", {})
    assert r"\<b>x\</b> \| \[link](y) \`z\` \*w\*" in text
    (row,) = [line for line in text.splitlines() if "GOOD" in line]
    assert row.replace("\\|", "").count("|") == 3


def test_summaries_are_second_on_a_page_and_last_in_a_terminal(page):
    titles = [text for text in page.text if text in {"First", "Numbers", "Long", "Summary"}]
    assert titles[len(titles) // 2 :] == ["First", "Summary", "Numbers", "Long"]
    screen = shown()
    assert sorted(["First", "Numbers", "Long", "Summary"], key=screen.index) == ["First", "Numbers", "Long", "Summary"]


def test_long_tables_and_undrawn_figures_are_left_out(page):
    assert "only on a page" in page.text
    assert "only on a page" not in shown()
    assert "Never drawn." not in "".join(page.text)
    assert "![What it shows.](curve.png)" in markdown.document(SECTIONS, "Title", {"curve": "curve.png"})


def test_a_narrow_terminal_gets_a_table_row_by_row():
    assert "row\n  value: 1.5\n" in shown(40)
    assert "value: 1.5" not in shown(100)


def test_the_words_of_a_verdict_are_set_off(page):
    assert ("td", "class", "good") in page.attributes
    assert ("p", "class", "bad") in page.attributes
    assert ("td", "class", "number") in page.attributes
