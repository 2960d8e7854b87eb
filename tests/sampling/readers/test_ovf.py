"""OVF: versions, kinds of data, orders of bytes, meshes and segments; what is refused, with the number of the line."""

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.files import InputError
from tests.support.snapshot_files import ovf_bytes, spiral

SPINS = spiral(3, 24)
NODES = (4, 3, 2)


def read(tmp_path, content=None, *, nodes=NODES, spins=SPINS, **options):
    path = tmp_path / "a.ovf"
    path.write_bytes(ovf_bytes(spins, nodes, **options) if content is None else content)
    return pr.read(path)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("kind", ["text", "binary 4", "binary 8"])
@pytest.mark.parametrize(("version", "order"), [(1, ">"), (2, "<"), (1, "<"), (2, ">")])
def test_every_version_kind_and_order_of_bytes(version, order, kind, newline, tmp_path):
    """The check value says the order; lines end as they do on any system, the data themselves unchanged."""
    (data,) = read(tmp_path, version=version, order=order, kind=kind, newline=newline)
    assert np.abs(data.spins - SPINS).max() <= {"text": 1e-12, "binary 4": 1e-7, "binary 8": 0}[kind]
    assert data.run.tolist() == [0, 0, 0]
    assert data.geometry == pr.Geometry.from_positions(centres(NODES, (1, 1, 1)), np.diag(NODES))


def centres(nodes, step):
    z, y, x = np.indices(nodes[::-1]).reshape(3, -1)
    return (np.stack([x, y, z], axis=-1) + 0.5) * step


def test_a_mesh_has_its_step_sizes_and_unit_ones_where_none_are_stated(tmp_path):
    step = (4e-9, 3e-9, 2e-9)
    (data,) = read(tmp_path, step=step)
    assert np.allclose(data.geometry.structure.positions, centres(NODES, step), rtol=1e-12, atol=0)
    assert np.allclose(data.geometry.structure.cell, np.diag([1.6e-8, 9e-9, 4e-9]), rtol=1e-12, atol=0)
    none = {f"{x}{name}": None for x in "xyz" for name in ("stepsize", "base")}
    (data,) = read(tmp_path, header=none)
    assert np.array_equal(data.geometry.structure.positions, centres(NODES, (1, 1, 1)) - 0.5)
    assert data.notes == ("the mesh has no step sizes: they are taken as 1 along each axis",)
    (data,) = read(tmp_path, nodes=(24, 1, 1), header=none)
    assert (data.geometry.boundary, data.geometry.sites) == ("open", 24)


def test_an_irregular_mesh_has_its_positions_in_the_data(tmp_path):
    places = centres((3, 2, 1), (1, 1, 1))[[4, 0, 2, 1, 5, 3]]
    values = np.concatenate([places, spiral(1, 6)[0]], axis=1)[None]
    header = {"meshtype": "irregular", "pointcount": "6"} | {f"{x}nodes": None for x in "xyz"}
    for kind in ("text", "binary 8"):
        for version in (1, 2):
            (data,) = read(tmp_path, spins=values, kind=kind, version=version, header=header)
            assert data.geometry == pr.Geometry.from_positions(places)
            assert np.abs(data.spins - values[..., 3:]).max() < 1e-12


def test_the_multiplier_of_version_1_is_applied(tmp_path):
    (data,) = read(tmp_path, version=1, header={"valuemultiplier": "-800000.0"})
    assert np.abs(data.spins + SPINS).max() < 1e-15
    assert [line.partition(": ")[2] for line in data.notes] == ["vectors of length 800000, divided by it"]


def test_segments_with_other_meshes_are_other_systems(tmp_path):
    both = ovf_bytes(SPINS[:1], NODES) + ovf_bytes(SPINS[:2, :6], (3, 2, 1)).partition(b"\n")[2].partition(b"\n")[2]
    large, small = read(tmp_path, both.replace(b"count: 1", b"count: 3"))
    assert (large.spins.shape, small.spins.shape) == ((1, 24, 3), (2, 6, 3))


def test_comments_case_and_blanks_do_not_matter(tmp_path):
    content = ovf_bytes(SPINS, NODES, kind="text")
    content = content.replace(b"# xnodes:", b"#\n## a comment: with a key\n#  X Nodes :").replace(
        b"Begin: Segment", b"begin:  SEGMENT  ## first"
    )
    (data,) = read(tmp_path, content + b"\n# \n")
    assert data.spins.shape == (3, 24, 3)


