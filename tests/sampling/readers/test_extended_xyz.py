"""Extended xyz: what the comment line may say, and in which words; what is refused, with the number of the line."""

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.files import InputError
from tests.support.snapshot_files import LATTICES, row, spiral, write_extended_xyz

SPINS = spiral(2, 3)
ROWS = [
    f"{name} {x} 0 0 {' '.join(map(repr, spin))}" for name, x, spin in zip("ABA", (0.0, 1.0, 2.5), SPINS[0].tolist(), strict=True)
]
PROPERTIES = "Properties=species:S:1:pos:R:3:spins:R:3"


def read(tmp_path, comment=PROPERTIES, rows=ROWS, count=3, more=""):
    path = tmp_path / "a.xyz"
    path.write_text("\n".join([str(count), comment, *rows, more]), encoding="utf-8")
    return pr.read(path)


def test_numbers_are_those_of_the_text(tmp_path):
    (data,) = read(tmp_path)
    assert data.spins.tobytes() == SPINS[:1].tobytes()
    assert data.geometry.structure.positions.tolist() == [[0, 0, 0], [1, 0, 0], [2.5, 0, 0]]


@pytest.mark.parametrize(
    "comment",
    [
        f'Lattice="3 0 0 0 4 0 0 0 5" {PROPERTIES} pbc="F T F" temperature=0.3 run=7 other',
        f'temperature = 0.3 pbc=[F,T,F] lattice=\'3 0 0 0 4 0 0 0 5\' {PROPERTIES} run=7 note="a \\"b\\" = c"',
        f"run=7 {PROPERTIES} Lattice=[[3, 0, 0], [0, 4, 0], [0, 0, 5]] pbc=[false, true, false] TEMPERATURE=3e-1",
        f'Lattice={{3 0 0 0 4 0 0 0 5}} pbc="0 1 0" temperature="0.3" run=7 "two words"=1 energy=-1.5 {PROPERTIES}',
    ],
)
def test_a_comment_line_has_many_forms(comment, tmp_path):
    (data,) = read(tmp_path, comment)
    structure = data.geometry.structure
    assert np.array_equal(structure.cell, np.diag([3, 4, 5]))
    assert structure.periodic == (False, True, False)
    assert (data.temperature, data.run.tolist(), data.species_names) == (0.3, [7], ("A", "B"))


def test_a_lattice_alone_is_periodic_in_all_directions(tmp_path):
    (data,) = read(tmp_path, f'Lattice="3 0 0 0 4 0 0 0 5" {PROPERTIES}')
    assert data.geometry.structure.periodic == (True, True, True)


def test_lattice_vectors_are_one_after_the_other(tmp_path):
    (data,) = read(tmp_path, f'Lattice="3 1 0 0 4 0 2 0 5" {PROPERTIES} pbc="T T T"')
    assert data.geometry.structure.cell.tolist() == [[3, 1, 0], [0, 4, 0], [2, 0, 5]]


def test_positions_that_are_all_zero_are_none(tmp_path):
    """As of ase.Atoms("FeCoFe"), to which nobody gave positions."""
    rows = [" ".join([row[0], "0 0 0", *row.split()[4:]]) for row in ROWS]
    for comment, boundary in ((PROPERTIES, "open"), (f'{PROPERTIES} pbc="T F F"', "periodic")):
        (data,) = read(tmp_path, comment, rows)
        assert (data.geometry.boundary, data.geometry.structure) == (boundary, None)
        assert data.notes == ("the positions are all 0: the sites are taken in a row",)


def test_the_vectors_are_the_first_of_the_properties_that_may_be_them(tmp_path):
    rows = [f"{first} 9 9 9 {' '.join(spin)}" for first, spin in ((row.split()[0], row.split()[4:]) for row in ROWS)]
    for name, note in (("spins", ("spins are the property spins, not initial_magmoms",)), ("vel", ())):
        other = "initial_magmoms" if name == "spins" else "magmoms"
        columns = f"{other}:R:3:{name}:R:3" if name == "spins" else f"{name}:R:3:{other}:R:3"
        (data,) = read(tmp_path, f"Properties=species:S:1:{columns}", rows)
        assert data.spins.tobytes() == SPINS[:1].tobytes()
        assert data.geometry == pr.Geometry.open_chain(3)
        assert [line.partition(": ")[2] for line in data.notes] == list(note)


def test_frames_of_other_sites_are_other_systems_and_empty_lines_are_passed_over(tmp_path):
    path = tmp_path / "a.xyz"
    parts = []
    for species in ("ABA", "AB", "ABA"):
        write_extended_xyz(path, spiral(2, len(species)), row(species))
        parts.append(path.read_text())
    path.write_text("\r\n".join("\n\n".join(parts).split("\n")))
    three, two = pr.read(path)
    assert (three.spins.shape, two.spins.shape) == ((4, 3, 3), (2, 2, 3))
    assert three.run.tolist() == [0] * 4


def test_sites_that_move_are_refused(tmp_path):
    path = tmp_path / "a.xyz"
    write_extended_xyz(path, SPINS[:1], row("ABA"))
    text = path.read_text()
    path.write_text(text + text.replace("2.50000000", "2.50000100"))
    with pytest.raises(InputError) as caught:
        pr.read(path)
    assert str(caught.value) == (
        f"{path}, line 7: sites that are elsewhere than in the frame before; expected the same positions and cell in each frame"
    )


