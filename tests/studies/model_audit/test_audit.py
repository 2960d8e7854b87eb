"""The audit of models that others wrote: exact ones, ones that are wrong, and what is said of each.

Nothing here is random but the data: an exact force gives its couplings to rounding.
"""

import functools
import json

import numpy as np
import pytest
import torch

import paper_repro as pr
from paper_repro.cli.process import main
from paper_repro.physics.hamiltonian import coupling_matrix
from paper_repro.score.own_code import own_name

BETA = 20.0


@pytest.fixture(scope="module")
def truth(hamiltonian):
    return pr.Truth.of(hamiltonian, BETA)


@pytest.fixture(scope="module")
def data(paper):
    return list(pr.exact_data(paper.record, 6, 2, seed=4))


class Energy(torch.nn.Module):
    """The paper's law as an energy that torch differentiates: what a stranger's model often is."""

    def __init__(self, hamiltonian):
        super().__init__()
        self.hamiltonian = hamiltonian
        self.beta = torch.nn.Parameter(torch.tensor(BETA, dtype=torch.float64))

    def matrix(self, species):
        return torch.as_tensor(coupling_matrix(species[0].numpy(), self.hamiltonian))

    def forward(self, species, spins, time, mask):
        assert time.shape == spins.shape[:1]
        assert mask.all()
        spins = spins.requires_grad_()
        energy = 0.5 * self.beta * torch.einsum("nic,ij,njc->", spins, self.matrix(species), spins)
        (slope,) = torch.autograd.grad(energy, spins, create_graph=True)
        return slope - (slope * spins).sum(-1, keepdim=True) * spins

    def interaction(self, species, spins, time, mask):
        return (self.beta * self.matrix(species)).expand(len(spins), -1, -1)

    def divergence(self, species, spins, time):
        """Σ_i Δ_i φ of exchange: -2 S_i·h_i on each spin."""
        return -2.0 * self.beta * torch.einsum("nic,ij,njc->n", spins, self.matrix(species), spins)


def exact(truth):
    def force(species, spins):
        return truth.on(pr.Geometry.open_chain(len(species)), species).force(spins, BETA)

    return force


def test_a_torch_module_and_a_force_field_of_the_law_give_its_couplings(data, truth, hamiltonian):
    energy, field = pr.audit(Energy(hamiltonian), data, truth), pr.audit(exact(truth), data, truth)
    for found in (energy, field):
        assert found.fit.coefficients == pytest.approx(BETA * truth.couplings, rel=1e-10)
        assert found.comparison.force_error < 1e-7
    assert (energy.kind, energy.query_times, field.kind, field.query_times) == ("score", (1e-4,), "force", ())
    assert energy.interaction.within == pytest.approx(1.0)
    assert energy.interaction.error < 1e-12
    assert energy.divergence_error < 1e-12
    assert energy.left_out == ()
    assert field.left_out == ("W: a force field has none", "divergence and ln p: they need a score at all diffusion times")
    assert energy.notes == ("the answer requires_grad; its values alone are used",)
    assert field.notes == ()
    assert "Left out: W: a force field has none." in str(field)


def test_a_wrong_w_and_a_wrong_divergence_are_seen(data, truth, hamiltonian):
    class Wrong(Energy):
        def interaction(self, species, spins, time, mask):
            return 1.1 * super().interaction(species, spins, time, mask)

        def divergence(self, species, spins, time):
            return 0.9 * super().divergence(species, spins, time)

    found = pr.audit(Wrong(hamiltonian), data, truth)
    assert found.interaction.error == pytest.approx(0.1)
    assert found.divergence_error == pytest.approx(0.1)


def nan(found):
    return np.nan * found


