"""Libraries of terms: what files and keywords give, on chains, lattices and lists of bonds, and what is refused in one line."""

import itertools

import attrs
import numpy as np
import pytest

from paper_repro.files import InputError
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import FAMILIES, Biquadratic, TermLabel
from paper_repro.physics.terms.library import Library, library
from paper_repro.spec import specs_folder

CHAIN = Geometry.open_chain(9)
SQUARE = Geometry.from_positions([[x, y, 0] for x in range(6) for y in range(6)], 6 * np.eye(3), (True, True, False))
TURNED = Geometry.from_positions([[x - y, x + y, 0] for x in range(6) for y in range(6)])
BONDS = Geometry.from_bonds(3, [[0, 1, 3], [1, 2, 7]])
EVERY = """
[exchange]
separations = [1, 2, 3]
by_species = true
[biquadratic]
separations = [1, 2]
[four_spin]
[chirality]
[dzyaloshinskii_moriya]
separations = [1]
[anisotropic_exchange]
separations = [1]
[anisotropy]
[field]
by_species = true
"""


def test_a_file_with_every_family_of_the_field(tmp_path):
    (tmp_path / "mine.toml").write_text(EVERY, encoding="utf-8")
    terms = library(tmp_path / "mine.toml").terms("AB", CHAIN)
    tensor = ["xy", "yz", "zx", "x2-y2", "3z2-r2"]
    assert terms.names == (
        *(f"exchange {r} {pair}" for r in (1, 2, 3) for pair in ("AA", "AB", "BB")),
        "biquadratic 1", "biquadratic 2", "four_spin", "chirality",
        *(f"dzyaloshinskii_moriya 1 {c}" for c in "xyz"),
        *(f"anisotropic_exchange 1 {c}" for c in tensor),
        *(f"anisotropy {c}" for c in tensor),
        *(f"field {species} {c}" for species in "AB" for c in "xyz"),
    )  # fmt: skip
    assert {label.family for label in terms.labels} <= set(FAMILIES)
    labels = dict(zip(terms.names, terms.labels, strict=True))
    assert labels["exchange 2 AB"] == TermLabel("exchange 2 AB", "exchange", 2, "AB", None)
    assert labels["biquadratic 1"] == TermLabel("biquadratic 1", "biquadratic", 1, None, None)
    assert labels["chirality"] == TermLabel("chirality", "chirality", None, None, None)
    assert labels["anisotropic_exchange 1 xy"] == TermLabel("anisotropic_exchange 1 xy", "anisotropic_exchange", 1, None, "xy")
    assert labels["field B z"] == TermLabel("field B z", "field", None, "B", "z")
    assert len(terms.on(CHAIN, "ABBABAABB").terms) == len(terms)


def test_the_default_library_takes_what_the_data_have():
    assert library("default").tables == library().tables == library(range=4, biquadratic=True).tables
    names = library().terms(["Fe", "Co"], SQUARE).names
    assert names[:3] == ("exchange 1 Fe-Fe", "exchange 1 Fe-Co", "exchange 1 Co-Co")
    assert len(names) == 4 * 3 + 2
    assert library().terms("A", Geometry.open_chain(3)).names == (
        "exchange 1 AA",
        "exchange 2 AA",
        "biquadratic 1",
        "biquadratic 2",
    )
    assert library().terms("A", BONDS).names == ("exchange 3 AA", "exchange 7 AA", "biquadratic 3", "biquadratic 7")
    assert library(range=6).terms("A", SQUARE).range == 6  # of which the geometry keeps four
    assert library().terms("A", [Geometry.open_chain(2), Geometry.open_chain(4)]).range == 3


def test_the_candidates_are_42():
    terms = library("candidates-42").terms("AB", CHAIN)
    assert len(terms) == 42
    assert len({term.family for term in terms.terms}) == 8


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_had_by_its_name(family):
    terms = library(**{"exchange": False, "biquadratic": False, family: True}).terms("AB", CHAIN)
    assert {term.family for term in terms.terms} == {family}


def test_keywords():
    terms = library(range=1, biquadratic=False, chirality=True, dzyaloshinskii_moriya=True).terms("A", CHAIN)
    assert terms.names == ("exchange 1 AA", "chirality", *(f"dzyaloshinskii_moriya 1 {c}" for c in "xyz"))
    assert library(exchange=[1, 3], biquadratic=[2]).terms("A", SQUARE).names == ("exchange 1 AA", "exchange 3 AA", "biquadratic 2")
    by_species = library(range=1, biquadratic={"separations": [1], "by_species": True})
    assert by_species.terms("AB", CHAIN).names[3:] == ("biquadratic 1 AA", "biquadratic 1 AB", "biquadratic 1 BB")
    own = library(range=1, biquadratic=False).with_terms(Biquadratic("my own", 2))
    assert own.terms("A", CHAIN).names == ("exchange 1 AA", "my own")


