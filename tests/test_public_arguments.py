"""Every parameter of every public function, with values of the wrong kind or size: one line that names the argument.

Nothing is random. Each call is the right one but for a single argument; whatever is neither refused in one line nor a
permitted value fails, so that a new parameter is tested without being listed.
"""

import functools
import inspect
from pathlib import Path

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.numerics import arguments

CHAIN = pr.Geometry.open_chain(5)
TERMS = pr.library(range=1, biquadratic=False).terms("A", CHAIN)
LAW = pr.Truth(TERMS, [1.0], 2.0)
DATA = [pr.Snapshots.of(LAW.exact(CHAIN, 5 * "A").sample(20, np.random.default_rng(0)), 5 * "A", run=range(20))]
SPEC = pr.load_spec(pr.specs_folder() / "smoke.toml").record
WEIGHTS = Path(__file__).parents[1] / "golden/weights/smoke-seed-0.safetensors"
FILE = 'temperature = 0.5\n[system]\nspecies = "AAA"\n[exchange]\nseparations = [1]\n[couplings]\n"exchange 1" = 1.0\n'


def force(species, spins):
    return LAW.on(CHAIN, species).force(spins, LAW.beta)


EQUATIONS, NETWORK = pr.normal_equations(force, DATA, TERMS), pr.load_weights(WEIGHTS)


@functools.wraps(pr.exact_data)
def all_of_exact_data(**given):
    return list(pr.exact_data(**given))


#: A right call of each public name that takes arguments, in a folder that has the two files.
RIGHT = {
    "Biquadratic": (pr.Biquadratic, {"name": "B", "bond_class": 1}),
    "Exchange": (pr.Exchange, {"name": "J", "bond_class": 1}),
    "Field": (pr.Field, {"name": "h", "component": 2}),
    "Terms": (pr.Terms, {"terms": [pr.Exchange("J", 1)], "species_names": "A"}),
    "Truth": (pr.Truth, {"terms": TERMS, "couplings": [1.0], "beta": 2.0}),
    "Truth.on": (LAW.on, {"geometry": CHAIN, "species": 5 * "A"}),
    "Truth.exact": (LAW.exact, {"geometry": CHAIN, "species": 5 * "A"}),
    "Truth.of": (pr.Truth.of, {"hamiltonian": SPEC.hamiltonian, "beta": 2.0}),
    "Terms.of": (pr.Terms.of, {"hamiltonian": SPEC.hamiltonian}),
    "Terms.on": (TERMS.on, {"geometry": CHAIN, "species": 5 * "A"}),
    "Terms.with_terms": (TERMS.with_terms, {"more": [pr.Exchange("K", 2)]}),
    "Library.terms": (pr.library().terms, {"species_names": "A", "geometry": CHAIN}),
    "HamiltonianTerm": (pr.HamiltonianTerm, {"name": "J", "separation": 1, "pair": "AA", "coupling": 1.0}),
    "Hamiltonian": (pr.Hamiltonian, {"species": SPEC.hamiltonian.species, "terms": SPEC.hamiltonian.terms}),
    "Geometry.open_chain": (pr.Geometry.open_chain, {"sites": 5}),
    "Geometry.periodic_chain": (pr.Geometry.periodic_chain, {"sites": 5}),
    "Geometry.from_bonds": (pr.Geometry.from_bonds, {"sites": 2, "bonds": [[0, 1, 1]]}),
    "Geometry.from_positions": (pr.Geometry.from_positions, {"positions": [[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]}),
    "Snapshots.of": (pr.Snapshots.of, {"spins": DATA[0].spins, "species": 5 * "A"}),
    "ExactChain": (pr.ExactChain, {"matrix": np.diag([1.0, 1.0], 1) + np.diag([1.0, 1.0], -1), "beta": 1.0}),
    "SpinHamiltonian.energy": (LAW.on(CHAIN, 5 * "A").energy, {"spins": DATA[0].spins}),
    "SpinHamiltonian.force": (LAW.on(CHAIN, 5 * "A").force, {"spins": DATA[0].spins, "beta": 1.0}),
    "NetworkForce": (pr.NetworkForce, {"model": NETWORK[0], "times": (0.1,)}),
    "NetworkScore": (pr.NetworkScore, {"model": NETWORK[0], "species": np.zeros(5, int)}),
    "audit": (pr.audit, {"model": force, "data": DATA, "library": LAW}),
    "audit_weights": (pr.audit_weights, {"weights": WEIGHTS, "spec": SPEC, "sequences": 6, "snapshots": 2, "seed": 0}),
    "candidates": (pr.candidates, {"geometries": [CHAIN]}),
    "compare": (pr.compare, {"fit": pr.least_squares(EQUATIONS), "truth": LAW}),
    "conventions": (pr.conventions, {"terms": TERMS}),
    "exact_data": (all_of_exact_data, {"spec": SPEC, "sequences": 2, "snapshots": 2, "seed": 0}),
    "export": (pr.export, {"law": LAW, "geometry": CHAIN, "species": 5 * "A", "code": "spirit", "energy_unit": "K"}),
    "force_of": (pr.force_of, {"model": NETWORK[0], "info": NETWORK[1], "query_times": (0.1,)}),
    "infer": (functools.partial(pr.infer, confirm=False), {"data": DATA, "library": pr.library(range=1, biquadratic=False)}),
    "least_squares": (pr.least_squares, {"equations": EQUATIONS}),
    "library": (pr.library, {}),
    "load_law": (pr.load_law, {"path": "law.toml"}),
    "load_published": (pr.load_published, {"path": pr.specs_folder() / "published.toml"}),
    "load_spec": (pr.load_spec, {"path": pr.specs_folder() / "smoke.toml"}),
    "load_weights": (pr.load_weights, {"path": WEIGHTS}),
    "maximum_likelihood": (pr.maximum_likelihood, {"data": DATA, "terms": TERMS}),
    "normal_equations": (pr.normal_equations, {"field": force, "data": DATA, "terms": TERMS}),
    "own_term": (pr.own_term, {"name": "mine", "function": lambda spins: spins[..., 0, 2], "clusters": [[0], [1]]}),
    "pseudolikelihood": (pr.pseudolikelihood, {"data": DATA, "terms": TERMS}),
    "read": (pr.read, {"paths": "data.npz"}),
    "score_matching": (pr.score_matching, {"data": DATA, "terms": TERMS}),
    "simulate": (pr.simulate, {"law": "law.toml", "snapshots": 2}),
    "write": (pr.write, {"path": "written.npz", "data": DATA}),
}

#: Values of the wrong kind or size for most parameters; none of them makes a permitted call long.
WRONG = (None, "a", 1.5, -1, 0, True, float("nan"), [], [None], ["a"], {}, object(), int, np.zeros((2, 2)), DATA[0], SPEC)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "law.toml").write_text(FILE)
    pr.write("data.npz", DATA)


