"""The record of spins: what it takes, and that nothing else gets in."""

import numpy as np
import pytest

from paper_repro.files import InputError
from paper_repro.numerics.arguments import ArgumentError
from paper_repro.physics.geometry import Geometry
from paper_repro.sampling.snapshots import Snapshots, names_of

SPINS = np.random.default_rng(0).standard_normal((5, 7, 3))
SPINS /= np.linalg.norm(SPINS, axis=-1, keepdims=True)


def with_one(value, index=(2, 4, 1)):
    spins = SPINS.copy()
    spins[index] = value
    return spins


def test_plain_arrays():
    made = Snapshots.of(SPINS)
    assert (len(made), made.sites, made.temperature, made.species_names) == (5, 7, None, None)
    assert made.geometry == Geometry.open_chain(7)
    assert made.spins.tobytes() == SPINS.tobytes()
    assert made.species.tolist() == [0] * 7
    assert made.run.tolist() == [0] * 5


def test_species_are_encoded():
    assert Snapshots.of(SPINS, "BABBABA").species.tolist() == [1, 0, 1, 1, 0, 1, 0]
    iron = Snapshots.of(SPINS, ["Fe", "Co", "Fe", "Fe", "Co", "Ni", "Fe"])
    assert iron.species_names == ("Co", "Fe", "Ni")
    again = iron.numbered(("Ni", "Fe", "Co"))
    assert again.species.tolist() == [1, 2, 1, 1, 2, 0, 1]
    assert again.numbered(("Co", "Fe", "Ni")).species.tolist() == iron.species.tolist()
    assert Snapshots.of(SPINS, [1, 0, 1, 1, 0, 1, 0]).numbered(("A", "B")).species.tolist() == [1, 0, 1, 1, 0, 1, 0]
    with pytest.raises(InputError, match="species 'Ni' at site 6; expected one of"):
        iron.numbered(("Co", "Fe"))
    with pytest.raises(InputError, match="species 2 at site 1; expected 0 to 1, for 'AB'"):
        Snapshots.of(SPINS, [2, 0, 1, 1, 0, 1, 0]).numbered(("A", "B"))


def test_rounding_of_single_precision_and_of_text_is_corrected_and_that_of_double_is_left():
    for rounded in (SPINS.astype(np.float32), SPINS.round(5)):
        made = Snapshots.of(rounded).spins
        assert np.abs(np.linalg.norm(made, axis=-1) - 1).max() < 1e-15
        assert np.abs(made - SPINS).max() < 2e-5
    almost = SPINS * (1 + 1e-12)
    assert Snapshots.of(almost).spins.tobytes() == almost.tobytes()


def test_a_part_is_a_part_of_everything():
    part = Snapshots.of(SPINS, run=[0, 0, 1, 1, 2], temperature=0.5).part(slice(1, 4))
    assert part.run.tolist() == [0, 1, 1]
    assert part.spins.tobytes() == SPINS[1:4].tobytes()
    assert part.temperature == 0.5


