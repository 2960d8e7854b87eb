"""What a report is made of: sections of paragraphs, tables and figures. How they are shown is up to a renderer."""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeVar

import attrs

#: How a word in a table is set off: "good" and "bad" news, or an "open" question.
Tone = Literal["good", "bad", "open"]


@attrs.frozen
class Text:
    """A paragraph; one with a ``tone`` is set off, such as a headline."""

    text: str
    tone: Tone | None = None


@attrs.frozen
class Table:
    """Columns and rows of text; the columns named in ``numbers`` are set to the right.

    ``tones`` gives the tone of cells by their text. A table that is ``page_only`` is too long for a terminal, and
    folded on a page.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    tones: Mapping[str, Tone] = attrs.field(factory=dict)
    page_only: bool = False


@attrs.frozen
class Figure:
    """An image that is drawn elsewhere, by its ``name``.

    The ``conclusion`` is one sentence that its data support, the ``caption`` states what is drawn; ``alt`` describes what is seen.
    """

    name: str
    conclusion: str
    caption: str
    alt: str


Block = Text | Table | Figure
B = TypeVar("B", Text, Table, Figure)


@attrs.frozen
class Section:
    """A title and what stands below it.

    ``determinism`` states how closely its numbers are reproduced on another machine. A ``summary`` stands at the top of a page, and
    last in a terminal, where it is seen. A section that is ``folded`` is closed on a page until it is opened.
    """

    title: str
    blocks: tuple[Block, ...] = ()
    determinism: str = ""
    summary: bool = False
    folded: bool = False

    def blocks_of(self, kind: type[B]) -> Iterator[B]:
        """Yield the paragraphs, the tables or the figures."""
        return (block for block in self.blocks if isinstance(block, kind))
