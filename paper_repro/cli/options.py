"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def _require_target(_: object, value: Path | None) -> None:
    """Raise ``ValueError`` for an option in the place of a file."""
    if value is not None and str(value).startswith("-") and str(value) != "-":
        raise ValueError("expected a file, or - for standard output")


#: A file for the numbers of a command, ``-`` for standard output, None for nowhere.
JsonTarget = Annotated[
    Path | None,
    Parameter(
        name="--json",
        allow_leading_hyphen=True,
        validator=_require_target,
        help="A file for the numbers, as JSON; - is standard output.",
    ),
]
#: The spec of fresh data, None for that of the published run.
SpecFile = Annotated[
    Path | None, Parameter(help="Where couplings, lengths and temperature come from; specs/paper.toml where none is given.")
]