AXES = "(snapshot, site, 3)"
UNIT = f"expected unit vectors along the last axis of {AXES}"
NAN = "1 spins that are not finite, the first in snapshot 2, site 4; expected finite vectors"
#: The arrays and options of each kind, and the line that refuses them.
REFUSED = {
    "two axes": ((SPINS[0],), {}, f"spins of shape (7, 3), one snapshot; expected {AXES}, such as spins[None]"),
    "four axes": ((SPINS[None],), {}, f"spins of shape (1, 5, 7, 3); expected {AXES}"),
    "two components": ((SPINS[..., :2],), {}, f"spins of shape (5, 7, 2); expected {AXES}"),
    "no snapshot": ((SPINS[:0],), {}, f"spins of shape (0, 7, 3); expected {AXES}"),
    "components before sites": (
        (SPINS.swapaxes(1, 2),), {}, f"spins of shape (5, 3, 7), axes swapped: the components are axis 1; expected {AXES}",
    ),
    "components first": (
        (np.moveaxis(SPINS, -1, 0),), {}, f"spins of shape (3, 5, 7), axes swapped: the components are axis 0; expected {AXES}",
    ),
    "sites before snapshots": (
        (SPINS.swapaxes(0, 1), "ABBABAB"), {},
        "spins of shape (7, 5, 3), axes swapped: the sites are axis 0; expected (snapshot, 7, 3), for species has 7 sites",
    ),
    "components before three sites": ((SPINS[:, :3].swapaxes(1, 2),), {}, f"axes swapped, unit vectors lie along axis 1; {UNIT}"),
    "NaN": ((with_one(np.nan),), {}, NAN),
    "infinity": ((with_one(np.inf),), {}, NAN),
    "length two": ((2 * SPINS,), {}, f"vectors of lengths 2; {UNIT}"),
    "one of length zero": ((with_one(0.0, (2, 4)),), {}, f"vectors of lengths 0 to 1; {UNIT}"),
    "text": ((SPINS.astype(str),), {}, f"spins of <U32; expected real numbers {AXES}"),
    "ragged": (([[[0, 0, 1]], [[0, 0, 1], [0, 0, 1]]],), {}, f"spins in rows of different lengths; expected an array {AXES}"),
    "complex": ((SPINS + 0j,), {}, f"spins of complex128; expected real numbers {AXES}"),
    "fewer species": ((SPINS, "ABBA"), {}, "spins of shape (5, 7, 3); expected (snapshot, 4, 3), for species has 4 sites"),
    "another geometry": (
        (SPINS,),
        {"geometry": Geometry.open_chain(6)},
        "spins of shape (5, 7, 3); expected (snapshot, 6, 3), for the geometry has 6 sites",
    ),
    "species of another geometry": (
        (SPINS, "ABBA"), {"geometry": Geometry.open_chain(7)},
        "species of shape (4,) and spins of 7 sites; expected one species for each site",
    ),
    "species that are floats": ((SPINS, np.ones(7)), {}, "species of float64; expected names or integers"),
    "negative species": ((SPINS, [0, 1, -1, 0, 1, 0, 1]), {}, "species -1 at site 3; expected numbers ≥ 0"),
    "a species without a name": ((SPINS, "ABBABAC"), {"species_names": "AB"}, "species 'C' at site 7; expected one of 'AB'"),
    "a number without a name": (
        (SPINS, [0, 1, 2, 0, 1, 0, 1]), {"species_names": "AB"}, "species 2 at site 3; expected 0 to 1, for 'AB'",
    ),
    "integers for names": (
        (SPINS,), {"species_names": [0, 1]}, "species_names[0]: 0; expected text",
    ),
    "letters for runs": ((SPINS,), {"run": "abcde"}, "run of <U1; expected integers, the Markov chain of each snapshot"),
    "too few runs": ((SPINS,), {"run": [0, 1]}, "run of shape (2,) for 5 snapshots; expected one for each snapshot"),
    "no temperature": ((SPINS,), {"temperature": 0.0}, "temperature = 0; expected a finite number > 0, in units of energy / k_B"),
    "text for a temperature": (
        (SPINS,), {"temperature": "cold"}, "temperature: 'cold'; expected a number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_snapshot_is_said_in_one_line(kind):
    arrays, options, message = REFUSED[kind]
    with pytest.raises(InputError, match=r".") as caught:
        Snapshots.of(*arrays, **options, origin="mine.npz")
    of_an_argument = isinstance(caught.value, ArgumentError)
    assert str(caught.value) == (message if of_an_argument else f"mine.npz: {message}")


def test_names_of_several_records():
    named, numbered = Snapshots.of(SPINS, ["Fe", "Co", "Fe", "Fe", "Co", "Ni", "Fe"]), Snapshots.of(SPINS, [1, 0, 1, 1, 0, 3, 0])
    few = Snapshots.of(SPINS, ["Fe"] * 7)
    assert names_of([few, named]) == ("Co", "Fe", "Ni")
    assert few.numbered(names_of([few, named])).species.tolist() == [1] * 7
    assert names_of([numbered]) == ("A", "B", "C", "D")
    assert names_of([Snapshots.of(SPINS)]) == ("A",)
    with pytest.raises(InputError, match="species by number, and Co, Fe, Ni elsewhere; expected names in all records"):
        names_of([named, numbered])