def test_a_set_of_terms_for_each_direction_of_a_lattice():
    """Interfacial Dzyaloshinskii-Moriya exchange, D along z × r: no single D for all bonds of a shell has it."""
    each = library(exchange=False, biquadratic=False, dzyaloshinskii_moriya={"shells": [1], "by_direction": True})
    terms = each.terms("A", SQUARE)
    assert terms.names == tuple(f"dzyaloshinskii_moriya 1 ({d}, 0) {c}" for d in ("0, 1", "1, 0") for c in "xyz")
    vectors = np.random.default_rng(0).standard_normal((5, 36, 3))
    spins = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    expected = np.zeros(5)
    for x, y, (right, up) in itertools.product(range(6), range(6), ((1, 0), (0, 1))):
        turned = np.cross(spins[:, 6 * x + y], spins[:, 6 * ((x + right) % 6) + (y + up) % 6])
        expected += turned @ np.cross([0, 0, 1], [right, up, 0])
    found = terms.on(SQUARE, 36 * "A").values(spins) @ [-1, 0, 0, 0, 1, 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    uniform = library(exchange=False, biquadratic=False, dzyaloshinskii_moriya={"shells": [1]}).terms("A", SQUARE)
    _, residual, *_ = np.linalg.lstsq(uniform.on(SQUARE, 36 * "A").values(spins), expected, rcond=None)
    assert residual > 0.1


def test_every_library_of_the_project_is_read():
    for path in (specs_folder() / "libraries").glob("*.toml"):
        made = library(path)
        assert isinstance(made, Library)
        assert made == attrs.evolve(library(path.stem), origin=str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no terms; expected a table of a family, one of "),
        ("[exchang]", "exchang: unknown family; expected one of "),
        ("exchange = 3", "exchange: 3; expected a table"),
        ("[exchange]", "exchange: no pairs; expected one of range, separations, shells, classes"),
        ("[exchange]\nseparations = [1]\nshells = [1]", "exchange: separations and shells; expected one of range, separations, "),
        (
            "[exchange]\nseparation = [1]",
            "exchange.separation: unknown key; expected one of by_direction, by_species, classes, range, ",
        ),
        ("[exchange]\nseparations = []", "exchange.separations: []; expected a list of integers ≥ 1, such as [1, 2]"),
        ("[exchange]\nseparations = 2", "exchange.separations: 2; expected a list of integers ≥ 1, such as [1, 2]"),
        ("[exchange]\nseparations = [1, 2, 1]", "exchange.separations[2]: 1 again; expected each number once"),
        ("[exchange]\nseparations = [1, 0]", "exchange.separations[1]: 0; expected an integer ≥ 1"),
        ("[exchange]\nseparations = [1.0]", "exchange.separations[0]: 1.0; expected an integer ≥ 1"),
        ("[exchange]\nseparations = [true]", "exchange.separations[0]: True; expected an integer ≥ 1"),
        ("[exchange]\nrange = 0", "exchange.range: 0; expected an integer ≥ 1"),
        ('[exchange]\nrange = 1\nby_species = "yes"', "exchange.by_species: 'yes'; expected true or false"),
        ("[chirality]\nby_species = true", "chirality.by_species: unknown key; expected no keys"),
        ("[field]\nseparations = [1]", "field.separations: unknown key; expected one of by_species"),
        ("[field", "not TOML: "),
    ],
)
def test_what_is_no_library_is_one_line(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        library(path)
    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("made", "geometry", "message"),
    [
        (library("candidates-42"), SQUARE, "exchange.separations: data on sites with positions; expected shells, or range"),
        (library("candidates-42"), BONDS, "exchange.separations: data on a list of bonds; expected classes, or range"),
        (library(exchange={"shells": [1]}), CHAIN, "exchange.shells: data on a chain; expected separations, or range"),
        (library(exchange=[1, 9]), CHAIN, "exchange.separations: 9, of which the data have no pair; expected at most 8"),
        (library(exchange=[3, 4]), BONDS, "exchange.classes: 4, of which the data have no pair; expected at most 7"),
        (
            library(exchange=[40]),
            SQUARE,
            "exchange: shell 18, distance 6, binds site 0 to its own image; expected a larger cell or ",
        ),
        (
            library(range=1, biquadratic={"range": 1, "by_direction": True}),
            CHAIN,
            "biquadratic.by_direction: displacements on a chain; expected a lattice, as Geometry.from_positions makes it",
        ),
        (
            library(range=1, biquadratic={"range": 1, "by_direction": True}),
            (SQUARE, TURNED),
            "biquadratic.by_direction: data on lattices of different directions; expected data on one lattice",
        ),
        (library(), Geometry.open_chain(1), "exchange.range: 4 on 1 sites without pairs; expected data with pairs"),
        (
            library(chirality=True),
            SQUARE,
            "chirality: runs of 3 sites on sites with positions; expected a chain, where sites have an ",
        ),
        (
            library(four_spin=True),
            Geometry.open_chain(3),
            "four_spin: runs of 4 sites on chains of at most 3; expected longer chains",
        ),
    ],
)
def test_what_the_data_have_not_is_one_line(made, geometry, message):
    with pytest.raises(InputError) as caught:
        made.terms("AB", geometry)
    assert str(caught.value).startswith(f"{made.origin}: {message}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"heisenberg": True}, "library: heisenberg: unknown family; expected one of "),
        ({"heisenberg": False}, "library: heisenberg: unknown family; expected one of "),
        ({"range": 3, "exchange": [1]}, "library: range and exchange; expected one of them"),
        ({"range": 2.0}, "range: 2.0; expected an integer"),
        ({"biquadratic": "yes"}, "library: biquadratic.separations: 'yes'; expected a list of integers ≥ 1, such as [1, 2]"),
        ({"exchange": False, "biquadratic": False}, "library: no terms; expected one of "),
        ({"path": "default", "range": 3}, "default: a file and range; expected one of them"),
        ({"path": "no such file.toml"}, "no such file.toml: cannot be read (No such file or directory); expected a TOML file"),
    ],
)
def test_keywords_that_are_no_library_are_one_line(arguments, message):
    with pytest.raises(InputError) as caught:
        library(**arguments)
    assert str(caught.value).startswith(message)
