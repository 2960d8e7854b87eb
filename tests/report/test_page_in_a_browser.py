"""The page of a report in Chromium, on a desktop and on a phone, light and dark: nothing overflows, is missing or inaccessible."""

import importlib.resources

import pytest

from paper_repro.report import html
from paper_repro.report.colours import BLUE, ON_DARK
from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.figures import curves, style
from tests.support.browser import browser

LONG = "word " * 60
COLUMNS = ("claim", *(f"number {k}" for k in range(9)), "verdict", "reason")
ROW = ("a claim of several words", *["-0.123456 ± 0.000012"] * 9, "GOOD", LONG)
SECTIONS = [
    Section("Results", (Text("Measured.", "good"), Text(LONG * 3)), "exact", summary=True),
    Section("Numbers", (Table(COLUMNS, (ROW,) * 3, frozenset(COLUMNS[1:10]), {"GOOD": "good"}),
                        Table(("a", "b"), (("1", "bad"), ("2", "open")), frozenset({"a"}), {"bad": "bad", "open": "open"}))),
    Section("Curves", (Figure("curve", "It rises.", LONG, "A rising curve."), Figure("other", "It falls.", "Below.", "Another."))),
    Section("Rows", (Table(("a", "b"), (("1", "2"),) * 40, page_only=True),)),
    Section("Stages", (Text("x" * 200), Table(COLUMNS, (ROW,))), folded=True),
]  # fmt: skip
SIZES = (1280, 420)
SCHEMES = ("light", "dark")


def drawn(name):
    data = curves.Curves([curves.Curve("seed 0", [1.0, 2.0]), curves.Curve("seed 1", [1.0, 3.0])], "epoch", "loss")
    return style.images(name, lambda: curves.draw(data))[f"{name}.svg"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    images = {name: drawn(name) for name in ("curve", "other")}
    path.write_text(html.page(SECTIONS, images, "A report", "What it is about.", "name · digest"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chromium():
    with browser() as session:
        yield session


@pytest.fixture(params=[(width, scheme) for width in SIZES for scheme in SCHEMES], ids=lambda shown: f"{shown[0]}-{shown[1]}")
def shown(request, chromium, page):
    """The browser with the page in it, every fold open."""
    chromium.show(*request.param)
    chromium.open(page)
    chromium.run("document.querySelectorAll('details').forEach(part => { part.open = true })")
    return chromium


# the sizes of what reaches over the right edge of the window, but for what scrolls by itself
OVERFLOW = """
const edge = document.documentElement.clientWidth, found = [];
if (document.documentElement.scrollWidth > edge) found.push(['page', document.documentElement.scrollWidth]);
for (const part of document.querySelectorAll('body *'))
  if (!part.closest('.scrolled > *') && part.getBoundingClientRect().right > edge + 0.5)
    found.push([part.tagName, part.getBoundingClientRect().right]);
return found;
"""
# links that lead to nothing, and pictures without an area or a name
MISSING = """
return [...document.querySelectorAll('a[href]')].filter(link => !document.querySelector(link.getAttribute('href')))
  .concat([...document.querySelectorAll('svg')]
    .filter(image => !image.getAttribute('aria-label') || !image.getBoundingClientRect().height))
  .map(part => part.outerHTML.slice(0, 80));
"""


def test_nothing_overflows_and_nothing_is_missing(shown):
    assert shown.run(OVERFLOW) == []
    assert shown.run(MISSING) == []
    assert shown.run("return document.querySelectorAll('figure svg').length") == 2
    sizes = "return [...document.querySelectorAll('.scrolled')].map(part => part.scrollWidth > part.clientWidth)"
    assert any(shown.run(sizes))  # a wide table does scroll


def test_a_page_is_accessible(shown):
    """axe-core finds nothing serious; the inside of a figure, which has one name, is left out."""
    assert serious(shown) == []


def serious(session):
    session.run("document.querySelectorAll('figure svg').forEach(image => image.replaceChildren())")
    session.run((importlib.resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = session.run("return axe.run().then(found => found.violations.map(item => [item.impact, item.id]))")
    return [item for item in found if item[0] in {"serious", "critical"}]


def test_figures_have_the_colours_of_the_scheme_and_text_that_can_be_selected(chromium, page):
    strokes, texts = [], []
    for scheme in SCHEMES:
        chromium.show(SIZES[0], scheme)
        chromium.open(page)
        strokes.append(
            chromium.run("return [...document.querySelectorAll('#section-3 svg path')].map(x => getComputedStyle(x).stroke)")
        )
        texts.append(
            chromium.run("return [...document.querySelectorAll('svg text')].map(x => [x.textContent, getComputedStyle(x).fill])")
        )
    assert as_rgb(BLUE) in strokes[0]
    assert as_rgb(ON_DARK[BLUE]) in strokes[1]
    assert as_rgb(BLUE) not in strokes[1]
    assert {text for text, _ in texts[0]} >= {"epoch", "loss", "seed 0"}
    assert {fill for _, fill in texts[0]} == {"rgb(0, 0, 0)"}
    assert {fill for _, fill in texts[1]} == {as_rgb(ON_DARK["#000000"])}


def as_rgb(colour):
    return f"rgb({', '.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))})"


def test_a_link_of_the_contents_leads_to_its_section(chromium, page):
    chromium.show(420, "light")
    chromium.open(page)
    chromium.run("document.querySelector('nav a[href=\"#section-2\"]').click()")
    assert abs(chromium.run("return document.querySelector('#section-2').getBoundingClientRect().top")) < 5


def test_what_is_wrong_with_a_page_is_seen(chromium, tmp_path):
    """The broken twin: too wide, a dead link, a picture without a name, text that is too pale."""
    path = tmp_path / "broken.html"
    path.write_text(
        '<!doctype html><html><body><div style="width:3000px">wide</div><a href="#none" style="color:#eee">link</a>'
        "<svg></svg></body></html>"
    )
    chromium.show(420, "light")
    chromium.open(path)
    assert chromium.run(OVERFLOW)
    assert len(chromium.run(MISSING)) == 2
    assert {"color-contrast", "document-title", "html-has-lang"} <= {name for _, name in serious(chromium)}
