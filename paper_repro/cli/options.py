"""Options that several commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, Token, convert

from paper_repro.cli.console import STANDARD_OUTPUT
from paper_repro.files import require_output


def _named(_: object, tokens: Sequence[Token]) -> Path:
    """Return a name as given; raises ``ValueError`` for an option instead: a Path does not distinguish ./-x from -x."""
    value = tokens[0].value
    if value.startswith("-"):
        raise ValueError("expected a name that does not begin with -, such as ./-name")
    return Path(value)


def _target(_: object, tokens: Sequence[Token]) -> Path:
    """Return where numbers go; raises an error in one line, before they are computed, where they cannot be written."""
    value = Path(tokens[0].value)
    if value not in STANDARD_OUTPUT:
        value = _named(_, tokens)
        require_output(value)
    return value


def _folder(_: object, tokens: Sequence[Token]) -> Path:
    """Return the folder of a report; raises an error in one line, before any work, if it cannot be written."""
    value = _named(_, tokens)
    require_output(value / "report.html")
    return value


def _whole(_: object, tokens: Sequence[Token]) -> int:
    """Return an integer; raises ``ValueError`` for 1.5, which cyclopts rounds."""
    found: int = convert(int, tokens)
    value = tokens[0].value
    if "." in value and not float(value).is_integer():
        raise ValueError(f"{value}; expected an integer")
    return found


#: A number of things: cyclopts itself rounds 1.5 to 2.
Whole = Annotated[int, Parameter(converter=_whole)]
#: A file for the numbers of a command, ``-`` for standard output, None for nowhere.
JsonTarget = Annotated[
    Path | None,
    Parameter(
        name="--json",
        allow_leading_hyphen=True,
        converter=_target,
        help="A file for the numbers, as JSON; - is standard output.",
    ),
]
#: The run directory of a command that makes one.
RunTarget = Annotated[Path, Parameter(allow_leading_hyphen=True, converter=_named)]
#: A folder for a report, None for nowhere.
FolderTarget = Annotated[Path | None, Parameter(allow_leading_hyphen=True, converter=_folder)]
_SPEC = "The spec of couplings, lengths and temperature: a file, or a packaged one such as smoke.toml; paper.toml by default."
#: The spec of fresh data, None for that of the published run.
SpecFile = Annotated[Path | None, Parameter(help=_SPEC)]