#: What a header may wrongly say, as options of ``ovf_bytes``, and the line that refuses it.
HEADERS = {
    "valuedim": ({"valuedim": "6"}, "valuedim: 6; expected 3, vectors"),
    "no valuedim": ({"valuedim": None}, "no valuedim; expected an integer ≥ 1"),
    "no nodes": ({"ynodes": None}, "no ynodes; expected an integer ≥ 1"),
    "zero nodes": ({"xnodes": "0"}, "xnodes: 0; expected an integer ≥ 1"),
    "nodes by half": ({"xnodes": "4.0"}, "xnodes: 4.0; expected an integer ≥ 1"),
    "negative nodes": ({"xnodes": "-4"}, "xnodes: -4; expected an integer ≥ 1"),
    "more digits than there are atoms": ({"xnodes": "9" * 60}, f"xnodes: {'9' * 40}; expected an integer ≥ 1"),
    "negative step": ({"xstepsize": "-1"}, "xstepsize: -1; expected a number > 0"),
    "one step only": ({"ystepsize": "0"}, "step sizes 1, 0, 1; expected numbers > 0 along each axis with several nodes"),
    "step of nothing": ({"xstepsize": "nan"}, "xstepsize: nan; expected a finite number"),
    "base of Python": ({"xbase": "1_0"}, "xbase: 1_0; expected a finite number"),
    "another mesh": ({"meshtype": "hexagonal"}, "meshtype: hexagonal; expected rectangular or irregular"),
    "irregular": ({"meshtype": "irregular"}, "no pointcount; expected an integer ≥ 1"),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_is_none_is_refused(kind, tmp_path):
    header, line = HEADERS[kind]
    with pytest.raises(InputError) as caught:
        read(tmp_path, header=header)
    assert str(caught.value) == f"{tmp_path}/a.ovf, line 3: {line}"


WHOLE = ovf_bytes(SPINS, NODES)
TEXT = ovf_bytes(SPINS, NODES, kind="text")
#: Files that are damaged in one place, and what is said.
DAMAGED = {
    "version 0": (WHOLE.replace(b"OVF 2.0", b"OVF 0.1"), "'# OOMMF OVF 0.1'; expected OVF 1 or 2, such as # OOMMF OVF 2.0"),
    "fewer segments": (
        WHOLE.replace(b"count: 3", b"count: 4"),
        "3 segments, and a segment count of 4; expected as many segments as stated",
    ),
    "no count": (WHOLE.replace(b"# Segment count: 3\n", b""), "begin: Segment; expected segmentcount:"),
    "a count in words": (WHOLE.replace(b"count: 3", b"count: three"), "segment count 'three'; expected an integer ≥ 1"),
    "another check value": (
        WHOLE.replace(np.array(123456789012345.0, "<f8").tobytes(), np.array(1234.5, "<f8").tobytes(), 1),
        "check value 1234.5; expected 123456789012345: the block is damaged, or was changed as if it were text",
    ),
    "more nodes": (
        WHOLE.replace(b"xnodes: 4", b"xnodes: 400"),
        "2,385 bytes of data; expected 2400 × 3 numbers of 8 bytes, 57,608 bytes",
    ),
    "fewer nodes": (WHOLE.replace(b"xnodes: 4", b"xnodes: 3"), "; expected a line of the header, # key: value"),
    "nodes beyond all memory": (WHOLE.replace(b"xnodes: 4", b"xnodes: 999999999"), " bytes with the check value"),
    "another end": (WHOLE.replace(b"End: Data Binary 8", b"End: Data Binary 4"), "end: Data Binary 4; expected end: Data Binary 8"),
    "a kind of data": (WHOLE.replace(b"Data Binary 8", b"Data Binary 16"), "Begin: Data Binary 16; expected Begin: Data Text"),
    "cut short": (WHOLE[:-4], "end: Segm; expected end: segment"),
    "cut before its end": (
        WHOLE[: -len(b"# End: Segment\n")],
        "the file ends here; expected the rest of its segment, up to # End: Segment",
    ),
    "a key twice": (WHOLE.replace(b"# title: m", b"# title: m\n# title: n"), "title twice; expected each key once"),
    "no key": (WHOLE.replace(b"# title: m", b"# title"), "'title'; expected key: value"),
    "a word as a number": (TEXT.replace(b"0.2", b"x.2", 1), "a block of data that is no table of numbers (could not convert"),
    "a row too few": (
        b"".join(TEXT.splitlines(True)[:19] + TEXT.splitlines(True)[20:]),
        "a block of 23 lines of 3 numbers; expected 24 lines of 3",
    ),
    "rows of another length": (TEXT.replace(b"\n-", b" -", 1), "a block of data that is no table of numbers"),
    "no rows": (
        TEXT.replace(b"# Begin: Data Text\n", b"# Begin: Data Text\n# End: Data Text\n", 1),
        "a block without data; expected 24 lines",
    ),
    "NaN": (TEXT.replace(TEXT.splitlines()[19].split()[0], b"nan", 1), "spins that are not finite, the first in snapshot 0, site"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_file_that_is_damaged_is_refused(kind, tmp_path):
    content, line = DAMAGED[kind]
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
