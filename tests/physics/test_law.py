"""Laws from files: terms, couplings, temperature and systems, and what is refused in one line."""

import pytest

from paper_repro.files import InputError
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.law import load_law, systems_of, truth_of

LAW = """
temperature = 0.5
[system]
species = "ABBA"
boundary = "periodic"
[exchange]
separations = [1]
by_species = true
[couplings]
"exchange 1 AB" = 0.8
"exchange 1 AA" = 1
"exchange 1 BB" = -0.5
"""


@pytest.fixture
def law(tmp_path):
    def written(text):
        path = tmp_path / "law.toml"
        path.write_text(text, encoding="utf-8")
        return load_law(str(path))

    return written


def test_a_law_has_its_couplings_in_the_order_of_the_terms(law):
    made = law(LAW)
    (system,) = systems_of(made)
    assert system.species == tuple("ABBA")
    assert system.geometry == Geometry.periodic_chain(4)
    truth = truth_of(made, "AB", [system.geometry])
    assert truth.terms.names == ("exchange 1 AA", "exchange 1 AB", "exchange 1 BB")
    assert truth.couplings.tolist() == [1.0, 0.8, -0.5]
    assert truth.beta == 2.0


SYSTEMS = {
    'species = ["Fe", "Co"]': [(("Fe", "Co"), Geometry.open_chain(2))],
    "sites = 5": [(("A",) * 5, Geometry.open_chain(5))],
    'sequences = ["AB", "BAB"]\nboundary = "periodic"': [
        (tuple("AB"), Geometry.periodic_chain(2)),
        (tuple("BAB"), Geometry.periodic_chain(3)),
    ],
    'species = "AAB"\nbonds = [[0, 1, 1], [1, 2, 2]]': [(tuple("AAB"), Geometry.from_bonds(3, [[0, 1, 1], [1, 2, 2]]))],
    "sites = 2\npositions = [[0, 0, 0], [0, 0.5, 0.5]]\ncell = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]\nperiodic = [false, true, true]": [
        (("A", "A"), Geometry.from_positions([[0, 0, 0], [0, 0.5, 0.5]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], (0, 1, 1))),
    ],
}


@pytest.mark.parametrize("text", SYSTEMS)
def test_a_system_is_chains_or_bonds_or_positions(law, text):
    made = law(LAW.replace('species = "ABBA"\nboundary = "periodic"', text))
    assert [(system.species, system.geometry) for system in systems_of(made)] == SYSTEMS[text]


def test_a_system_may_be_that_of_a_file_of_snapshots(law, tmp_path):
    made = law(LAW.replace('species = "ABBA"\nboundary = "periodic"', 'file = "data.npz"'))
    assert made.system is not None
    assert made.system.file == tmp_path / "data.npz"
    with pytest.raises(InputError, match=r"system: file = .*data.npz, not read; expected the species of the sites"):
        systems_of(made)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("temperature = 0.5", "", "temperature: missing; expected a law: its terms, [couplings], temperature and [system]"),
        ("temperature = 0.5", "temperature = 0", "temperature: 0.0; expected a number > 0, in units of energy / k_B"),
        ("temperature = 0.5", "temperature = nan", "temperature: nan; expected a finite number"),
        ("temperature = 0.5", "temperature = true", "temperature: True; expected a finite number"),
        ("temperature = 0.5", "temperatur = 0.5\ntemperature = 0.5", "temperatur: unknown family; expected one of "),
        ("= 0.8", '= "0.8"', "couplings.exchange 1 AB: '0.8'; expected a finite number"),
        ("= 0.8", "= inf", "couplings.exchange 1 AB: inf; expected a finite number"),
        ('"exchange 1 AB" = 0.8', "", "couplings: nothing for exchange 1 AB; expected a coupling for each term, 0 for none"),
        ("exchange 1 AB", "exchange 1 BA", "couplings.exchange 1 BA: no such term; expected one of exchange 1 AA, exchange 1 AB, "),
        ("separations", "shells", "exchange.shells: data on a chain; expected separations, or range"),
        ('species = "ABBA"', "sites = 0", "system.sites: 0; expected an integer ≥ 1"),
        (
            'species = "ABBA"',
            'species = ""',
            "system.species: ''; expected a word of letters or a list of names, one for each site",
        ),
        ('species = "ABBA"', 'species = ["A", 1]', "system.species: ['A', 1]; expected a word of letters or a list of names, one "),
        ('species = "ABBA"', "", "system: no sites; expected one of species, sequences, sites, file"),
        (
            'species = "ABBA"',
            'species = "ABBA"\nsites = 4',
            "system: species and sites; expected one of species, sequences, sites, file",
        ),
        ('species = "ABBA"', "sequences = []", 'system.sequences: []; expected a list of chains, such as ["ABBA", "BAB"]'),
        ('boundary = "periodic"', 'boundary = "closed"', "system.boundary: 'closed'; expected 'open' or 'periodic'"),
        ('boundary = "periodic"', "colour = 1", "system.colour: unknown key; expected one of "),
        ('boundary = "periodic"', "bonds = [[0, 1]]", "system.bonds: [[0, 1]]; expected a list of rows of three numbers"),
        ('boundary = "periodic"', "bonds = [[0, 1, 1.5]]", "system.bonds[0]: 1.5; expected an integer"),
        ('boundary = "periodic"', "bonds = [[0, 9, 1]]", "system: bond 0 joins sites 0 and 9; expected sites 0 to 3"),
        (
            'boundary = "periodic"',
            "periodic = [true, true, true]",
            "system: cell or periodic without positions; expected positions",
        ),
        ('boundary = "periodic"', "positions = [[0, 0, 0]]", "system: 1 positions of 4 sites; expected one for each site"),
        (
            'species = "ABBA"',
            'file = "data.npz"',
            "system.file: 'data.npz'; expected the path of a file of snapshots, and no other key",
        ),
        ('[system]\nspecies = "ABBA"\nboundary = "periodic"', "", "system: missing; expected the species of the sites"),
        ('[system]\nspecies = "ABBA"\nboundary = "periodic"', "system = 3", "system: 3; expected a table"),
    ],
)
def test_what_is_no_law_is_one_line(law, old, new, message, tmp_path):
    assert old in LAW

    def read():
        made = law(LAW.replace(old, new))
        truth_of(made, "AB", [system.geometry for system in systems_of(made)])

    with pytest.raises(InputError) as caught:
        read()
    assert str(caught.value).startswith(f"{tmp_path / 'law.toml'}: {message}")
