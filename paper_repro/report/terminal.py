"""A report in a terminal, by rich."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from paper_repro.report.document import STYLES, Section, Table

_NARROWEST = 60  # columns of a terminal in which a table can be read; below, its rows are lines


def _rich_table(table: Table) -> RichTable:
    result = RichTable(header_style="bold", pad_edge=False)
    for column in table.columns:
        result.add_column(column, justify="right" if column in table.numbers else "left", overflow="fold")
    for row in table.rows:
        result.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    return result


def show(parts: Sequence[Section], title: str, console: Console) -> None:
    """Print the report."""
    console.rule(Text(title, style="bold"))
    for part in parts:
        console.print()
        console.print(Text(part.title, style="bold underline"))
        if part.text:
            console.print(Text(part.text, style="dim"))
        if part.determinism:
            console.print(Text(f"Determinism: {part.determinism}.", style="dim italic"))
        if part.table is not None and not part.on_page_only:
            if console.width >= _NARROWEST:
                console.print(_rich_table(part.table))
            else:
                for row in (part.table.columns, *part.table.rows):
                    console.print(Text(" | ".join(row)))
    console.print()
