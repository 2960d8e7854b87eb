"""The file of an ensemble: an npz archive without pickled objects, which is checked before memory is taken."""

import io
import math
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from paper_repro.files import DamagedError, InputError, write_output
from paper_repro.sampling.ensemble import PER_SEQUENCE, Diagnostics, Ensemble

_FILE = "an ensemble written by this project (npz)"
#: The arrays of the file; "identities" are the names of the species, as the format has called them from the start.
_ARRAYS = {"sequences", "identities", "thinning", "step_sweeps", "spins", *PER_SEQUENCE}


def as_bytes(ensemble: Ensemble) -> bytes:
    """Return an ensemble as the content of an npz file, without pickled objects."""
    whole, sampled = ensemble, ensemble.diagnostics
    arrays: dict[str, npt.NDArray[Any]] = {
        "sequences": np.asarray(whole.sequences),
        "identities": np.asarray(whole.species_names),
        "thinning": np.asarray(sampled.thinning),
        "step_sweeps": np.asarray(sampled.step_sweeps),
        "spins": whole.spins,
        **{name: getattr(sampled, name) for name in PER_SEQUENCE},
    }
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def save(ensemble: Ensemble, path: Path) -> None:
    """Write an ensemble to a file; raises ``InputError`` when that cannot be done."""
    write_output(path, as_bytes(ensemble))


def _require_declared_sizes(stream: BinaryIO) -> None:
    """Raise ``ValueError`` unless every array is as large as the file holds bytes for it: before any memory is taken."""
    size = stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > size or any(member.compress_type for member in members):
            raise ValueError("members that are compressed or larger than the file")
        for member in members:
            with archive.open(member) as part:
                version = np.lib.format.read_magic(part)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(part)
                declared = math.prod(shape) * dtype.itemsize
                if dtype.hasobject or min(shape, default=0) < 0 or part.tell() + declared != member.file_size:
                    raise ValueError(f"{member.filename} declares {declared:,} bytes in a member of {member.file_size:,}")
    stream.seek(0)


def _read(path: Path) -> Ensemble:
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise ValueError("not a whole npz archive")
        _require_declared_sizes(stream)
        with np.load(stream, allow_pickle=False) as stored:
            missing, more = sorted(_ARRAYS - set(stored.files)), sorted(set(stored.files) - _ARRAYS)
            if missing or more:
                other = f"without {', '.join(missing)}" if missing else f"with {', '.join(more)}"
                raise _OtherFormatError(f"an ensemble of {'an earlier' if missing else 'a newer'} format, {other}")
            arrays = {name: stored[name] for name in _ARRAYS}
    sampled = Diagnostics(int(arrays["thinning"]), int(arrays["step_sweeps"]), **{name: arrays[name] for name in PER_SEQUENCE})
    return Ensemble(tuple(map(str, arrays["sequences"])), str(arrays["identities"]), arrays["spins"], sampled)


class _OtherFormatError(ValueError):
    """The file holds other arrays than this version writes."""


def load(path: Path) -> Ensemble:
    """Read an ensemble; raises ``InputError`` for a file that is missing, damaged (``DamagedError``), or something else."""
    try:
        return _read(path)
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error})", _FILE) from error
    except _OtherFormatError as error:
        raise InputError(path, str(error), _FILE) from error
    except Exception as error:  # a damaged archive raises many kinds; each means that the file cannot be used
        raise DamagedError(path, f"not usable ({error})", _FILE) from error
