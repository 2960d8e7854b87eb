"""A report as one self-contained HTML page, which loads nothing from anywhere; its form stands in ``templates``."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2

from paper_repro.files import printable
from paper_repro.report.colours import ON_DARK
from paper_repro.report.document import Figure, Section, Table, Text
from paper_repro.report.svg import inline, variable


def page(sections: Sequence[Section], images: Mapping[str, bytes], title: str, lead: str, stamp: str = "") -> str:
    """Return a report as HTML: title, ``lead`` and ``stamp``, contents with links, and the sections, summaries first.

    ``images`` are the SVG of the figures, by name; figures without one are left out, the others are numbered.
    """
    ordered = sorted(sections, key=lambda section: not section.summary)
    shown = [figure for section in ordered for figure in section.blocks_of(Figure) if figure.name in images]
    return _template().render(
        title=title,
        lead=lead,
        stamp=stamp,
        sections=ordered,
        images={figure.name: inline(images[figure.name], figure.name, printable(figure.alt)) for figure in shown},
        numbers={figure.name: number for number, figure in enumerate(shown, start=1)},
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    environment.tests |= {"text": lambda block: isinstance(block, Text), "table": lambda block: isinstance(block, Table)}
    environment.globals |= {"colours": tuple(ON_DARK.items()), "variable": variable}
    return environment.get_template("page.html")
