"""The file for Spirit, by Spirit itself: energies of 100 configurations to 1e-6. Nothing here is random but the configurations."""

import numpy as np
import pytest

import paper_repro as pr
from tests.support.exported_laws import configurations, exact_energies, law

CASES = [
    ("chain", "exchange"), ("ring", "vectors"), ("bonds", "vectors"), ("square", "vectors"), ("small", "one axis"),
    ("small", "squares"), ("triangular", "one axis"), ("square", "squares"), ("chain", "four spins"), ("ring", "four spins"),
]  # fmt: skip


def energies(folder, text, spins):
    """Return the energies, in meV, that Spirit gives of a configuration file and configurations."""
    state = pytest.importorskip("spirit.state", reason="Spirit is not installed (group oracles)")
    from spirit import system  # noqa: PLC0415

    (folder / "input.cfg").write_text(text)
    found = []
    with state.State(str(folder / "input.cfg"), quiet=True) as handle:
        directions = system.get_spin_directions(handle)
        assert directions.shape == spins.shape[1:]
        for one in spins:
            directions[:] = one
            system.update_data(handle)
            found.append(system.get_energy(handle))
    return np.array(found)


def deviation(folder, text, truth, geometry, word):
    """Return the largest difference of the energies less their mean, and that mean, relative to their standard deviation."""
    spins = configurations(geometry.sites)
    exact, found = exact_energies(truth, geometry, word, spins), energies(folder, text, spins)
    apart = found - exact
    return np.abs(apart - apart.mean()).max() / exact.std(), abs(apart.mean()) / exact.std()


@pytest.mark.parametrize(("place", "families"), CASES)
def test_spirit_gives_the_energies_of_the_law(tmp_path, place, families):
    truth, geometry, word = law(place, families)
    made = pr.export(truth, geometry, word, "spirit", "meV")
    apart, mean = deviation(tmp_path, made.files["input.cfg"], truth, geometry, word)
    assert apart < 1e-6
    assert mean < 1e-6 or "is left out" in made.choices[-1]


def test_a_constant_that_is_left_out_is_the_one_that_is_said(tmp_path):
    truth, geometry, word = law("triangular", "one axis")
    made = pr.export(truth, geometry, word, "spirit", "meV")
    spins = configurations(geometry.sites, 3)
    apart = exact_energies(truth, geometry, word, spins) - energies(tmp_path, made.files["input.cfg"], spins)
    assert apart == pytest.approx(float(made.choices[-1].split(": ")[1].split(" meV")[0]), rel=1e-4)


def test_a_file_with_another_sign_is_seen(tmp_path):
    """The broken twin: Dzyaloshinskii-Moriya exchange from the other end."""
    truth, geometry, word = law("chain", "vectors")
    text = pr.export(truth, geometry, word, "spirit", "meV").files["input.cfg"]
    head = "i j da db dc Jij Dij Dijx Dijy Dijz\n"
    before, rows = text.split(head)
    first, rest = rows.split("\n", 1)
    i, j, *others = first.split()
    assert deviation(tmp_path, f"{before}{head}{' '.join([j, i, *others])}\n{rest}", truth, geometry, word)[0] > 1e-3
