"""Snapshots written as an npz archive, in the format that ``read`` takes."""

import io
import os
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from paper_repro.files import InputError, write_output
from paper_repro.numerics.arguments import checked_arguments
from paper_repro.sampling.snapshots import Snapshots

_Arrays = dict[str, npt.NDArray[Any]]


@checked_arguments
def write(path: str | os.PathLike[str], data: Snapshots | Sequence[Snapshots]) -> None:
    """Write snapshots to a file, in double precision: one system, or several chains of the same snapshots and runs.

    Raises ``InputError`` for several systems that are no such chains, and for a file that cannot be written.

    >>> import tempfile
    >>> chains = [pr.Snapshots.of(np.zeros((5, len(word), 3)) + [0, 0, 1], word) for word in ("ABBA", "BAB")]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pr.write(f"{folder}/chains.npz", chains)
    ...     with np.load(f"{folder}/chains.npz") as arrays:
    ...         arrays["sequences"].tolist(), arrays["spins"].shape
    (['ABBA', 'BAB'], (5, 7, 3))
    """
    records = [data] if isinstance(data, Snapshots) else list(data)
    if not records:
        raise InputError(path, "no snapshots to write", "one or more records")
    arrays = _of_one(records[0]) if len(records) == 1 else _of_chains(records, path)
    notes = tuple(dict.fromkeys(note for part in records for note in part.notes))
    if notes:
        arrays["notes"] = np.array(notes, dtype=np.str_)
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    write_output(Path(path), stream.getvalue())


def _of_one(data: Snapshots) -> _Arrays:
    geometry, arrays = data.geometry, _common(data)
    names = data.species_names
    arrays["species"] = data.species if names is None else np.array(names, dtype=np.str_)[data.species]
    if geometry.structure is not None:
        arrays["positions"] = geometry.structure.positions
        arrays["periodic"] = np.array(geometry.structure.periodic)
        if geometry.structure.cell is not None:
            arrays["cell"] = geometry.structure.cell
    elif not geometry.is_chain:
        arrays["bonds"] = geometry.bonds
    return arrays


def _of_chains(records: Sequence[Snapshots], path: object) -> _Arrays:
    first = records[0]
    for data in records:
        if not data.geometry.is_chain or data.geometry.boundary != first.geometry.boundary:
            raise InputError(
                path, f"{len(records)} systems, not all of them chains with the same ends", "chains, or a file for each"
            )
        if not np.array_equal(data.run, first.run) or data.temperature != first.temperature:
            raise InputError(path, "chains of other runs or temperatures", "the same snapshots of each chain, or a file for each")
    words = [_word(data, path) for data in records]
    arrays = _common(first)
    arrays["spins"] = np.concatenate([data.spins for data in records], axis=1)
    return {**arrays, "sequences": np.array(words, dtype=np.str_)}


def _common(data: Snapshots) -> _Arrays:
    arrays: _Arrays = {"spins": data.spins, "run": data.run}
    if data.temperature is not None:
        arrays["temperature"] = np.array(data.temperature)
    if data.geometry.boundary == "periodic":
        arrays["periodic"] = np.array([True, False, False])
    return arrays


def _word(data: Snapshots, path: object) -> str:
    """Return the species of a chain as a word of letters."""
    names = tuple(string.ascii_uppercase) if data.species_names is None else data.species_names
    if data.species.max() >= len(names) or any(len(name) != 1 for name in names):
        raise InputError(
            path, f"several chains with species {', '.join(map(repr, names[:4]))}", "letters, or a file for each chain"
        )
    return "".join(names[number] for number in data.species)
