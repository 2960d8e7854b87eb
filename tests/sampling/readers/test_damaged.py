"""Files that are damaged or made to do harm: each is one line, or read as it stands; no other error, no warning, no memory.

A byte that changes a digit gives other numbers, which no reader can know: what is read must be snapshots all the same.
"""

import io
import itertools
import struct
import tracemalloc
import zipfile

import attrs
import numpy as np
import pytest

import paper_repro as pr
from paper_repro.files import InputError
from tests.support.snapshot_files import LATTICES, npz_bytes, ovf_bytes, spiral, write_extended_xyz

SPINS = spiral(2, 4)


WHOLE = {
    "npz": npz_bytes(spins=SPINS, species=list("ABBA"), temperature=0.3, run=[0, 1], periodic=[True, False, False]),
    "compressed npz": npz_bytes(spins=SPINS, positions=np.eye(4, 3), compressed=True),
    "sequences": npz_bytes(spins=SPINS, sequences=["AB", "BA"]),
    "text": ovf_bytes(SPINS, (4, 1, 1), kind="text"),
    "binary 4": ovf_bytes(SPINS, (2, 2, 1), kind="binary 4"),
    "binary 8": ovf_bytes(SPINS, (2, 2, 1)),
    "version 1": ovf_bytes(SPINS, (2, 2, 1), version=1),
}


def is_safe(path):
    """Whether a file is refused in one line or read as snapshots; returns whether it was read, and raises for anything else."""
    try:
        found = pr.read(path)
    except InputError as error:
        line = str(error)
        assert line.isprintable(), line
        assert "; expected " in line, line
        assert len(line) < 1000, line
        return False
    for data in found:
        assert data.spins.dtype == np.float64
        assert np.abs(np.linalg.norm(data.spins, axis=-1) - 1).max() < 1e-8
        assert all(note.isprintable() for note in data.notes)
    return True


