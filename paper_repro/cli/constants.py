"""``paper-repro constants``: meaning and source of every constant."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args

import attrs
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from paper_repro.cli.checks import spec_path
from paper_repro.cli.console import console_beside, write_json
from paper_repro.cli.options import JsonTarget
from paper_repro.files import InputError
from paper_repro.report.document import Table
from paper_repro.report.terminal import say, show_table
from paper_repro.spec import Constant, constants_of, load_published, load_spec
from paper_repro.spec.origin import Status
from paper_repro.studies.reproduction.protocol import PUBLISHED

_COLUMNS = ("constant", "value", "unit", "symbol", "meaning", "status", "origin")
_ORIGINS = (
    "stated: in the text of the paper; released: in the authors' code; inferred: follows from these by the argument given; "
    "assumed: our choice, with its reason."
)


def constants(
    spec: Path | None = None,
    /,
    *,
    section: str | None = None,
    status: Annotated[tuple[Status, ...], Parameter(negative="", show_default=False)] = (),
    json: JsonTarget = None,
) -> int:
    """List the constants of a spec: their number by status and their values; with a filter also meaning and origin.

    If the output is not a terminal, every constant is one line with all of these, below a header.

    Parameters
    ----------
    spec
        A spec or published.toml, a file or a packaged one by name, such as smoke.toml; by default paper.toml.
    section
        Only the constants of this section, such as likelihood or training.optimiser.
    status
        Only constants of this status; the option may be repeated.
    """
    path = spec_path(spec)
    found = constants_of(load_published(path)) if path.name == PUBLISHED else constants_of(load_spec(path))
    chosen = _chosen(found, section, status)
    console = console_beside(json)
    if console.is_interactive:
        show_constants(chosen, str(path), console, details=section is not None or bool(status))
    else:
        for row in (_COLUMNS, *map(attrs.astuple, chosen)):
            console.print(Text(" | ".join(row)), soft_wrap=True)
    write_json(json, [attrs.asdict(constant) for constant in chosen])
    return 0


def _chosen(found: Sequence[Constant], section: str | None, status: Sequence[Status]) -> list[Constant]:
    inside = [one for one in found if section is None or f"{one.name}.".startswith(f"{section}.")]
    if not inside:
        raise InputError("--section", str(section), f"one of {', '.join(dict.fromkeys(map(_section, found)))}")
    return [one for one in inside if not status or one.status in status]


def _section(constant: Constant) -> str:
    return constant.name.partition(".")[0]


def show_constants(found: Sequence[Constant], title: str, console: Console, *, details: bool) -> None:
    """Show how many constants there are of each status, and each of them: with ``details`` also its meaning and its origin."""
    say(f"{len(found)} constants of {title}", console, "bold")
    say(_ORIGINS, console, "dim")
    if details:
        for one in found:
            console.print()
            say(f"{one.name} = {_value(one)}", console, "bold")
            say(f"{one.symbol}: {one.meaning}" if one.symbol else one.meaning, console, indent=2)
            say(f"{one.status}: {one.source}", console, indent=2)
    else:
        show_table(_by_status(found), console)
        rows = tuple((one.name, _value(one), one.status) for one in found)
        show_table(Table(("constant", "value", "status"), rows), console)
        say("--section NAME and --status STATUS list constants with meaning and origin.", console)


def _value(one: Constant) -> str:
    """Return the value of a constant with its unit."""
    return one.value if one.unit in {"1", "—"} else f"{one.value} {one.unit}"


def _by_status(found: Sequence[Constant]) -> Table:
    """Return the number of constants of each status, by section and in all."""
    statuses = get_args(Status)
    sections: dict[str, Counter[str]] = {}
    for constant in found:
        sections.setdefault(_section(constant), Counter())[constant.status] += 1
    sections["all"] = Counter(constant.status for constant in found)
    rows = tuple((name, *(str(counts[status] or "") for status in statuses)) for name, counts in sections.items())
    return Table(("section", *statuses), rows, frozenset(statuses))
