"""An argument of a public function that has no effect in a mode is refused in one line, as an option of a command is.

The optional arguments are those of the signatures: a new one has to be entered, in a mode or as one that acts always.
"""

import inspect

import numpy as np
import pytest
import torch

import paper_repro as pr

CHAIN = pr.Geometry.open_chain(5)
TERMS = pr.library(range=1, biquadratic=False).terms("A", CHAIN)
LAW = pr.Truth(TERMS, [1.0], 2.0)
DATA = [pr.Snapshots.of(LAW.exact(CHAIN, 5 * "A").sample(20, np.random.default_rng(0)), 5 * "A", run=range(20))]
FILE = 'temperature = 0.5\n[system]\nspecies = "AAA"\n{ends}[exchange]\nseparations = [1]\n[couplings]\n"exchange 1" = 1.0\n'


def force(species, spins):
    return LAW.on(CHAIN, species).force(spins, LAW.beta)


def score(species, spins, time, mask):
    return torch.tensor(np.stack([force(one, x[None])[0] for one, x in zip(species.numpy(), spins.numpy(), strict=True)]))


def infer(**given):
    return pr.infer(DATA, TERMS, confirm=False, **given)


#: Modes of the functions that have some: the call, a value of each argument that is refused there, and of those that act.
MODES = {
    "audit of a force field": (lambda **given: pr.audit(force, DATA, LAW, **given), {"query_times": (1e-4,)}, {}),
    "audit of a score": (lambda **given: pr.audit(score, DATA, LAW, **given), {}, {"query_times": (1e-4,)}),
    "infer without a network": (infer, {"folder": "."}, {}),
    "simulate a law with an exact solution": (
        lambda **given: pr.simulate("open.toml", 4, **given), {"runs": 8, "thinning": 3}, {"seed": 1},
    ),
    "simulate a ring": (lambda **given: pr.simulate("ring.toml", 4, **given), {}, {"runs": 8, "thinning": 3}),
    "a library in a file": (lambda **given: pr.library("default", **given), {"range": 0, "biquadratic": False}, {}),
    "exchange beside the range": (lambda **given: pr.library(exchange=[1], **given), {"range": 4}, {"biquadratic": False}),
    "species of files that have some": (lambda **given: pr.read("data.npz", **given), {"species": "AAAAA"}, {"temperature": 1.0}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "open.toml").write_text(FILE.format(ends=""))
    (tmp_path / "ring.toml").write_text(FILE.format(ends='boundary = "periodic"\n'))
    pr.write("data.npz", DATA)


@pytest.mark.parametrize("mode", MODES)
def test_what_has_no_effect_in_a_mode_is_refused(mode):
    call, refused, acting = MODES[mode]
    call(**acting)
    for name, value in refused.items():
        with pytest.raises(pr.InputError) as error:
            call(**{name: value})
        assert name in str(error.value)
        assert "; expected " in str(error.value)
        assert "\n" not in str(error.value)


#: Optional arguments that act whatever the others are: on the result, on the errors, on what is shown, or on the time alone.
#: ``query_times`` of ``force_of`` is documented to be that of files which state none.
ALWAYS = {
    "audit": {"library", "resamples", "seed", "name", "progress"},
    "audit_weights": {"progress", "device"},
    "infer": {"library", "level", "temperature", "confirm", "network", "threads", "reporter"},
    "least_squares": {"resamples", "seed", "r2_about"},
    "maximum_likelihood": {"threads"},
    "normal_equations": {"progress", "threads"},
    "own_term": {"rotation_invariant", "inversion"},
    "pseudolikelihood": {"threads"},
    "read": {"temperature", "moments", "periodic", "one_run"},
    "score_matching": {"threads"},
    "simulate": {"temperature", "sequences", "seed", "threads"},
    "library": {"path"},
}
#: Those that do not in a mode, which is above.
IN_A_MODE = {
    "audit": {"query_times"}, "infer": {"folder"}, "simulate": {"runs", "thinning"}, "library": {"range"}, "read": {"species"},
}  # fmt: skip


def test_every_optional_argument_is_above():
    found = {}
    for name in pr.__all__:
        of = getattr(pr, name)
        parameters = inspect.signature(of).parameters.values() if inspect.isfunction(of) else ()
        optional = {each.name for each in parameters if each.default is not each.empty}
        found |= {name: optional} if optional else {}
    assert found == {name: ALWAYS[name] | IN_A_MODE.get(name, set()) for name in ALWAYS}
    walked = {argument for _, refused, _ in MODES.values() for argument in refused}
    assert set().union(*IN_A_MODE.values()) <= walked
