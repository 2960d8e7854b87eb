"""Frames of files by system: those of the same species and sites are stacked, with the runs of different files apart."""

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats, Integers
from paper_repro.sampling.readers.frames import Frames, Layout, Species
from paper_repro.sampling.snapshots import same_temperature


@attrs.frozen(eq=False)
class System:
    """The snapshots of one system in all files: ``spins`` (snapshot, site, 3) of any length, ``run`` (snapshot,).

    ``parts`` are the frames that they were stacked from, ``origin`` heads messages on all of them.
    """

    spins: Floats
    run: Integers
    species: Species
    layout: Layout
    parts: tuple[Frames, ...]
    origin: str

    def place(self, snapshot: int) -> str:
        """Return the file, and the part of it, that a snapshot is in."""
        for part in self.parts:
            if snapshot < len(part.spins):
                return f"{part.where}, snapshot {snapshot}"
            snapshot -= len(part.spins)
        raise IndexError(snapshot)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the readers of the files have noted, each once."""
        return tuple(dict.fromkeys(note for part in self.parts for note in part.notes))


def stacked(files: Sequence[tuple[str, Sequence[Frames]]], one_run: bool, *, by_temperature: bool = True) -> list[System]:
    """Return the systems of files, each a name and its frames, in the order in which they are first found.

    A file is a run unless its frames state theirs. Numbers that several files state are those of different runs, unless ``one_run``
    is true if each file continues the runs of the previous one. Frames of other temperatures are other systems where
    ``by_temperature``. Raises ``InputError`` for a file whose sites move.
    """
    systems: dict[tuple[object, ...], dict[tuple[int, int], list[Frames]]] = {}
    named: dict[tuple[object, ...], dict[str, None]] = {}
    temperatures: dict[float | None, float | None] = {}
    for number, (name, frames) in enumerate(files):
        _require_still(frames)
        for part in frames:
            temperature = temperatures.setdefault(part.temperature, same_temperature(part.temperature, temperatures))
            key = (*part.key, temperature if by_temperature else None)
            systems.setdefault(key, {}).setdefault((0 if one_run else number, part.chain), []).append(part)
            named.setdefault(key, {})[name] = None
    return [_joined(list(sources.values()), list(named[key])) for key, sources in systems.items()]


def _require_still(frames: Sequence[Frames]) -> None:
    """Raise ``InputError`` if frames of a file differ only in the positions of their sites."""
    layouts: dict[tuple[object, ...], tuple[object, ...]] = {}
    for part in frames:
        key = part.layout.key
        if layouts.setdefault((part.species, part.spins.shape[1]), key) != key:
            raise InputError(
                part.where, "sites that are elsewhere than in the frame before", "the same positions and cell in each frame"
            )


def _joined(sources: Sequence[Sequence[Frames]], files: Sequence[str]) -> System:
    """Return frames as one system; those of a source have run numbers of their own."""
    runs: list[Integers] = []
    last = 0
    for source in sources:
        own = np.concatenate([np.zeros(len(part.spins), dtype=np.int64) if part.run is None else part.run for part in source])
        runs.append(own if not runs else own - own.min() + last + 1)
        last = max(last, int(runs[-1].max()))
    parts = tuple(part for source in sources for part in source)
    return System(
        spins=parts[0].spins if len(parts) == 1 else np.concatenate([part.spins for part in parts]),
        run=np.concatenate(runs),
        species=parts[0].species,
        layout=parts[0].layout,
        parts=parts,
        origin=_origin(parts, files),
    )


def _origin(parts: Sequence[Frames], files: Sequence[str]) -> str:
    if len(files) > 1:
        return f"{files[0]} and {len(files) - 1} more"
    return parts[0].where if len(parts) == 1 else files[0]


def species_of(systems: Iterable[System]) -> tuple[str, ...] | None:
    """Return the names of the species of all systems, sorted; None where they are the numbers 0, 1, … or there are none.

    Raises ``InputError`` where some have names and others numbers or nothing, and for a name that cannot be printed.
    """
    first: System | None = None
    found: dict[str | int, None] = {}
    for system in systems:
        kind, other = _kind(system.species), None if first is None else _kind(first.species)
        if first is not None and kind != other:
            raise InputError(system.origin, f"{kind}, and {other} in {first.origin}", "species of one kind in all files")
        first = first or system
        for name in system.species or ():
            if isinstance(name, str) and (not name or len(name) > 64 or not name.isprintable()):
                raise InputError(system.origin, f"species {name[:40]!r}", "names of 1 to 64 letters that can be printed")
            if isinstance(name, int) and name < 0:
                raise InputError(system.origin, f"species {name}", "numbers ≥ 0")
            found[name] = None
    if not found or set(found) == set(range(len(found))):
        return None
    return tuple(str(name) for name in sorted(found))


def _kind(species: Species) -> str:
    return "no species" if species is None else "species by name" if isinstance(species[0], str) else "species by number"