def not_refused(call, given, parameter, hint):
    """What is wrong with the answers to wrong values of one parameter: none, or one that names neither it nor what is expected."""
    found = []
    for value in WRONG:
        try:
            call(**{**given, parameter: value})
        except (pr.InputError, ValueError) as error:
            if "\n" in str(error) or "; expected " not in str(error):
                found.append(f"{parameter} = {arguments.shown(value)}: {error}")
        except Exception as error:
            if callable(value) and arguments._fits(value, hint):
                continue  # the error of a function of the user's own
            found.append(f"{parameter} = {arguments.shown(value)}: {type(error).__name__}: {error}")
        else:
            if not arguments._fits(value, hint):
                found.append(f"{parameter} = {arguments.shown(value)} is taken")
    return found


#: Of these, right values of another kind take seconds: their own tests have them.
LONG = {("infer", "confirm"), ("infer", "network"), ("infer", "threads"), ("audit_weights", "progress")}


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_wrong_arguments_of_every_public_name_are_one_line(name):
    call, given = RIGHT[name]
    call(**given)
    of = getattr(call, "func", call)
    hints = arguments._hints(of.__init__ if inspect.isclass(of) else getattr(of, "__func__", of))
    found = [line for key, hint in hints.items() if (name, key) not in LONG for line in not_refused(call, given, key, hint)]
    assert not found, "\n".join(found)


def test_no_public_function_is_left_out():
    assert {name for name in pr.__all__ if inspect.isfunction(getattr(pr, name))} - {"specs_folder"} <= set(RIGHT)


def test_a_function_without_checks_is_seen():
    plain = inspect.unwrap(pr.score_matching)
    found = not_refused(plain, RIGHT["score_matching"][1], "threads", arguments.Count)
    assert "threads = 'a': TypeError: '<=' not supported between instances of 'str' and 'int'" in found or found


LINES = {
    "a path for a library": (
        lambda: pr.infer(DATA, "library.toml"),
        "library: 'library.toml'; expected a Library, from paper_repro.library",
    ),
    "a path for data": (
        lambda: pr.infer("data.npz"),
        "data: 'data.npz'; expected Snapshots, from paper_repro.read or Snapshots.of",
    ),
    "an array among the records": (
        lambda: pr.audit(force, [DATA[0], DATA[0].spins], LAW),
        "data[1]: ndarray of shape (20, 5, 3); expected Snapshots, from paper_repro.read or Snapshots.of",
    ),
    "one time": (lambda: pr.audit(force, DATA, LAW, query_times=0.1), "query_times: 0.1; expected a list of numbers"),
    "one resample": (lambda: pr.audit(force, DATA, LAW, resamples=1), "resamples: 1; expected an integer ≥ 2"),
    "a negative seed": (lambda: pr.audit(force, DATA, LAW, seed=-1), "seed: -1; expected an integer ≥ 0"),
    "no threads": (lambda: pr.score_matching(DATA, TERMS, threads=0), "threads: 0; expected an integer ≥ 1"),
    "a file of a spec": (
        lambda: pr.exact_data(pr.load_spec(pr.specs_folder() / "smoke.toml"), 1, 1, 0),
        "spec: a Loaded; expected a Spec, such as load_spec(path).record",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_the_line_names_the_argument_the_value_and_what_was_expected(case):
    call, line = LINES[case]
    with pytest.raises(pr.InputError) as error:
        call()
    assert str(error.value).startswith(line)
