"""The files for VAMPIRE and UppASD, by readers of the documented formats that share no code with the writers.

VAMPIRE: H = -½ Σ_{i,j listed} S_i·J·S_j - Σ k (S·e)² - Σ μ B·S; UppASD: H = -Σ_{i,j listed} e_i·J·e_j + Σ K₁ (e·a)² - Σ m B·e.
"""

import re

import numpy as np
import pytest

import paper_repro as pr
from tests.support.exported_laws import GEOMETRIES, configurations, exact_energies, law

BOHR_MAGNETON = 9.2740100657e-24  # J/T
RYDBERG = 2.1798723611030e-18  # J
CASES = [
    ("chain", "exchange"), ("ring", "all bilinear"), ("bonds", "all bilinear"), ("square", "all bilinear"), ("small", "one axis"),
    ("chain", "one axis"), ("square", "one axis"),
]  # fmt: skip


def tables(text):
    """The rows of numbers after each comment line of a file of VAMPIRE."""
    return [[line.split() for line in part.splitlines()[1:]] for part in text.split("#")[1:]]


def vector(text):
    return np.array([float(part) for part in text.split(",")])


def vampire(files, spins):
    """Energies in joule."""
    _, _, atoms, bonds = tables(files["vampire.UCF"])
    (count, kinds), (number, form) = map(int, atoms[0]), bonds[0]
    assert (len(atoms) - 1, len(bonds) - 1) == (count, int(number))
    assert [int(row[0]) for row in atoms[1:]] == list(range(count))
    assert all(0 <= float(place) < 1 for row in atoms[1:] for place in row[1:4])
    matrix = np.zeros((count, 3, count, 3))
    for row in bonds[1:]:
        values = [float(value) for value in row[6:]]
        matrix[int(row[1]), :, int(row[2])] += values[0] * np.eye(3) if form == "isotropic" else np.reshape(values, (3, 3))
    found = re.findall(r"material\[(\d+)\]:(\S+) = ([^!\n]*)", files["vampire.mat"])
    material = {(int(n) - 1, key): value for n, key, value in found}
    assert kinds == len({n for n, _ in material})
    result = -0.5 * np.einsum("nia,iajb,njb->n", spins, matrix, spins)
    settings = dict(re.findall(r"(\S+) = ([^!\n]*)", files["input"]))
    field = float(settings["sim:applied-field-strength"]) * vector(settings["sim:applied-field-unit-vector"])
    for site, row in enumerate(atoms[1:]):
        kind = int(row[4])
        axis = vector(material[kind, "uniaxial-anisotropy-direction"])
        result -= float(material[kind, "uniaxial-anisotropy-constant"]) * (spins[:, site] @ axis) ** 2
        result -= BOHR_MAGNETON * float(material[kind, "atomic-spin-moment"]) * (spins[:, site] @ field)
    return result


def uppasd(files, spins):
    """Energies in joule."""
    lines = {name: [line.split() for line in text.splitlines()] for name, text in files.items()}
    settings = {row[0]: row[1:] for row in lines["inpsd.dat"]}
    moments = [float(row[2]) for row in lines["momfile"]]
    assert len(lines["posfile"]) == len(moments) == spins.shape[1]
    assert settings["Sym"] == ["0"]
    result = np.zeros(len(spins))
    for row in lines["jfile"]:
        i, j = int(row[0]) - 1, int(row[1]) - 1
        values = [float(value) for value in row[5:]]
        assert len(values) == (9 if settings["do_jtensor"] == ["1"] else 1)
        tensor = np.reshape(values, (3, 3)) if len(values) == 9 else values[0] * np.eye(3)
        result -= np.einsum("na,ab,nb->n", spins[:, i], tensor, spins[:, j])
    for row in lines.get("kfile", ()):
        assert row[1] == "1"
        axis = np.array([float(part) for part in row[4:7]])
        result += float(row[2]) * (spins[:, int(row[0]) - 1] @ axis) ** 2
    field = np.array([float(part) for part in settings["hfield"]])
    zeeman = np.einsum("i,nia,a->n", moments, spins, field) * BOHR_MAGNETON
    return result * RYDBERG * 1e-3 - zeeman


