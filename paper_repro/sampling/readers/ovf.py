"""OVF 1 and 2, as OOMMF and MuMax³ write them: segments of a header and a block of data, text, binary 4 or binary 8.

Each segment is a snapshot. The cells of a rectangular mesh are sites in the order of the file, x first, then y, then z, at base +
step × index; those of an irregular mesh have their positions in the data. The format knows no species, temperature or periodic
boundary.
"""

import io
import re

import numpy as np

from paper_repro.files import InputError
from paper_repro.numerics.arrays import Floats
from paper_repro.sampling.readers.frames import Frames
from paper_repro.sampling.readers.ovf_lines import Lines
from paper_repro.sampling.readers.ovf_mesh import Mesh, mesh_of
from paper_repro.sampling.vectors import finite_vectors

_FIRST = re.compile(rb"#\s*OOMMF\b[^\n]{0,80}?\s+v?([012])\.\d", re.IGNORECASE)
#: What a block of binary data begins with, so that the order of bytes is known.
_CHECK = {4: 1234567.0, 8: 123456789012345.0}
_DATA = re.compile(r"data\s*(text|csv|binary\s*4|binary\s*8)", re.IGNORECASE)


def recognises(head: bytes) -> bool:
    """Return whether a file that begins so is of OOMMF's formats."""
    return re.match(rb"#\s*OOMMF\b", head, re.IGNORECASE) is not None


def read(content: bytes, where: str) -> list[Frames]:
    """Return the segments of a file; raises ``InputError`` with the number of the line for invalid content."""
    version = _FIRST.match(content)
    if version is None or version[1] == b"0":
        raise InputError(
            where, f"{content[:60].decode('utf-8', 'replace').splitlines()[0]!r}", "OVF 1 or 2, such as # OOMMF OVF 2.0"
        )
    lines = Lines(content, where)
    lines.next()
    _, stated = lines.keyed("segmentcount")
    if not re.fullmatch(r"\d{1,9}", stated):
        raise InputError(lines.at, f"segment count {stated[:40]!r}", "an integer ≥ 1")
    frames = []
    while lines.has_more():
        frames.append(_segment(lines, int(version[1])))
    if len(frames) != int(stated) or not frames:
        raise InputError(where, f"{len(frames)} segments, and a segment count of {int(stated)}", "as many segments as stated")
    return frames


def _segment(lines: Lines, version: int) -> Frames:
    lines.begin("segment")
    at = lines.at
    lines.begin("header")
    header = lines.until_end("header")
    mesh = mesh_of(header, version, at)
    _, kind = lines.keyed("begin")
    match = _DATA.fullmatch(kind)
    if match is None:
        raise InputError(lines.at, f"Begin: {kind[:40]}", "Begin: Data Text, Data Binary 4 or Data Binary 8")
    encoding = match[1].casefold()
    values = _binary(lines, mesh, int(encoding[-1])) if encoding.startswith("binary") else _text(lines, mesh, encoding == "csv")
    lines.end(kind)
    lines.end("segment")
    spins, layout = mesh.split(values)
    return Frames(finite_vectors(spins[None], None, at), at, layout=layout, notes=mesh.notes)


def _binary(lines: Lines, mesh: Mesh, size: int) -> Floats:
    """Return the values (site, column) of a block of numbers of ``size`` bytes."""
    block = lines.take(size * (1 + mesh.sites * mesh.columns), f"{mesh.sites} × {mesh.columns} numbers of {size} bytes")
    for order in "<>":
        if np.frombuffer(block, f"{order}f{size}", 1)[0] == _CHECK[size]:
            numbers = np.frombuffer(block, f"{order}f{size}", offset=size)
            with np.errstate(invalid="ignore"):  # signalling NaN, which are refused with the others
                return numbers.astype(np.float64).reshape(mesh.sites, mesh.columns)
    found = f"check value {np.frombuffer(block, f'<f{size}', 1)[0]:.9g}"
    raise InputError(lines.at, found, f"{_CHECK[size]:.0f}: the block is damaged, or was changed as if it were text")


def _text(lines: Lines, mesh: Mesh, commas: bool) -> Floats:
    """Return the values (site, column) of a block of text, a line for each site."""
    at, block = lines.at, lines.take_text()
    expected = f"{mesh.sites} lines of {mesh.columns} numbers"
    if not block.strip():
        raise InputError(at, "a block without data", expected)
    if commas:
        block = re.sub(rb",[ \t\r]*\n", b"\n", block).replace(b",", b" ")
    try:
        values: Floats = np.loadtxt(io.BytesIO(block), dtype=np.float64, comments=None, ndmin=2)
    except ValueError as error:
        raise InputError(at, f"a block of data that is no table of numbers ({str(error)[:120]})", expected) from error
    if values.shape != (mesh.sites, mesh.columns):
        raise InputError(at, f"a block of {values.shape[0]} lines of {values.shape[1]} numbers", expected)
    return values
