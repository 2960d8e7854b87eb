"""A report as one self-contained HTML page, which loads nothing from anywhere."""

import base64
import html
import itertools
from collections.abc import Iterator, Mapping, Sequence

from paper_repro.files import printable
from paper_repro.report.document import Block, Figure, Section, Table, Text

_CSS = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.4rem}a{color:#0072b2}
nav ul{columns:18rem;padding-left:1.2rem;margin:.4rem 0}
p{max-width:46rem;color:#444}.determinism{font-style:italic;color:#666}
.table{overflow-x:auto;margin:.8rem 0}table{border-collapse:collapse}
th,td{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}th{border-bottom-color:#888}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.good{color:#007a3d;font-weight:bold}.bad{color:#b3261e;font-weight:bold}.open{color:#8a6100;font-weight:bold}
figure{margin:1.4rem 0}img{width:100%;max-width:46rem;height:auto}figcaption{max-width:46rem;font-size:.9rem;color:#444}
@media print{.table{overflow:visible}body{max-width:none}}
"""


def page(sections: Sequence[Section], title: str, lead: str, images: Mapping[str, bytes]) -> str:
    """Return a report as HTML: its title, a ``lead`` below it, contents with links, and the sections, summaries after the first.

    ``images`` are the PNG of the figures, by name; figures without one are left out, the others are numbered.
    """
    first, *others = sections
    ordered = [first, *sorted(others, key=lambda section: not section.summary)]
    names = [f"section-{number}" for number in range(1, len(ordered) + 1)]
    links = "".join(f'<li><a href="#{name}">{_escaped(part.title)}</a></li>' for name, part in zip(names, ordered, strict=True))
    counter = itertools.count(1)
    parts = [_section(part, name, images, counter) for name, part in zip(names, ordered, strict=True)]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_escaped(title)}</title><style>{_CSS}</style>"
    )
    body = f'<h1>{_escaped(title)}</h1><p>{_escaped(lead)}</p><nav aria-label="contents"><ul>{links}</ul></nav>{"".join(parts)}'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _section(part: Section, name: str, images: Mapping[str, bytes], counter: Iterator[int]) -> str:
    blocks = "".join(_block(block, part.title, images, counter) for block in part.blocks)
    note = f'<p class="determinism">Determinism: {_escaped(part.determinism)}.</p>' if part.determinism else ""
    return f'<section id="{name}"><h2>{_escaped(part.title)}</h2>{blocks}{note}</section>'


def _block(block: Block, title: str, images: Mapping[str, bytes], counter: Iterator[int]) -> str:
    if isinstance(block, Text):
        return _cell("p", block.text, block.tone or "")
    if isinstance(block, Table):
        return _table(block, title)
    return _figure(block, images[block.name], next(counter)) if block.name in images else ""


def _table(table: Table, title: str) -> str:
    kinds = ["number" if column in table.numbers else "" for column in table.columns]
    head = "".join(_cell("th", column, kind) for column, kind in zip(table.columns, kinds, strict=True))
    rows = "".join(
        "<tr>" + "".join(_cell("td", cell, table.tones.get(cell, kind)) for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in table.rows
    )
    label = _escaped(f"table: {title}")
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(tag: str, text: str, kind: str) -> str:
    return f'<{tag} class="{kind}">{_escaped(text)}</{tag}>' if kind else f"<{tag}>{_escaped(text)}</{tag}>"


def _figure(figure: Figure, image: bytes, number: int) -> str:
    source = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    caption = f"<figcaption><strong>Figure {number}.</strong> {_escaped(figure.caption)}</figcaption>"
    return f'<figure><img alt="{_escaped(figure.alt)}" src="{source}">{caption}</figure>'


def _escaped(text: str) -> str:
    return html.escape(printable(text))
