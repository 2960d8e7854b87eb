"""A report in a terminal, by rich: the one place that sets text and tables in columns."""

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from paper_repro.report.document import Section, Table, Text, Tone
from paper_repro.report.layout import column_widths, folded, natural_width, wrapped

_NARROWEST = 60  # columns of a terminal in which cells of several lines can be read; below, a row is a paragraph
_COLUMNS = 80  # of a report as text
_STYLES: dict[Tone, str] = {"good": "bold green", "bad": "bold red", "open": "yellow"}


def show(sections: Sequence[Section], title: str, console: Console) -> None:
    """Print a report: summaries last, the first of them at the end; figures and long tables left out."""
    console.rule(RichText(title, style="bold"))
    summaries = [section for section in sections if section.summary]
    for section in [*(section for section in sections if not section.summary), *reversed(summaries)]:
        console.print()
        say(section.title, console, "bold underline")
        for block in section.blocks:
            if isinstance(block, Text):
                say(block.text, console, _STYLES[block.tone] if block.tone else "dim")
            elif isinstance(block, Table) and not block.page_only:
                show_table(block, console)
        if section.determinism:
            say(f"Determinism: {section.determinism}.", console, "dim italic")
    console.print()


def say(text: str, console: Console, style: str = "", indent: int = 0) -> None:
    """Print a paragraph, ``indent`` columns from the left."""
    for line in wrapped(text, console.width - indent):
        console.print(RichText(" " * indent + line, style=style), soft_wrap=True)


def as_text(sections: Sequence[Section], title: str) -> str:
    """Return a report as text of 80 columns, which a notebook shows whole."""
    stream = io.StringIO()
    show(sections, title, Console(file=stream, width=_COLUMNS, highlight=False, no_color=True, force_terminal=False))
    return stream.getvalue()


def show_table(table: Table, console: Console) -> None:
    """Print a table: whole where it fits, else some columns after the others, else row by row."""
    if natural_width(table) <= console.width:
        parts = [table]
    else:
        parts = folded(table, console.width) if console.width >= _NARROWEST else []
    for part in parts:
        _show_grid(part, console)
    if not parts:
        _show_rows(table, console)


def _show_grid(table: Table, console: Console) -> None:
    widths = column_widths(table, console.width)
    if widths is None:
        raise ValueError(f"a table of {natural_width(table)} columns; expected one that fits {console.width}")
    result = RichTable(header_style="bold", pad_edge=False)
    for column, width in zip(table.columns, widths, strict=True):
        header = "\n".join(wrapped(column, width))
        result.add_column(header, justify="right" if column in table.numbers else "left", width=width, no_wrap=True)
    for row in table.rows:
        lines = ["\n".join(wrapped(cell, width)) for cell, width in zip(row, widths, strict=True)]
        result.add_row(*(RichText(text, style=_style(table, cell)) for text, cell in zip(lines, row, strict=True)))
    console.print(result)


def _show_rows(table: Table, console: Console) -> None:
    """Print a table that is too wide row by row, each cell with the name of its column."""
    for first, *others in table.rows:
        say(f"{table.columns[0]}: {first}" if table.columns[0] else first, console, "bold")
        for column, cell in zip(table.columns[1:], others, strict=True):
            if cell:
                say(f"{column}: {cell}" if column else cell, console, _style(table, cell), indent=2)


def _style(table: Table, cell: str) -> str:
    return _STYLES[table.tones[cell]] if cell in table.tones else ""