SHORT = [ROWS[0], ROWS[1], " ".join(ROWS[2].split()[:6])]
#: What a file may wrongly hold, as arguments of ``read``, and the line that refuses it.
REFUSED = {
    "no vectors": (
        {"comment": "Properties=species:S:1:pos:R:3:vel:R:3"},
        "line 2: properties species, pos, vel; expected spins or magmoms of three columns, such as spins:R:3",
    ),
    "plain xyz": (
        {"comment": "hello", "rows": [row[:9] for row in ROWS]},
        "line 2: properties species, pos; expected spins or magmoms",
    ),
    "collinear": (
        {"comment": "Properties=species:S:1:magmoms:R:1", "rows": ["A 1", "B 1", "A -1"]},
        "line 2: magmoms:R:1; expected magmoms:R:3, the three components",
    ),
    "cut short": ({"count": 4}, "line 1: a frame of 4 sites, cut short; expected a comment line and 4 lines"),
    "cut in a line": ({"rows": SHORT}, "line 5: 6 columns; expected 7, as in Properties"),
    "a longer line": ({"rows": [*ROWS[:2], ROWS[2] + " 1"]}, "line 5: 8 columns; expected 7, as in Properties"),
    "no count": ({"more": "three\n"}, "line 6: 'three'; expected the number of sites of a frame"),
    "a count of none": ({"count": "0"}, "line 1: '0'; expected the number of sites of a frame"),
    "a huge count": ({"count": 10**40}, f"line 1: '{10**40:d}'"[:40]),
    "no number": ({"rows": [*ROWS[:2], "A 2 0 0 0 0 one"]}, "line 5: spins '0 0 one'; expected three numbers"),
    "digits of Python": ({"rows": [*ROWS[:2], "A 2 0 0 0 0 1_0"]}, "line 5: spins '0 0 1_0'; expected three numbers"),
    "NaN": (
        {"rows": [*ROWS[:2], "A 2 0 0 nan 0 1"]},
        "line 2: 1 spins that are not finite, the first in snapshot 0, site 2; expected finite vectors",
    ),
    "positions at infinity": (
        {"rows": [*ROWS[:2], "A inf 0 0 0 0 1"]},
        "line 2: positions that are not finite; expected finite numbers",
    ),
    "properties of two words": ({"comment": "Properties=species:S"}, "line 2: Properties=species:S; expected name:type:columns"),
    "a type of none": (
        {"comment": "Properties=species:X:1"},
        "line 2: Properties=species:X:1; expected name:type:columns, and so on, types R, I, S or L",
    ),
    "a property twice": ({"comment": f"{PROPERTIES}:pos:R:3"}, "line 2: the property pos twice; expected each property once"),
    "a key twice": ({"comment": f"{PROPERTIES} run=1 run=2"}, "line 2: run twice in the comment line; expected each key once"),
    "an open quote": (
        {"comment": f'{PROPERTIES} Lattice="1 0 0'},
        "line 2: comment line with 'Lattice=\"1 0 0'; expected key=value pairs",
    ),
    "eight numbers": (
        {"comment": f'{PROPERTIES} Lattice="1 0 0 0 1 0 0 0"'},
        "line 2: Lattice of 8 numbers; expected nine finite numbers, the vectors a, b, c",
    ),
    "a lattice of letters": (
        {"comment": f'{PROPERTIES} Lattice="a b c"'},
        "line 2: Lattice='a b c'; expected nine numbers, the vectors a, b, c",
    ),
    "a flat lattice": ({"comment": f'{PROPERTIES} Lattice="1 0 0 2 0 0 0 0 1"'}, "line 2: periodic along"),
    "pbc of two": ({"comment": f'{PROPERTIES} pbc="T F"'}, "line 2: pbc='T F'; expected three of T or F"),
    "pbc of words": ({"comment": f'{PROPERTIES} pbc="x y z"'}, "line 2: pbc='x y z'; expected three of T or F"),
    "pbc without a lattice": ({"comment": f'{PROPERTIES} pbc="T F F"'}, "line 2: periodic without a cell; expected a cell"),
    "cold": ({"comment": f"{PROPERTIES} temperature=cold"}, "line 2: temperature='cold'; expected a number > 0"),
    "colder than nothing": (
        {"comment": f"{PROPERTIES} temperature=-1"},
        "line 2: temperature = -1; expected a finite number > 0, in units of energy / k_B",
    ),
    "half a run": (
        {"comment": f"{PROPERTIES} run=1.5"},
        "line 2: run='1.5'; expected an integer ≥ 0, the Markov chain of the frame",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_none_is_said_in_one_line(kind, tmp_path):
    options, line = REFUSED[kind]
    with pytest.raises(InputError) as caught:
        read(tmp_path, **options)
    assert str(caught.value).startswith(f"{tmp_path}/a.xyz, {line}")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "a.xyz"
    write_extended_xyz(path, spiral(1, 12), LATTICES["chain"])
    path.write_bytes(path.read_bytes().replace(b"Co", b"\xff\xfe"))
    with pytest.raises(InputError, match=r"a.xyz: byte \d+, which is no text; expected extended xyz in UTF-8"):
        pr.read(path)


def test_a_long_comment_line_is_read_in_linear_time(tmp_path):
    """30,000 keys: seconds where each made a copy of the rest; the bound is the suite's patience, not a number."""
    keys = " ".join(f"k{k}" for k in range(30_000))
    (data,) = read(tmp_path, f"{keys} {PROPERTIES}")
    assert data.spins.shape == (1, 3, 3)
