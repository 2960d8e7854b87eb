"""Options on snapshots in files and the terms to fit, which ``infer`` and ``audit`` share, and what they give."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from cyclopts import Parameter

from paper_repro.cli.checks import require_at_least
from paper_repro.cli.options import Whole
from paper_repro.files import InputError

if TYPE_CHECKING:
    from paper_repro.physics.terms.library import Library
    from paper_repro.sampling.snapshots import Snapshots

_LIBRARY = (
    "The terms to fit, a TOML file (docs/libraries.md), or a packaged one such as candidates-42; by default exchange to "
    "separation, or shell, 4."
)
_RANGE = "Number of separations, or shells, with exchange, instead of 4."
_MOMENTS = "Accept vectors of different lengths: each is divided by its own."
_ONE_RUN = "The files continue one run, in sorted order, instead of each being its own."
_SPECIES = "Species of the sites, one letter each, for files without them."


@attrs.frozen
class OwnFiles:
    """What is stated of snapshots in files, and of the terms that are fitted."""

    library: Annotated[Path | None, Parameter(help=_LIBRARY)] = None
    range_: Annotated[Whole | None, Parameter(name="--range", help=_RANGE)] = None
    moments: Annotated[bool, Parameter(negative="", help=_MOMENTS)] = False
    one_run: Annotated[bool, Parameter(negative="", help=_ONE_RUN)] = False
    species: Annotated[str | None, Parameter(help=_SPECIES)] = None

    def check(self) -> None:
        """Raise ``InputError`` for two libraries, and for a range that is none."""
        require_one(library=self.library, range=self.range_)
        if self.range_ is not None:
            require_at_least(1, range=self.range_)

    def terms(self) -> "Library":
        """Return the library."""
        from paper_repro.physics.terms.library import library

        return library(self.library) if self.library is not None else library(range=self.range_)

    def read(self, data: Sequence[Path], **stated: Any) -> "tuple[Snapshots, ...]":
        """Return the snapshots in files; ``stated`` are further arguments of ``readers.read``."""
        from paper_repro.sampling.readers.read import read

        return read(data, moments=self.moments, species=self.species, one_run=self.one_run, **stated)


def require_one(**options: object) -> None:
    """Raise ``InputError`` for the second of the options that are given, of which one excludes the others."""
    several = [f"--{name}" for name, value in options.items() if value is not None]
    if len(several) > 1:
        raise InputError(several[1], f"given with {several[0]}", "one of them")


def given(options: object) -> str:
    """Return the names of the options of a group that are given, such as "--range, --level"."""
    kind: Any = type(options)
    fields = [field for field in attrs.fields(kind) if getattr(options, field.name) != field.default]
    return ", ".join(f"--{field.name.strip('_').replace('_', '-')}" for field in fields)
