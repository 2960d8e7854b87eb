"""``read``: from files of any format to snapshots, with a note on every assumption and division."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import attrs
import numpy as np

from paper_repro.files import InputError, printable, read_bytes
from paper_repro.numerics.arguments import Words, checked_arguments
from paper_repro.sampling.readers import extended_xyz, npz, ovf
from paper_repro.sampling.readers.frames import Axes, Frames
from paper_repro.sampling.readers.lengths import empty_sites, unit_spins
from paper_repro.sampling.readers.paths import WAYS, Paths, files_of
from paper_repro.sampling.readers.sites import geometry_of
from paper_repro.sampling.readers.systems import System, species_of, stacked
from paper_repro.sampling.snapshots import Snapshots, checked_temperature, same_temperature

#: The formats; each module recognises a file by how it begins.
_FORMATS: tuple[ModuleType, ...] = (npz, ovf, extended_xyz)
_HEAD = 256
_MANY_SITES = 10  # for each snapshot, from which the axes may be swapped
_ALONG = "three of True or False, along the cell vectors a, b, c"
_EXPECTED = "snapshots as npz (numpy.savez), extended xyz, or OVF 1 or 2"


@checked_arguments
def read(
    paths: Annotated[Paths, Words(WAYS)],
    *,
    temperature: float | None = None,
    moments: bool = False,
    species: Sequence[str] | None = None,
    periodic: Annotated[Sequence[bool] | None, Words(_ALONG)] = None,
    one_run: bool = False,
) -> tuple[Snapshots, ...]:
    """Return the snapshots in files: npz, extended xyz, OVF 1 and 2, told apart by their content.

    Files of the same species, sites and temperature are stacked, in sorted order, into one record; other systems, such as chains
    of other lengths, are records of their own, in the order in which they are found. Species are numbered alike in all of them.
    Each file is a run, a Markov chain of its own, unless it numbers its runs. ``docs/data.md`` has the formats.

    Args:
        paths: a file, a glob, a folder, or several of these.
        temperature: in units of energy / k_B, instead of that in the files.
        moments: lengths that differ from spin to spin are meant: each vector is divided by its own. A length that all share is
            divided out in any case.
        species: of the sites (site,), or a word of letters, where the files have none.
        periodic: whether the sites are repeated along the cell vectors a, b, c, instead of what the files state; the cell of
            an OVF mesh is nodes × step. For sites without positions, (True, False, False) is a ring.
        one_run: the files, in sorted order, continue one run, instead of each being its own.

    What was assumed or divided out is in ``notes`` of the record. Raises ``InputError`` in one line, with the file and the place
    in it, for what cannot be read, for a temperature in some files and none in others, and for sites with vectors of length zero in
    some snapshots; sites that have them in all are no spins and left out where sites have positions.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "up.npz"
    ...     np.savez(path, spins=np.zeros((5, 4, 3)) + [0, 0, 2.2], species=list("ABBA"))
    ...     (data,) = pr.read(path, temperature=0.05)
    >>> data.spins.shape, data.species.tolist(), data.notes[0].partition(": ")[2]
    ((5, 4, 3), [0, 1, 1, 0], 'vectors of length 2.2, divided by it')
    """
    files, notes = files_of(paths, lambda path: _format_of(_head(path)) is not None)
    given = checked_temperature(temperature, "temperature")
    systems = stacked([(str(file), _frames(file, species, periodic)) for file in files], one_run, by_temperature=given is None)
    temperatures, more = _temperatures(systems, given)
    names = species_of(systems)
    if len(files) > 1 and not one_run and sum(len(system.spins) for system in systems) == len(files):
        more += (f"{len(files)} files of one snapshot each are taken as independent runs, not as one run (one_run=True)",)
    both = zip(systems, temperatures, strict=True)
    return tuple(_snapshots(system, names, kept, moments, notes + more) for system, kept in both)


def _format_of(head: bytes) -> ModuleType | None:
    return next((format_ for format_ in _FORMATS if format_.recognises(head)), None)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError:  # reported when it is read
        return b""


def _frames(path: Path, species: Sequence[str] | None, periodic: Sequence[bool] | None) -> list[Frames]:
    """Return the frames of a file, with what the caller states instead of the file."""
    content = read_bytes(path, _EXPECTED)
    format_ = _format_of(content[:_HEAD])
    if format_ is None:
        if content.startswith(b"\x93NUMPY"):
            raise InputError(path, "a single array (npy)", "an archive of named arrays: numpy.savez(path, spins=spins)")
        raise InputError(path, "a file of another format" if content else "an empty file", _EXPECTED)
    frames: list[Frames] = format_.read(content, str(path))
    if periodic is not None:
        along = _axes(periodic)
        frames = [attrs.evolve(part, layout=attrs.evolve(part.layout, periodic=along)) for part in frames]
    return frames if species is None else [_with_species(part, species) for part in frames]


def _axes(periodic: Sequence[bool]) -> Axes:
    if len(periodic) != 3:
        raise InputError("periodic", f"{periodic!r}", _ALONG)
    return bool(periodic[0]), bool(periodic[1]), bool(periodic[2])


def _with_species(part: Frames, species: Any) -> Frames:
    if part.species is not None:
        raise InputError(part.where, "species, and others given", "species where the file has none")
    if not isinstance(species, Sequence) or not all(isinstance(name, str) for name in species):
        raise InputError("species", f"{species!r}"[:80], "a word of letters, or a name for each site")
    if len(species) != part.spins.shape[1]:
        raise InputError(part.where, f"{part.spins.shape[1]} sites, and {len(species)} species given", "one for each site")
    return attrs.evolve(part, species=tuple(species))


def _temperatures(systems: Sequence[System], given: float | None) -> tuple[list[float | None], tuple[str, ...]]:
    """Return the temperature of each system, and a note where it is not what their files state."""
    stated = {checked_temperature(part.temperature, part.where): part.where for system in systems for part in system.parts}
    if given is not None:
        others = sorted(value for value in stated if value is not None and same_temperature(value, [given]) != given)
        shown = ", ".join(f"{value:g}" for value in others[:4]) + (", …" if len(others) > 4 else "")
        return [given] * len(systems), (f"temperature {given:g} as given, instead of {shown} in the files",) if others else ()
    if None in stated and len(stated) > 1:
        other = next(value for value in stated if value is not None)
        places = [f"{'none' if value is None else f'{value:g}'} in {stated[value]}" for value in stated if value in (None, other)]
        raise InputError(
            "temperature", " and ".join(places), "a temperature in all files or in none, or temperature=… (--temperature) for all"
        )
    return [checked_temperature(system.parts[0].temperature, system.origin) for system in systems], ()


def _maybe_swapped(system: System) -> tuple[str, ...]:
    """Return a note on many more sites than snapshots if nothing but the order of the axes distinguishes them.

    It is no error: a few snapshots of a long chain have this shape too.
    """
    snapshots, sites = system.spins.shape[:2]
    stated = system.species is not None or system.layout.positions is not None or system.layout.bonds is not None
    if stated or snapshots == 1 or sites < _MANY_SITES * snapshots:
        return ()
    return (f"{system.origin}: {snapshots} snapshots of {sites} sites; the axes may be swapped, which species would tell",)


def _snapshots(
    system: System, names: tuple[str, ...] | None, temperature: float | None, moments: bool, notes: tuple[str, ...]
) -> Snapshots:
    spins, species, layout = system.spins, system.species, system.layout
    empty = empty_sites(spins, system.origin, system.place)
    if empty.any():
        if layout.positions is None or layout.bonds is not None:
            found = f"{np.count_nonzero(empty)} sites with vectors of length 0, the first is site {int(empty.argmax())}"
            raise InputError(system.origin, found, "spins at each site of a chain or of a list of bonds")
        notes += (f"{system.origin}: {np.count_nonzero(empty)} of {len(empty)} sites are empty (vectors of length 0) and left out",)
        spins, layout = spins[:, ~empty], layout.without(empty)
        species = None if species is None else tuple(np.array(species)[~empty].tolist())
    spins, of_lengths = unit_spins(spins, moments, system.origin)
    geometry, of_sites = geometry_of(layout, spins.shape[1], system.origin)
    notes += _maybe_swapped(system)
    return Snapshots.of(
        spins,
        None if species is None else np.array([str(name) for name in species] if names else species),
        geometry=geometry,
        run=system.run,
        temperature=temperature,
        species_names=names,
        origin=system.origin,
        notes=[printable(note) for note in (*notes, *system.notes, *of_lengths, *of_sites)],
    )
