"""A report in Markdown, as GitHub reads it."""

import re
from collections.abc import Mapping, Sequence

from paper_repro.report.document import Block, Section, Table, Text


def document(sections: Sequence[Section], title: str, images: Mapping[str, str]) -> str:
    """Return a report; ``images`` are the paths of the figures, by name, and figures without one are left out."""
    return "\n\n".join([f"# {_escaped(title)}", *(section(part, images) for part in sections)]) + "\n"


def section(part: Section, images: Mapping[str, str]) -> str:
    """Return one section with its title."""
    blocks = [shown for block in part.blocks if (shown := _block(block, images))]
    note = [f"*Determinism: {_escaped(part.determinism)}.*"] if part.determinism else []
    return "\n\n".join([f"## {_escaped(part.title)}", *blocks, *note])


def table(block: Table) -> str:
    """Return a table; columns of numbers are set to the right."""
    rule = ["---:" if column in block.numbers else "---" for column in block.columns]
    rows = [[_escaped(cell) for cell in row] for row in (block.columns, *block.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]])


def _block(block: Block, images: Mapping[str, str]) -> str:
    if isinstance(block, Text):
        return _escaped(block.text)
    if isinstance(block, Table):
        return table(block)
    if block.name not in images:
        return ""
    return f"![{_escaped(block.alt)}]({images[block.name]})\n\n**{_escaped(block.conclusion)}** *{_escaped(block.caption)}*"


#: What Markdown, or a table in it, would read as more than text; an underscore within a word is text.
_SIGNS = re.compile(r"[\\|*`<\[]|(?<![^\W_])_|_(?![^\W_])")


def _escaped(text: str) -> str:
    """Return a text on one line, with a backslash before every sign that is to be read as itself."""
    return " ".join(_SIGNS.sub(r"\\\g<0>", text).split())