READERS = {"vampire": vampire, "uppasd": uppasd}


def deviation(code, files, place, families):
    truth, geometry, word = law(place, families)
    spins = configurations(geometry.sites)
    exact = exact_energies(truth, geometry, word, spins) * 1.602176634e-22  # couplings were in meV
    apart = READERS[code](files, spins) - exact
    return np.abs(apart - apart.mean()).max() / exact.std()


@pytest.mark.parametrize("code", READERS)
@pytest.mark.parametrize(("place", "families"), CASES)
def test_the_files_give_the_energies_of_the_law(code, place, families):
    made = pr.export(*law(place, families), code, "meV")
    assert deviation(code, made.files, place, families) < 1e-8


@pytest.mark.parametrize("code", READERS)
def test_a_file_in_which_a_pair_is_missing_from_one_end_is_seen(code):
    """The broken twin."""
    files = dict(pr.export(*law("ring", "all bilinear"), code, "meV").files)
    name = {"vampire": "vampire.UCF", "uppasd": "jfile"}[code]
    lines = files[name].splitlines()
    if code == "vampire":
        number = next(k for k, line in enumerate(lines) if line.endswith(" tensorial"))
        lines[number] = f"{int(lines[number].split()[0]) - 1} tensorial"
    files[name] = "\n".join(lines[:-1])
    assert deviation(code, files, "ring", "all bilinear") > 1e-3


@pytest.mark.parametrize("place", ["square", "triangular"])
@pytest.mark.parametrize("families", ["exchange", "vectors"])
def test_every_pair_joins_the_images_that_are_a_shell_apart(place, families):
    """Energies of one cell do not say which image a bond leads to: its length does."""
    geometry, word = GEOMETRIES[place]
    lines = pr.export(*law(place, families), "spirit", "meV").files["input.cfg"].splitlines()
    cell = np.array([line.split() for line in lines[3:6]], dtype=float)
    places = np.array([line.split() for line in lines[9 : 9 + len(word)]], dtype=float)
    assert (places >= 0).all()
    assert (places < 1).all()
    rows = [line.split() for line in lines[lines.index("i j da db dc Jij Dij Dijx Dijy Dijz") + 1 :]]
    shells = [np.linalg.norm(geometry.displacements_of(k), axis=1) for k in (1, 2)]
    lengths = [np.linalg.norm((places[int(row[1])] + np.array(row[2:5], dtype=float) - places[int(row[0])]) @ cell) for row in rows]
    assert sorted(lengths) == pytest.approx(sorted(np.concatenate(shells)))


REFUSED = [
    (
        "vampire",
        "chain",
        "four spins",
        "export to vampire: biquadratic 1, four_spin, bond_product; expected terms of anisotropic_exchange",
    ),
    ("uppasd", "square", "squares", "export to uppasd: biquadratic 1; expected terms of "),
    ("spirit", "chain", "all bilinear", "export to spirit: anisotropic_exchange 1 xy, "),
    (
        "vampire",
        "chain",
        "vectors",
        "anisotropy xy, anisotropy yz, anisotropy zx, anisotropy x2-y2, anisotropy 3z2-r2: an anisotropy of",
    ),
    ("uppasd", "chain", "vectors", "an anisotropy of two axes; expected one axis"),
    ("vampire", "triangular", "exchange", "a cell that is not rectangular along x, y and z; expected one that is"),
    ("mumax", "chain", "exchange", "code: 'mumax'; expected spirit or vampire or uppasd"),
]


@pytest.mark.parametrize(("code", "place", "families", "said"), REFUSED)
def test_what_a_file_cannot_hold_is_refused_by_name(code, place, families, said):
    with pytest.raises(pr.InputError) as error:
        pr.export(*law(place, families), code, "meV")
    assert said in str(error.value)


