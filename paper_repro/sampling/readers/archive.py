"""Arrays of an npz archive, checked before memory is taken: no objects, no array that its file does not hold."""

import io
import math
import warnings
import zipfile
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from paper_repro.files import InputError

#: Members may be compressed: together they take this many times the file at most, and never more than ``_SMALL`` bytes beyond that.
_RATIO, _SMALL = 100, 2**20
_EXPECTED = "an npz archive, as numpy.savez writes it"

Arrays = dict[str, npt.NDArray[Any]]


def load_arrays(content: bytes, wanted: Sequence[str], where: str) -> tuple[Arrays, list[str]]:
    """Return the arrays of the names ``wanted`` that an npz archive has, and the names of the others.

    Raises ``InputError`` for an archive that is damaged, for arrays of objects, and for members that claim much more than the file
    holds.
    """
    try:
        return _load(content, wanted, where)
    except InputError:
        raise
    except Exception as error:  # a damaged archive raises many kinds; each means that the file cannot be used
        raise InputError(where, f"a damaged archive ({str(error)[:120] or type(error).__name__})", _EXPECTED) from error


def _load(content: bytes, wanted: Sequence[str], where: str) -> tuple[Arrays, list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        names = [member.filename.removesuffix(".npy") for member in members]
        if len(set(names)) < len(names):
            raise ValueError("two arrays of one name")
        declared = sum(member.file_size for member in members)
        if declared > _RATIO * len(content) + _SMALL:
            found = f"arrays of {declared:,} bytes in a file of {len(content):,}"
            raise InputError(where, found, f"at most {_RATIO} times the file; numpy.savez writes it without compression")
        arrays: Arrays = {}
        for name, member in zip(names, members, strict=True):
            if name in wanted:
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError(f"{name} is compressed by method {member.compress_type}")
                with archive.open(member) as stream:
                    arrays[name] = _array(stream, member.file_size, f"{where}, {name}")
    return arrays, [name for name in names if name not in wanted]


def _array(stream: IO[bytes], size: int, where: str) -> npt.NDArray[Any]:
    """Return the array of a member of ``size`` bytes."""
    shape, columns_first, dtype = _header(stream)
    if dtype.hasobject:
        expected = "numbers or text: save np.asarray(values, dtype=float), or dtype=str, with numpy.savez"
        raise InputError(where, "an array of Python objects, which only pickle can read", expected)
    if dtype.kind not in "fiubUS":
        raise InputError(where, f"an array of {dtype}", "numbers or text")
    declared, held = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if min(shape, default=0) < 0 or declared != held:
        raise ValueError(f"an array of shape {shape} in {held:,} bytes")
    data = stream.read(declared)
    if len(data) != declared or stream.read(1):  # the second looks at the end, where the checksum is compared
        raise ValueError("cut short")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if columns_first else "C")
    if dtype.kind == "U":
        return _text(array, where)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():  # of a header that Python 2 has written
        warnings.simplefilter("ignore")
        return read(stream)


def _text(array: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    """Return an array of text; raises ``InputError`` for numbers that stand for no letter."""
    letters = np.frombuffer(array.tobytes(), array.dtype.byteorder.replace("|", "=") + "u4")
    if letters.max(initial=0) > 0x10FFFF or ((letters >= 0xD800) & (letters < 0xE000)).any():
        raise InputError(where, "text that is damaged", "letters of Unicode")
    return array.astype(array.dtype.newbyteorder("="), copy=False)
