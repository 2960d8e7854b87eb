"""The files of an export, and what was chosen in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from paper_repro.files import write_text
from paper_repro.numerics.arrays import Floats

#: What holds of every export.
ONE_CELL = "one cell holds all sites, in their order; the moments are 1 Bohr magneton, which unit vectors do not determine"


@attrs.frozen
class Exported:
    """Input ``files``, name → text, of the program ``code``; ``choices`` lists its conventions and the assumptions.

    ``absent`` are the files that the program has for other laws.
    """

    code: str
    files: Mapping[str, str]
    choices: tuple[str, ...]
    absent: tuple[str, ...] = ()

    def write(self, folder: str | Path) -> None:
        """Write the files into a folder; those that only another law has, of an export before, are removed from it."""
        for name, text in self.files.items():
            write_text(Path(folder) / name, text)
        for name in self.absent:
            (Path(folder) / name).unlink(missing_ok=True)


def row(*parts: object) -> str:
    """Return a line of a table: numbers to 12 digits."""
    return " ".join(f"{part + 0.0:.12g}" if isinstance(part, float) else str(part) for part in parts)


def numbers(values: Floats | Sequence[float]) -> str:
    """Return some numbers to 12 digits."""
    return row(*(float(value) for value in values))


def species_of(species: Sequence[str]) -> tuple[str, ...]:
    """Return the species that there are, each once, in alphabetical order."""
    return tuple(sorted(set(species)))
