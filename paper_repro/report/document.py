"""What a report is made of: sections, tables and numbers, however they are shown."""

import math

import attrs

#: The colours of the words that a reader looks for first, by rich's names.
STYLES = {"REPRODUCED": "bold green", "DEVIATES": "bold red", "INCONCLUSIVE": "yellow"}


@attrs.frozen
class Table:
    """Columns and rows of text; the columns named in ``numbers`` stand to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()


@attrs.frozen
class Section:
    """One part of the report: a title, a few sentences, a table (on the page only, where it is long), and names of figures.

    ``determinism`` says of all its numbers how far they can be had again.
    """

    title: str
    text: str = ""
    table: Table | None = None
    figures: tuple[str, ...] = ()
    on_page_only: bool = False
    determinism: str = ""


def number(value: float, error: float = math.nan, digits: int = 4) -> str:
    """Return a value, with its error where there is one, in as many decimals as the error deserves; "—" for none."""
    if not math.isfinite(value):
        return "—"
    if math.isfinite(error) and error > 0:
        places = max(0, min(8, 1 - math.floor(math.log10(error))))
        return f"{value:.{places}f} ± {error:.{places}f}"
    if value == int(value) and abs(value) >= 100:
        return f"{int(value):,}"
    return f"{value:.{digits}f}"
