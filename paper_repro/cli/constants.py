"""``paper-repro constants``: meaning and source of every constant."""

from collections.abc import Sequence
from pathlib import Path

import attrs
from rich.text import Text

from paper_repro.cli.checks import spec_path
from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.report.document import Section, Table
from paper_repro.report.terminal import show
from paper_repro.spec import Constant, constants_of, load_published, load_spec
from paper_repro.studies.reproduction.protocol import PUBLISHED

_COLUMNS = ("constant", "value", "unit", "symbol", "meaning", "status", "origin")


def table_of(found: Sequence[Constant]) -> Table:
    """Return the table of constants."""
    rows: tuple[tuple[str, ...], ...] = tuple(map(attrs.astuple, found))
    return Table(_COLUMNS, rows, frozenset({"value"}))


def constants(spec: Path | None = None, /, *, json: JsonTarget = None) -> int:
    """Print every constant with its value, unit, meaning and origin; one line each, with a header, if the output is not a terminal.

    Parameters
    ----------
    spec
        A spec or published.toml, a file or a packaged one by name, such as smoke.toml; by default paper.toml.
    """
    path = spec_path(spec)
    found = constants_of(load_published(path)) if path.name == PUBLISHED else constants_of(load_spec(path))
    console, table = console_beside(json), table_of(found)
    if console.is_interactive:
        show([Section("Constants", (table,))], str(path), console)
    else:
        for row in (table.columns, *table.rows):
            console.print(Text(" | ".join(row)), soft_wrap=True)
    write_json(json, [attrs.asdict(constant) for constant in found])
    return 0
