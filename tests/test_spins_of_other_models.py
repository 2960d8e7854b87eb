"""Every public function and command that takes snapshots, given XY and Ising spins: no wrong couplings in silence.

The public functions are those of the package, so that a new one with snapshots among its arguments has to be entered here.
Nothing is random but the spins, which have fixed seeds.
"""

import inspect
import typing

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.sampling.spin_space import SpinSpace
from tests.support.commands import command, refused

CHAIN = pr.Geometry.open_chain(6)
TERMS = pr.library(range=1, biquadratic=False).terms("A", CHAIN)
LAW = pr.Truth(TERMS, [1.0], 2.0)
SPHERE = LAW.exact(CHAIN, 6 * "A").sample(40, np.random.default_rng(0))


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def turned(spins):
    """Each snapshot by a rotation of its own."""
    rotations, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((len(spins), 3, 3)))
    return spins @ rotations


XY = unit(SPHERE * [1.0, 1.0, 0.0])
ISING = np.sign(SPHERE[..., :1]) * [0.0, 0.6, 0.8]
KINDS = {
    "XY": (XY, "in the plane across (0, 0, 1), as of XY models"),
    "Ising": (ISING, "along (0, 0.6, 0.8), as of Ising models"),
    "XY, each snapshot turned": (turned(XY), "of each snapshot in a plane, as of XY models"),
}


def force(species, spins):
    return LAW.on(CHAIN, species).force(spins, LAW.beta)


#: The functions that estimate couplings of a law p on the sphere.
ESTIMATORS = {
    "infer": lambda data: pr.infer(data, TERMS, confirm=False),
    "maximum_likelihood": lambda data: pr.maximum_likelihood(data, TERMS),
    "pseudolikelihood": lambda data: pr.pseudolikelihood(data, TERMS),
    "score_matching": lambda data: pr.score_matching(data, TERMS),
}
#: Those that keep snapshots, or fit a force, which is right at any spins.
OTHERS = {"audit", "normal_equations", "write"}


def records(spins):
    return [pr.Snapshots.of(spins, 6 * "A", run=range(len(spins)))]


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_estimator_refuses_them_in_one_line(name, kind):
    spins, line = KINDS[kind]
    with pytest.raises(pr.InputError) as error:
        ESTIMATORS[name](records(spins))
    assert str(error.value) == f"snapshots: spins {line}; expected spins over the whole sphere, as classical Heisenberg spins are"
    ESTIMATORS[name](records(SPHERE))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_records_that_are_too_small_to_tell_are_refused_together(name):
    parts = [pr.Snapshots.of(XY[k : k + 1], 6 * "A") for k in range(8)]
    with pytest.raises(pr.InputError, match="as of XY models"):
        ESTIMATORS[name](parts)


def test_no_public_function_with_snapshots_is_left_out():
    found = set()
    for name in pr.__all__:
        of = getattr(pr, name)
        hints = typing.get_type_hints(inspect.unwrap(of)) if inspect.isfunction(of) else {}
        found |= {name for argument, hint in hints.items() if argument != "return" and "Snapshots" in str(hint)}
    assert found == ESTIMATORS.keys() | OTHERS


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "Ising"])
def test_the_audit_of_a_force_is_right_and_says_where(kind):
    """The gradients at these spins are of the same law; at Ising spins there is no tangent force at all."""
    spins, line = KINDS[kind]
    found = pr.audit(force, records(spins), LAW)
    assert found.fit.coefficients == pytest.approx([2.0])
    assert found.notes == (f"the data are spins {line}: the force is fitted there alone",)
    assert "as of XY models" in str(found)
    assert pr.audit(force, records(SPHERE), LAW).notes == ()


def test_the_audit_of_ising_spins_is_one_line():
    with pytest.raises(pr.InputError, match=r"snapshots: .*; expected "):
        pr.audit(force, records(ISING), LAW)


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands(kind, tmp_path):
    spins, line = KINDS[kind]
    pr.write(tmp_path / "data.npz", records(spins))
    assert line in refused("infer", tmp_path / "data.npz")
    (tmp_path / "mine.py").write_text("import numpy as np\ndef force(s, x):\n    return np.cross(x, [0.0, 0.0, 1.0])\n")
    if kind != "Ising":
        status, out, _ = command("audit", f"{tmp_path}/mine.py:force", tmp_path / "data.npz", "--range", "1")
        assert status == 0
        assert "as of XY models" in out


@pytest.mark.parametrize("sites", [1, 2, 3])
def test_few_sites_are_no_plane(sites):
    """One or two spins are always in a plane, three are not; and nine spins show nothing."""
    spins = unit(np.random.default_rng(2).standard_normal((30, sites, 3)))
    assert SpinSpace.of(spins).other_model is None
    assert SpinSpace.of(XY[:1]).other_model is None
