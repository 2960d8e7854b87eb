"""An option without effect in a mode of a command is refused, whatever its value, its default among them.

The options are those of the signatures, so that a new one is walked without being listed.
"""

import inspect

import attrs
import numpy as np
import pytest

import paper_repro as pr
from paper_repro.cli import audit, infer, simulate
from paper_repro.cli.audit_model import OwnDataOptions
from paper_repro.cli.infer_options import ExportOptions, FileOptions, SimulationOptions
from tests.support.commands import refused

#: A value of each option, its default where it has one.
VALUES = {
    "--level": "0.01", "--temperature": "1", "--range": "4", "--species": "AB", "--periodic": "none", "--library": "default",
    "--network": "witness.toml", "--sequences": "2", "--snapshots": "2", "--seed": "0", "--weights": "w.safetensors",
    "--spec": "paper.toml", "--export": "spirit", "--energy-unit": "K", "--runs": "8", "--thinning": "10",
}  # fmt: skip
LAW = 'temperature = 0.5\n[system]\nspecies = "AAA"\n[exchange]\nseparations = [1]\n[couplings]\n"exchange 1" = 1.0\n'


def options_of(*groups):
    names = [f"--{field.name.strip('_').replace('_', '-')}" for group in groups for field in attrs.fields(group)]
    assert len(names) == len(set(names))
    return names


def words(option):
    return [option, VALUES[option]] if option in VALUES else [option]


@pytest.mark.parametrize("option", options_of(FileOptions, ExportOptions))
def test_infer_of_simulated_snapshots_has_no_option_of_files(option):
    assert refused("infer", "--simulated", "paper.toml", *words(option)).startswith(f"--simulated: paper.toml with {option}")


@pytest.mark.parametrize("option", options_of(SimulationOptions))
def test_infer_of_files_has_no_option_of_simulated_snapshots(option):
    assert refused("infer", "data.npz", *words(option)).startswith(f"{option}: given with DATA")


@pytest.mark.parametrize("option", options_of(OwnDataOptions))
def test_audit_on_simulated_snapshots_has_no_option_of_files(option):
    assert refused("audit", "w.safetensors", *words(option)).startswith(f"{option}: given without DATA")


@pytest.mark.parametrize("option", ["--sequences", "--snapshots", "--seed", "--spec"])
def test_audit_on_files_has_no_option_of_simulated_snapshots(option):
    assert refused("audit", "w.safetensors", "data.npz", *words(option)).startswith(f"{option}: given with DATA")


def test_audit_of_a_force_field_has_no_query_times(tmp_path):
    (tmp_path / "mine.py").write_text("def force(species, spins):\n    return 0 * spins\n")
    pr.write(tmp_path / "data.npz", pr.Snapshots.of(np.full((2, 3, 3), [0.0, 0.0, 1.0])))
    found = refused("audit", f"{tmp_path}/mine.py:force", tmp_path / "data.npz", "--query-times", "0.1")
    assert found.startswith("--query-times: given with ")
    assert "a force field, which knows no diffusion time" in found


@pytest.mark.parametrize("option", ["--runs", "--thinning"])
def test_simulate_of_an_exact_law_has_no_option_of_markov_chains(option, tmp_path):
    (tmp_path / "law.toml").write_text(LAW)
    found = refused("simulate", tmp_path / "law.toml", "--snapshots", "2", "--out", tmp_path / "s.npz", *words(option))
    assert found.startswith(f"{option}: given for law, which has an exact solution")


def test_every_option_of_the_commands_is_in_a_test_above_or_acts_in_each_mode():
    """A new option of these commands has to be entered here, or walked above."""
    in_each_mode = {
        infer.infer: {"data", "files", "simulated", "simulation", "export", "out", "json"},
        audit.audit: {"model", "data", "own", "sequences", "snapshots", "seed", "spec", "query_times", "device", "json"},
        simulate.simulate: {"law", "snapshots", "out", "seed", "temperature", "sequences", "runs", "thinning", "json"},
    }
    for command, names in in_each_mode.items():
        assert set(inspect.signature(command).parameters) == names
