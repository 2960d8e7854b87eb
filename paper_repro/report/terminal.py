"""A report in a terminal, by rich."""

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from paper_repro.report.document import Section, Table, Text, Tone

_NARROWEST = 60  # columns of a terminal in which a table can be read; below, its rows are lines
_STYLES: dict[Tone, str] = {"good": "bold green", "bad": "bold red", "open": "yellow"}


def show(sections: Sequence[Section], title: str, console: Console) -> None:
    """Print a report: summaries last, figures and long tables left out."""
    console.rule(RichText(title, style="bold"))
    for section in sorted(sections, key=lambda section: section.summary):
        console.print()
        console.print(RichText(section.title, style="bold underline"))
        for block in section.blocks:
            if isinstance(block, Text):
                console.print(RichText(block.text, style=_STYLES[block.tone] if block.tone else "dim"))
            elif isinstance(block, Table) and not block.page_only:
                _show_table(block, console)
        if section.determinism:
            console.print(RichText(f"Determinism: {section.determinism}.", style="dim italic"))
    console.print()


def as_text(sections: Sequence[Section], title: str, width: int = 100) -> str:
    """Return a report as text of ``width`` columns."""
    stream = io.StringIO()
    show(sections, title, Console(file=stream, width=width, highlight=False, no_color=True, force_terminal=False))
    return stream.getvalue()


def _show_table(table: Table, console: Console) -> None:
    if console.width < _NARROWEST:
        for row in (table.columns, *table.rows):
            console.print(RichText(" | ".join(row)))
        return
    result = RichTable(header_style="bold", pad_edge=False)
    for column in table.columns:
        result.add_column(column, justify="right" if column in table.numbers else "left", overflow="fold")
    for row in table.rows:
        result.add_row(*(RichText(cell, style=_STYLES[table.tones[cell]] if cell in table.tones else "") for cell in row))
    console.print(result)