#: What a method of a model may answer by mistake, and what is reported.
ANSWERS = {
    "nan": (("interaction",), nan, "'interaction' answered with numbers that are not finite; expected finite numbers (snapshot, s"),
    "no nan": (("divergence",), nan, "'divergence' answered with numbers that are not finite; expected finite numbers (snapshot,)"),
    "shape": (("interaction",), lambda found: found[0], "'interaction' answered with shape "),
    "sum": (("divergence",), lambda found: found.sum(), "'divergence' answered with shape (); expected (2,), (snapshot,)"),
    "float": (("divergence",), lambda found: 1.5, "'divergence' answered with shape (); expected (2,), (snapshot,)"),
    "none": (("divergence", "interaction"), lambda found: None, "answered with a NoneType of object; expected real numbers"),
    "error": (("divergence",), lambda found: found["a"], "test_audit.py: line "),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_a_method_that_answers_something_else_is_blamed(data, truth, hamiltonian, case):
    methods, wrong, said = ANSWERS[case]
    for method in methods:
        mistaken = type("Mistaken", (Energy,), {method: lambda self, *given, of=method: wrong(getattr(Energy, of)(self, *given))})
        with pytest.raises(pr.InputError) as error:
            pr.audit(mistaken(hamiltonian), data[:2], truth, name="mine")
        assert said in str(error.value)
        assert case == "error" or f"mine: '{method}' answered" in str(error.value)


def test_several_query_times_are_extrapolated_to_zero(data, truth, hamiltonian):
    class Smoothed(Energy):
        def forward(self, species, spins, time, mask):
            return (1 - 3 * time)[:, None, None] * super().forward(species, spins, time, mask)

    ratio = [pr.audit(Smoothed(hamiltonian), data, truth, query_times=t).comparison.scale / BETA for t in ((0.01,), (0.01, 0.02))]
    assert ratio == pytest.approx([0.97, 1.0])


def test_a_library_on_own_snapshots_without_a_truth(data, truth):
    found = pr.audit(exact(truth), data[0], pr.library(range=2, biquadratic=False), name="mine")
    assert found.comparison is None
    true = dict(zip(("exchange 1 AA", "exchange 1 AB", "exchange 1 BB"), BETA * truth.couplings[:3], strict=True))
    assert {name: found.as_results()["couplings"][name] for name in true} == pytest.approx(true)
    assert str(found).splitlines()[2] == "mine"


def test_a_model_gets_copies(data, truth):
    before = data[0].spins.copy()

    def spoiling(species, spins):
        force = exact(truth)(species, spins)
        spins[:], species[:] = 0, 1
        return force

    found = pr.audit(spoiling, data[:1], pr.library(range=1))
    assert (data[0].spins == before).all()
    assert found.fit.r2 > 0.5
    assert pr.audit(lambda: spoiling, data[:1], pr.library(range=1)).fit.r2 == found.fit.r2  # called for the model it returns


def dropped(species, spins, time, mask):
    return spins - torch.nn.functional.dropout(spins)


def radial(species, spins):
    return spins + np.array([0.0, 0.0, 1.0]) - spins[..., 2:] * spins


def without_grad(species, spins, time, mask):
    return torch.autograd.grad(spins.sum(), spins)[0]


def kept_graph(species, spins, time, mask):
    return torch.nn.Parameter(spins).numpy()


WRONG = {
    "nan": (lambda species, spins: spins * np.nan, "mine: the force field answered with numbers that are not finite"),
    "shape": (lambda species, spins: spins[0], "the force field answered with shape "),
    "huge": (lambda species, spins: 1e160 * (radial(0, spins) - spins), "e+160; expected 1e-100 to 1e+100, or 0"),
    "tiny": (lambda species, spins: 1e-200 * (radial(0, spins) - spins), "e-200; expected 1e-100 to 1e+100, or 0"),
    "masked": (lambda species, spins: np.ma.masked_less(radial(0, spins) - spins, 0.0), " masked numbers; expected none"),
    "none": (lambda species, spins: None, "mine: the model answered with a NoneType of object; expected real numbers"),
    "text": (lambda species, spins: [["a"], []], "the model answered with a list of object; expected real numbers"),
    "radial": (radial, "of its length along the spins; expected vectors tangent to the spheres"),
    "zero": (lambda species, spins: 0 * spins, "the force field is zero everywhere"),
    "random": (dropped, "changes with the others, or from call to call; expected one for each snapshot by itself"),
    "batch": (lambda species, spins: spins[::-1] - (spins[::-1] * spins).sum(-1, keepdims=True) * spins, "changes with the others"),
    "three": (
        lambda species, spins, time: spins,
        "mine: a function of 3 arguments; expected a function of (species, spins, time, m",
    ),
    "any": (lambda *arguments: arguments[1], "a function of any number of arguments"),
    "keyword": (lambda species, spins, *, beta: spins, "a function that needs beta by keyword"),
    "number": (3.0, "mine: a float; expected a function of (species, spins, time, mask) or (species, spins)"),
    "nothing": (lambda: None, "mine: a NoneType; expected"),
    "builtin": (dict, "expected a function of"),
    "error": (lambda species, spins: spins / int("x"), "test_audit.py: line "),
    "no graph": (without_grad, "does not require grad and does not have a grad_fn; expected spins.requires_grad_() before"),
    "graph": (kept_graph, "RuntimeError: Can't call numpy() on Tensor that requires grad"),
    "partial": (functools.partial(radial, [0]), "mine: a partial of 1 arguments"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_model_is_one_line(data, truth, case):
    model, said = WRONG[case]
    with pytest.raises(pr.InputError) as error:
        pr.audit(model, data[:2], truth, name="mine")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_no_data_and_times_that_are_none_are_one_line(data, truth):
    with pytest.raises(pr.InputError, match="data: no snapshots"):
        pr.audit(exact(truth), [], truth)
    for times in ((), (0.0,), (0.1, 0.1), (float("nan"),)):
        with pytest.raises(pr.InputError, match=r"query_times: .*; expected one or more different finite numbers > 0"):
            pr.audit(exact(truth), data, truth, query_times=times)
    with pytest.raises(pr.InputError, match="expected snapshots on which every term acts"):
        pr.audit(exact(truth), pr.Snapshots.of([[[0, 0, 1.0]] * 3]), pr.library(range=2))


FILE = """
import helper_of_the_audit
import numpy as np
print("loaded")
def ring(species, spins):
    print("computed")
    return helper_of_the_audit.tangent(spins, np.roll(spins, 1, axis=1))
def broken(species, spins):
    return ring(species, spins) + {}["key"]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "helper_of_the_audit.py").write_text(
        "def tangent(spins, field):\n    return field - (field * spins).sum(-1, keepdims=True) * spins\n"
    )
    (tmp_path / "model.py").write_text(FILE)
    (tmp_path / "syntax.py").write_text("def f(:\n")
    (tmp_path / "ends.py").write_text("import sys\n\nsys.exit(3)\n")
    return tmp_path


def test_the_command_runs_a_file_and_prints_beside_the_json(folder, capsys, data):
    command = ["audit", f"{folder}/model.py:ring"]
    assert main([*command, "--sequences", "3", "--snapshots", "2", "--json", "-"]) == 0
    printed = capsys.readouterr()
    numbers = json.loads(printed.out)
    assert numbers["left_out"][0] == "W: a force field has none"
    assert numbers["spec"] == "paper"
    assert "loaded\n" in printed.err
    assert "computed\n" in printed.err
    pr.write(folder / "mine.npz", data[:2])
    sizes = ["--range", "2", "--json", str(folder / "numbers.json")]
    assert main([*command, str(folder / "mine.npz"), *sizes]) == 0
    again = json.loads((folder / "numbers.json").read_text())
    assert "exchange 2 AB" in again["couplings"]
    assert "scale" not in again
    assert "Couplings of the model" in capsys.readouterr().out


def test_the_command_takes_weights_on_own_snapshots(folder, capsys, golden, data):
    pr.write(folder / "mine.npz", data[:2])
    weights = str(golden / "weights/smoke-seed-0.safetensors")
    assert main(["audit", weights, str(folder / "mine.npz"), "--query-times", "0.001", "--json", "-"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["query_times"] == [0.001]
    assert numbers["interaction"]["error"] < 1e-4
    assert numbers["left_out"] == ["divergence: the model has no method 'divergence'"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{}/model.py:broken", "--sequences", "2"], "model.py: line 9: KeyError: 'key'; expected code that runs"),
        (["{}/model.py:absent"], "model.py: no name 'absent'; expected one that it defines: "),
        (["{}/no.py:f"], "no.py: cannot be read (no such file); expected a file of Python"),
        (["{}/syntax.py:f"], "syntax.py: line 1: SyntaxError: "),
        (["{}/ends.py:f"], "ends.py: line 3: the program ends itself, SystemExit(3); expected code that returns"),
        (["{}/model.py:ring", "--range", "2"], "--range: given without DATA"),
        (["{}/model.py:ring", "{}/mine.npz", "--sequences", "2"], "--sequences: given with DATA"),
        (["{}/model.py:ring", "{}/mine.npz", "--seed", "5"], "--seed: given with DATA; expected DATA or simulated snapshots"),
        (["{}/model.py:ring", "--device", "cuda"], "--device: cuda with FILE.py"),
        (["{}/model.py:ring", "{}/mine.npz", "--range", "2", "--library", "default"], "--range: given with --library"),
        (["{}/model.py:ring", "--sequences", "2", "--query-times", "-1"], "--query-times: given with "),
    ],
)
def test_a_file_that_cannot_be_audited_is_one_line(folder, capsys, arguments, said):
    assert main(["audit", *(text.replace("{}", str(folder)) for text in arguments)]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1


def test_what_is_a_file_of_code_and_what_a_file_of_weights():
    assert [own_name(text) for text in ("a.safetensors", "a.py", "C:/b.py:f", "b.py:", "x.py:f.g")] == [
        None, None, (pr.specs_folder().__class__("C:/b.py"), "f"), None, None,
    ]  # fmt: skip