def changed(whole):
    """Damaged copies of a file: cut at many of its bytes, many bytes changed in three ways, lines lost, doubled and moved."""
    cuts = range(0, len(whole), max(1, len(whole) // 60))
    yield from (whole[:cut] for cut in cuts)
    for at, value in itertools.product(range(0, len(whole), max(1, len(whole) // 70)), (0x00, 0xFF, None)):
        yield whole[:at] + bytes([whole[at] ^ 0x04 if value is None else value]) + whole[at + 1 :]
    lines = whole.split(b"\n")
    for k in range(0, len(lines), max(1, len(lines) // 15)):
        yield b"\n".join(lines[:k] + lines[k + 1 :])
        yield b"\n".join([*lines[: k + 1], *lines[k:]])
        yield b"\n".join([*lines[k:], *lines[:k]])
    yield whole.replace(b"\n", b"\r\n")
    yield whole + whole
    yield b"\x00" * 20 + whole


@pytest.mark.faults("damaged")
@pytest.mark.parametrize("kind", [*WHOLE, "extended xyz"])
def test_damaged_files_are_one_line_or_snapshots(kind, tmp_path, record_property, request):
    whole = request.getfixturevalue("xyz") if kind == "extended xyz" else WHOLE[kind]
    path = tmp_path / "a"
    path.write_bytes(whole)
    assert is_safe(path)
    read = []
    for content in changed(whole):
        path.write_bytes(content)
        read.append(is_safe(path))
    record_property("injected", len(read))
    assert len(read) >= 250
    assert not all(read)


@pytest.fixture
def xyz(tmp_path):
    write_extended_xyz(tmp_path / "whole.xyz", spiral(2, 12), LATTICES["ring"], temperature=0.3)
    return (tmp_path / "whole.xyz").read_bytes()


def npy(header, data=b""):
    """A member of an archive with a header of one's own."""
    text = header.encode() if isinstance(header, str) else repr(header).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def archive(member, name="spins.npy", **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, member, **options)
    return stream.getvalue()


def claims(shape, descr="<f8", **others):
    return {"descr": descr, "fortran_order": False, "shape": shape} | others


def lying_about_its_size(content):
    """An archive whose directory claims 100 bytes for its member, whatever there is."""
    return content.replace(struct.pack("<I", 2**20 + 128), struct.pack("<I", 100))


OVF = WHOLE["binary 8"]
#: Files that are made to do harm.
HOSTILE = {
    "a bomb": archive(npy(claims((2**21, 4, 3)), bytes(2**21 * 4 * 3 * 8))[: 2**26]),
    "a bomb that lies": lying_about_its_size(archive(bytes(2**20 + 128))),
    "a shape beyond all memory": archive(npy(claims((2**40, 4, 3)), SPINS.tobytes())),
    "a shape beyond all numbers": archive(npy(claims((10**300, 4, 3)), SPINS.tobytes())),
    "a negative shape": archive(npy(claims((-1, 4, 3)), SPINS.tobytes())),
    "two negatives": archive(npy(claims((-2, -4, 3)), SPINS.tobytes())),
    "a shape of floats": archive(npy(claims((2.0, 4, 3)), SPINS.tobytes())),
    "no dimension": archive(npy(claims(()), SPINS.tobytes())),
    "a header of code": archive(npy("__import__('os').system('true')", SPINS.tobytes())),
    "a header that is deep": archive(npy("(" * 5000, SPINS.tobytes())),
    "a header beyond the member": archive(b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{"),
    "a version to come": archive(b"\x93NUMPY\x09\x00" + bytes(200)),
    "a pickle": archive(npy(claims((1,), "|O"), b"\x80\x04cos\nsystem\n.")),
    "a pickle in a record": archive(npy(claims((1,), [("a", "|O")]), b"\x80\x04cos\nsystem\n.")),
    "a type of no size": archive(npy(claims((2, 4, 3), "<U0"))),
    "a type of times": archive(npy(claims((2, 4, 3), "<M8[s]"), SPINS.tobytes())),
    "a type of unknown": archive(npy(claims((2, 4, 3), "<x9"), SPINS.tobytes())),
    "more data than its shape": archive(npy(claims((1, 4, 3)), SPINS.tobytes())),
    "letters that are none": archive(npy(claims((4,), "<U1"), b"\xff" * 16), "species.npy"),
    "names that climb": archive(npy(claims((2, 4, 3)), SPINS.tobytes()), "../../spins.npy"),
    "names that colour": archive(npy(claims((2, 4, 3)), SPINS.tobytes()), "\x1b[31mspins.npy"),
    "an archive in an archive": archive(WHOLE["npz"], "spins.npy"),
    "an empty archive": b"PK\x05\x06" + bytes(18),
    "integers beyond all": npz_bytes(spins=SPINS, run=np.array([2**64 - 1, 0], dtype=np.uint64)),
    "numbers beyond double precision": npz_bytes(spins=SPINS * np.longdouble(1e300) * 1e300),
    "squares beyond double precision": npz_bytes(spins=SPINS * 1e200),
    "squares below double precision": npz_bytes(spins=SPINS * 1e-200),
    "positions beyond their squares": npz_bytes(spins=SPINS, positions=np.arange(12).reshape(4, 3) ** 2 * 1e300),
    "a cell without volume": npz_bytes(spins=SPINS, positions=np.eye(4, 3), cell=np.ones((3, 3)), periodic=[True] * 3),
    "a cell of almost none": npz_bytes(spins=SPINS, positions=np.eye(4, 3), cell=1e-300 * np.eye(3), periodic=[True] * 3),
    "bonds beyond 64 bits": npz_bytes(spins=SPINS, bonds=np.array([[2**63, 2**64 - 1, 1]], dtype=np.uint64)),
    "nodes beyond memory": OVF.replace(b"xnodes: 2", b"xnodes: 99999999"),
    "nodes beyond numbers": OVF.replace(b"nodes: 2", b"nodes: 999999999"),
    "nodes of a thousand digits": OVF.replace(b"xnodes: 2", b"xnodes: " + b"9" * 100_000),
    "nodes in other digits": OVF.replace(b"xnodes: 2", "xnodes: ２".encode()),
    "steps beyond numbers": OVF.replace(b"stepsize: 1.0", b"stepsize: 1e308"),
    "bases beyond numbers": OVF.replace(b"base: 0.5", b"base: 1.7e308"),
    "segments beyond memory": OVF.replace(b"count: 2", b"count: 999999999"),
    "a multiplier beyond numbers": WHOLE["version 1"].replace(b"multiplier: 1", b"multiplier: 1e308"),
    "a multiplier of almost none": WHOLE["version 1"].replace(b"multiplier: 1", b"multiplier: 1e-308"),
    "another order of bytes": OVF.replace(np.float64(123456789012345.0).tobytes(), np.float64(123456789012345.0).tobytes()[::-1]),
    "signalling NaN": OVF.replace(SPINS[0, 0].tobytes(), b"\x01\x00\x00\x00\x00\x00\xf0\x7f" * 3),
    "a title of escapes": OVF.replace(b"title: m", b"title: \x1b[2J\xff"),
    "a key of escapes": OVF.replace(b"title: m", b"\x1b[2J\xff"),
    "a line without end": b"# OOMMF OVF 2.0\n# Segment count: " + b"1" * 300_000,
    "a header without end": b"# OOMMF OVF 2.0\n# Segment count: 1\n# Begin: Segment\n# Begin: Header\n" + b"# desc: a\n" * 5_000,
    "text of one number": b"".join([WHOLE["text"].partition(b"Data Text\n")[0], b"Data Text\n", b"1 " * 50_000]),
    "a count beyond memory": b"999999999\nProperties=spins:R:3\n0 0 1\n",
    "a count beyond numbers": b"9" * 100_000 + b"\nProperties=spins:R:3\n0 0 1\n",
    "a count in other digits": "２\nProperties=spins:R:3\n0 0 1\n0 0 1\n".encode(),
    "columns beyond memory": b"1\nProperties=spins:R:3:a:S:9999:b:S:9999\n0 0 1\n",
    "columns beyond numbers": b"1\nProperties=spins:R:3:a:S:99999999999\n0 0 1\n",
    "properties without end": b"1\nProperties=spins:R:3" + b":a:R:1" * 50_000 + b"\n0 0 1\n",
    "quotes without end": b'1\nProperties=spins:R:3 a="' + b'\\"' * 50_000 + b"\n0 0 1\n",
    "brackets without end": b"1\nProperties=spins:R:3 a=" + b"[[" * 50_000 + b"\n0 0 1\n",
    "brackets in pairs": b"1\nProperties=spins:R:3 a=[" + b"[]" * 50_000 + b"\n0 0 1\n",
    "keys without end": b"1\nProperties=spins:R:3 " + b"=" * 50_000 + b"\n0 0 1\n",
    "species of escapes": b"1\nProperties=species:S:1:spins:R:3\n\x1b[2J 0 0 1\n",
    "species that run backwards": "1\nProperties=species:S:1:spins:R:3\n\u202eeF 0 0 1\n".encode(),
    "species of a page": b"1\nProperties=species:S:1:spins:R:3\n" + b"F" * 50_000 + b" 0 0 1\n",
    "numbers without end": b"1\nProperties=spins:R:3\n0 0 1" + b"0" * 50_000 + b"\n",
    "numbers beyond double precision as text": b"1\nProperties=spins:R:3\n0 0 1e999\n",
    "a lattice beyond its squares": b'2\nLattice="1e300 0 0 0 1 0 0 0 1" Properties=pos:R:3:spins:R:3\n0 0 0 0 0 1\n1 1 0 0 0 1\n',
    "a temperature of infinity": b"1\nProperties=spins:R:3 temperature=inf\n0 0 1\n",
    "runs beyond 64 bits": b"1\nProperties=spins:R:3 run=99999999999999999999\n0 0 1\n",
}


@pytest.mark.faults("hostile")
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_one_line_and_take_no_memory(kind, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(HOSTILE[kind])
    pr.read(write_sound(tmp_path))  # what is loaded at the first use is not counted
    tracemalloc.start()
    try:
        is_safe(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * path.stat().st_size + 2**21


def write_sound(folder):
    (folder / "sound").write_bytes(WHOLE["npz"])
    return folder / "sound"


def test_the_check_rejects_a_reader_that_is_not_safe(tmp_path, monkeypatch):
    """One that lets errors through, one that gives vectors of no length, one that speaks several lines."""
    (tmp_path / "a").write_bytes(WHOLE["npz"])
    sound = pr.read(tmp_path / "a")

    def reads(result):
        def read(_):
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(pr, "read", read)
        return is_safe(tmp_path / "a")

    assert reads(sound)
    for unsafe in (
        ValueError("not one line"),
        InputError("a", "b", "c" * 2000),
        [attrs.evolve(sound[0], spins=2 * sound[0].spins)],
    ):
        with pytest.raises((ValueError, AssertionError)):
            reads(unsafe)