def test_chirality_powers_own_terms_and_fields_of_one_species_are_refused():
    chain = pr.Geometry.open_chain(4)
    own = pr.own_term("cube", lambda s: (s[..., 0, :] * s[..., 1, :]).sum(-1) ** 3, lambda g: g.pairs_of(1))
    for library, said in (
        (pr.library(chirality=True), "chirality"),
        (pr.library(power=True), "power 1"),
        (pr.library().with_terms(own), "cube"),
        (pr.library(biquadratic=False, field={"by_species": True}), "a field that is not the same on all sites"),
    ):
        terms = library.terms("AB", chain)
        kept = pr.Truth(terms, [0.0 if term.family == "biquadratic" else 1.0 + k for k, term in enumerate(terms.terms)], 1.0)
        for code in ("spirit", "vampire", "uppasd"):
            with pytest.raises(pr.InputError) as error:
                pr.export(kept, chain, "ABBA", code, "K")
            assert f"export to {code}: " in str(error.value)
            assert said in str(error.value)
    with pytest.raises(pr.InputError, match="energy_unit: 'kcal'; expected K or meV"):
        pr.export(kept, chain, "ABBA", "spirit", "kcal")


@pytest.mark.parametrize("name", ["Fe #1", "Fe!", "Fe 2", "'Fe'", "material2", "Fé", 30 * "F"])
@pytest.mark.parametrize("code", ["spirit", "vampire", "uppasd"])
def test_a_species_that_a_file_cannot_hold_is_renamed_and_listed(code, name):
    """The files are those of a species with a plain name; VAMPIRE's alone hold names."""
    chain = pr.Geometry.open_chain(3)
    made, plain = (
        pr.export(pr.Truth(pr.library(range=1, biquadratic=False).terms(sorted(names), chain), [1.0, 2.0, 3.0], 1.0), chain,
                  [names[0], names[1], names[0]], code, "K")
        for names in ((name, "zz"), ("Fe", "zz"))
    )  # fmt: skip
    if code == "vampire":
        assert f"the material of the species {name!r} is material1" in made.choices
        assert made.files["vampire.mat"] == plain.files["vampire.mat"].replace("= Fe\n", "= material1\n")
        assert made.files["vampire.UCF"] == plain.files["vampire.UCF"]
    else:
        assert made.files == plain.files
    if code == "uppasd":
        assert f"a type for each species: 1 is {name!r}, 2 is 'zz'" in made.choices


def test_a_second_export_leaves_no_file_of_the_first(tmp_path):
    """A law with an axis, then one without: UppASD's kfile is of the first; other files of the folder are kept."""
    (tmp_path / "mine").write_text("kept")
    for families in ("one axis", "exchange"):
        made = pr.export(*law("chain", families), "uppasd", "meV")
        made.write(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {*made.files, "mine"}
        assert ("kfile" in made.files) == (families == "one axis")


def test_units_are_those_of_the_program():
    """k_B × 1 K is 0.08617 meV and 0.006334 mRy; of UppASD's pair half of it is written."""
    chain = pr.Geometry.open_chain(2)
    one = pr.Truth(pr.library(range=1, biquadratic=False).terms("A", chain), [1.0], 1.0)
    row = pr.export(one, chain, "AA", "spirit", "K").files["input.cfg"].splitlines()[-1]
    assert float(row.split()[5]) == pytest.approx(0.0861733326)
    assert float(pr.export(one, chain, "AA", "uppasd", "K").files["jfile"].split()[5]) == pytest.approx(0.00633363 / 2, rel=1e-5)
    assert " 1.380649e-23\n" in pr.export(one, chain, "AA", "vampire", "K").files["vampire.UCF"]
    assert "= 0.08617333262 meV" in pr.export(one, chain, "AA", "spirit", "K").choices[0]
