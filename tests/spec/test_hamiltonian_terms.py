"""Terms of other families than exchange in ``[hamiltonian]``: what is read, refused, written, and what it means."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from paper_repro.files import InputError
from paper_repro.physics.geometry import Geometry
from paper_repro.physics.terms import FAMILIES as PHYSICS
from paper_repro.physics.terms import PairTerm, RunTerm, SiteTerm, Terms
from paper_repro.physics.truth import Truth
from paper_repro.spec import Hamiltonian, HamiltonianTerm, Spec, canonical, constants_of, digest, load_spec, specs_folder, structure
from paper_repro.spec.families import FAMILIES, FamilyName
from paper_repro.spec.migration import spec_as_in_run_3
from tests.support.malformed import SMALL, assumed
from tests.support.tiny import write_spec

#: As it was before a term could be of another family.
DIGEST_OF_PAPER = "805713720c690bfb7bff6f1abd2eb465a9a35ff298138630976cb613211f92b0"
KIND = {"sites": SiteTerm, "pairs": PairTerm, "runs": RunTerm}


def test_the_families_of_a_spec_are_those_of_the_physics() -> None:
    assert set(FAMILIES) == set(get_args(FamilyName)) == set(PHYSICS)
    for name, family in FAMILIES.items():
        assert issubclass(PHYSICS[name], KIND[family.on])
        assert PHYSICS[name].components == family.components


def test_a_term_that_is_the_sum_of_others_is_refused() -> None:
    pairs = [HamiltonianTerm(f"J_{pair}", 1, pair, coupling=1.0) for pair in ("AA", "AB", "BB")]
    every = HamiltonianTerm("J", 1, "all", coupling=1.0)
    with pytest.raises(ValueError, match=r"^terms\.J is the sum of the terms J_AA, J_AB, J_BB; expected one of them less$"):
        Hamiltonian("AB", (*pairs, every))
    Hamiltonian("AB", (*pairs[1:], every))
    Hamiltonian("ABC", (*pairs, every))
    fields = [HamiltonianTerm(f"h_{on}", pair=on, coupling=1.0, family="field", component="z") for on in ("A", "all")]
    with pytest.raises(ValueError, match=r"^terms\.h_all is the sum of the terms h_A"):
        Hamiltonian("A", tuple(fields))


def term(**values: object) -> str:
    return (
        SMALL
        + "[hamiltonian.terms.X]\n"
        + "\n".join(assumed(key, f'"{value}"' if isinstance(value, str) else value) for key, value in values.items())
    )


GOOD: dict[str, dict[str, Any]] = {
    "biquadratic": {"family": "biquadratic", "separation": 1, "pair": "BA", "coupling": 0.3},
    "Dzyaloshinskii-Moriya": {"family": "dzyaloshinskii_moriya", "separation": 2, "pair": "all", "component": "z", "coupling": 0.2},
    "four spins": {"family": "four_spin", "coupling": -0.1},
    "anisotropy": {"family": "anisotropy", "pair": "B", "component": "3z2-r2", "coupling": 0.1},
    "field": {"family": "field", "pair": "all", "component": "x", "coupling": 0.1},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_term_of_any_family_is_read_written_and_read_again(name: str, tmp_path: Path) -> None:
    loaded = load_spec(write_spec(tmp_path, term(**GOOD[name])))
    spec = loaded.record
    made = spec.hamiltonian.terms[-1]
    assert {key: getattr(made, key) for key in GOOD[name]} == GOOD[name]
    assert canonical(spec)["hamiltonian"]["terms"][-1] == {"name": "X", **GOOD[name]}  # what is not stated is not written
    assert structure(canonical(spec), Spec, "here") == spec
    rows = {row.name for row in constants_of(loaded) if row.name.startswith("hamiltonian.terms.X.")}
    assert rows == {f"hamiltonian.terms.X.{key}" for key in GOOD[name]}
    assert spec_as_in_run_3(canonical(spec)) is None
    label = Terms.of(spec.hamiltonian).labels[-1]
    pair = GOOD[name].get("pair")
    assert (label.family, label.separation, label.component) == tuple(
        GOOD[name].get(k) for k in ("family", "separation", "component")
    )
    assert label.pair == (None if pair in (None, "all") else "".join(sorted(pair)))


def test_exchange_stated_is_exchange_unstated_and_keeps_the_digest(tmp_path: Path) -> None:
    plain = load_spec(write_spec(tmp_path, SMALL)).record
    stated = load_spec(write_spec(tmp_path, SMALL + "[hamiltonian.terms.J_AA]\n" + assumed("family", '"exchange"'))).record
    assert stated == plain
    assert digest(stated) == digest(plain)
    assert digest(load_spec(specs_folder() / "paper.toml").record) == DIGEST_OF_PAPER


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no such family": ({"family": "exchang", "separation": 1, "pair": "AA", "coupling": 1.0}, "X.family: 'exchang'"),
    "no separation": ({"family": "biquadratic", "pair": "AA", "coupling": 1.0}, "X.separation = None"),
    "no pair": ({"family": "biquadratic", "separation": 1, "coupling": 1.0}, "X.pair = None"),
    "three letters": ({"family": "biquadratic", "separation": 1, "pair": "ABA", "coupling": 1.0}, "X.pair = 'ABA'"),
    "two species at a site": ({"family": "field", "pair": "AB", "component": "x", "coupling": 1.0}, "X.pair = 'AB'"),
    "a separation of a site": (
        {"family": "field", "separation": 1, "pair": "A", "component": "x", "coupling": 1.0},
        "X.separation = 1",
    ),
    "species of a run": ({"family": "four_spin", "pair": "AB", "coupling": 1.0}, "X.pair = 'AB'"),
    "no component": ({"family": "dzyaloshinskii_moriya", "separation": 1, "pair": "AA", "coupling": 1.0}, "X.component = None"),
    "component of none": ({"separation": 3, "pair": "AA", "component": "x", "coupling": 1.0}, "X.component = 'x'"),
    "a tensor's of a vector": ({"family": "field", "pair": "A", "component": "xy", "coupling": 1.0}, "X.component = 'xy'"),
    "one function twice": ({"separation": 1, "pair": "BA", "coupling": 1.0}, "X repeats the bond of terms.J_AB"),
    "no coupling": ({"family": "four_spin"}, "X.coupling: missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_term_that_says_something_else_than_its_family_is_one_line(name: str, tmp_path: Path) -> None:
    values, where = BAD[name]
    path = write_spec(tmp_path, term(**values))
    with pytest.raises(InputError) as refused:
        load_spec(path)
    assert str(refused.value).startswith(f"{path}: hamiltonian.terms.{where}")
    assert "; expected " in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_energy_of_every_family_is_the_sum_that_its_name_says() -> None:
    terms = (
        HamiltonianTerm("b", 1, "AB", coupling=0.5, family="biquadratic"),
        HamiltonianTerm("d", 2, "all", coupling=0.3, family="dzyaloshinskii_moriya", component="y"),
        HamiltonianTerm("c", coupling=-0.2, family="chirality"),
        HamiltonianTerm("f", pair="B", coupling=0.7, family="field", component="z"),
    )
    species, s = "ABBAB", np.random.default_rng(3).standard_normal((1, 5, 3))
    s /= np.linalg.norm(s, axis=-1, keepdims=True)
    spins = s[0]
    expected = -sum(0.5 * (spins[i] @ spins[i + 1]) ** 2 for i in range(4) if species[i] != species[i + 1])
    expected -= sum(0.3 * np.cross(spins[i], spins[i + 2])[1] for i in range(3))
    expected -= sum(-0.2 * spins[i] @ np.cross(spins[i + 1], spins[i + 2]) for i in range(3))
    expected -= sum(0.7 * spins[i][2] for i in range(5) if species[i] == "B")
    law = Truth.of(Hamiltonian("AB", terms), 2.0).on(Geometry.open_chain(5), species)
    assert law.energy(s)[0] == pytest.approx(expected, abs=1e-12)
