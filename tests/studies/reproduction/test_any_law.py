"""``reproduce`` on laws that are not the paper's: each ends in a report that is true of it."""

import html
import re

import attrs
import pytest
from rich.console import Console

from paper_repro.cli.report import show_report
from paper_repro.spec import HamiltonianTerm, load_spec
from paper_repro.studies.reproduction.figures import draw
from tests.support.tiny import make_run

ALL = {figure.name for figure in draw.FIGURES}


def terms(**couplings):
    """Terms by their names: J_AB is A and B at separation 1, K, L and M are at 2, 3 and 4."""
    return tuple(HamiltonianTerm(name, "JKLM".index(name[0]) + 1, name[2:], coupling=value) for name, value in couplings.items())


def of_family(name, family, coupling, separation=None, pair=None, component=None):
    return HamiltonianTerm(name, separation, pair, coupling=coupling, family=family, component=component)


def pairs(letter, species, values):
    both = [f"{one}{other}" for k, one in enumerate(species) for other in species[k:]]
    return {f"{letter}_{pair}": values[k % len(values)] for k, pair in enumerate(both)}


#: Each law: its species, its terms, and the figures that it does not have besides a plateau, which such networks do not have.
LAWS = {
    "one species": ("A", terms(J_AA=1.0, K_AA=-0.4), set()),
    "one term": ("AB", terms(J_AB=1.0), {"ratios"}),
    "all equal": ("AB", terms(J_AA=0.7, J_AB=0.7, J_BB=0.7), set()),
    "antiferromagnetic, and a coupling of 0": ("AB", terms(J_AA=-1.0, J_AB=-0.5, J_BB=0.0, K_AA=-0.3, K_AB=-0.2, K_BB=-0.1), set()),
    "free spins": ("AB", terms(J_AA=0.0, J_AB=0.0, J_BB=0.0), {"ratios"}),
    "separations to 4": ("AB", terms(J_AA=1.0, J_AB=0.5, K_AA=-0.4, L_AB=0.3, M_BB=-0.2), set()),
    "biquadratic": (
        "AB",
        (*terms(J_AA=1.0, J_AB=0.6), of_family("B_AB", "biquadratic", 0.4, 1, "AB")),
        {"argument", "interaction"},
    ),
    "Dzyaloshinskii-Moriya": (
        "AB",
        (*terms(J_AA=0.8, K_AB=-0.3), of_family("D_z", "dzyaloshinskii_moriya", 0.5, 1, "all", component="z")),
        {"argument", "interaction"},
    ),
    "neither pairs nor exchange": (
        "AB",
        (of_family("h_x", "field", 0.4, None, "all", component="x"), of_family("F", "four_spin", 0.5)),
        {"argument", "interaction"},
    ),
    "four species": ("ABCD", terms(**pairs("J", "ABCD", (0.9, -0.4, 0.6)), **pairs("K", "ABCD", (-0.3, 0.2))), set()),
}


#: Laws whose figures are drawn; of the others their data are prepared.
DRAWN = ("one species", "free spins", "four species")


def of(spec, species, terms):
    """The tiny spec with another law, one training and, where there is one species, chains that repeat."""
    one = species == "A"
    return attrs.evolve(
        spec,
        hamiltonian=attrs.evolve(spec.hamiltonian, species=species, terms=terms),
        chains=attrs.evolve(spec.chains, draw="independent" if one else "distinct"),
        architecture=attrs.evolve(spec.architecture, species=max(len(species), spec.architecture.species)),
        likelihood=attrs.evolve(spec.likelihood, chain="AAAA" if one else "ABBA"),
        training=attrs.evolve(spec.training, seeds=(0,)),
    )


@pytest.mark.parametrize("law", LAWS)
def test_any_law_ends_in_a_report_that_is_true_of_it(law, tiny, tmp_path, monkeypatch):
    species, its_terms, without = LAWS[law]
    if law not in DRAWN:
        monkeypatch.setattr(draw.style, "images", lambda name, _: {f"{name}.png": b"", f"{name}.svg": b'<svg viewBox="0 0 1 1"/>'})
    make_run(of(load_spec(tiny).record, species, its_terms), tmp_path / "run")
    console = Console(file=(tmp_path / "screen").open("w"), width=200)
    show_report(tmp_path / "run", console)
    console.file.close()
    drawn = {path.stem for path in (tmp_path / "run/figures").iterdir()}
    assert drawn | {"plateau"} == ALL - without | {"plateau"}
    page = html.unescape(re.sub(r"(?s)<svg.*?</svg>", "", (tmp_path / "run/report.html").read_text()))
    for text in (page, (tmp_path / "screen").read_text()):
        assert not re.search(r"\b(None|nan|inf|six|Table 1)\b|0\.9974|0\.8698|1,057,440|0\.5095", text.replace("'paper_repro", ""))
        assert "not the paper's" in text
        for term in its_terms:
            assert term.name in text
