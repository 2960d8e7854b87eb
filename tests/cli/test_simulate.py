"""``simulate``: from the law in a file to snapshots in a file, and one line for everything that is no law."""

import json

import numpy as np
import pytest

import paper_repro as pr
from paper_repro.cli import main
from paper_repro.files import sha256
from paper_repro.sampling import simulation
from tests.support.commands import refused

CHAIN = """temperature = 0.4
[system]
species = "ABBCA"
[exchange]
separations = [1]
by_species = true
[chirality]
[couplings]
"exchange 1 AA" = 0.3
"exchange 1 AB" = 1.0
"exchange 1 AC" = 0.8
"exchange 1 BB" = 0.5
"exchange 1 BC" = -0.6
"exchange 1 CC" = 0.0
chirality = 0.2
"""
RING = """temperature = 2.5
[system]
sites = 6
boundary = "periodic"
[exchange]
separations = [1]
[four_spin]
[couplings]
"exchange 1" = 1.0
four_spin = 0.5
"""
CHAINS = CHAIN.replace('species = "ABBCA"', 'sequences = ["ABBCA", "AACCB", "ABA"]')


@pytest.fixture
def law(tmp_path):
    def write(text):
        path = tmp_path / "law.toml"
        path.write_text(text)
        return path

    return write


def simulated(path, out, *arguments):
    assert main(["simulate", str(path), "--snapshots", "20", "--out", str(out), *arguments]) == 0
    return pr.read(out)


def test_a_chain_of_three_species_with_an_exact_solution(law, tmp_path, capsys):
    (data,) = simulated(law(CHAIN), tmp_path / "a.npz")
    said = capsys.readouterr().out
    assert "law at T = 0.4 (energy / k_B): 20 snapshots of 5 sites\n" in said
    assert "exact solution: the snapshots are independent" in said
    assert (data.spins.shape, data.temperature, data.species_names) == ((20, 5, 3), 0.4, ("A", "B", "C"))
    assert len(set(data.run.tolist())) == 20
    (same,) = pr.simulate(law(CHAIN), 20)
    assert same.spins.tobytes() == data.spins.tobytes()
    simulated(law(CHAIN), tmp_path / "b.npz", "--seed", "1", "--temperature", "0.7")
    assert sha256(tmp_path / "b.npz") != sha256(tmp_path / "a.npz")
    assert pr.read(tmp_path / "b.npz")[0].temperature == 0.7


def test_several_chains_and_those_of_a_spec(law, tmp_path, capsys):
    data = simulated(law(CHAINS), tmp_path / "a.npz")
    assert "60 snapshots, 20 of each of 3 chains (13 sites in all)" in " ".join(capsys.readouterr().out.split())
    assert [one.sites for one in data] == [5, 5, 3]
    smoke = simulated("smoke.toml", tmp_path / "b.npz", "--sequences", "3")
    assert len(smoke) == 3
    spec = pr.load_spec(pr.specs_folder() / "smoke.toml").record
    assert {one.temperature for one in smoke} == {spec.temperature}
    energies = pr.Truth.of(spec.hamiltonian, spec.beta).on(smoke[0].geometry, smoke[0].species).energy(smoke[0].spins)
    exact = pr.Truth.of(spec.hamiltonian, spec.beta).exact(smoke[0].geometry, smoke[0].species)
    assert abs(energies.mean() - exact.mean_energy) < 4.5 * exact.energy_deviation / np.sqrt(20)


def test_a_ring_is_sampled_by_markov_chains_and_says_so(law, tmp_path, capsys):
    out = tmp_path / "ring.npz"
    (data,) = simulated(law(RING), out, "--runs", "4", "--thinning", "6", "--json", "-")
    printed = capsys.readouterr()
    numbers = json.loads(printed.out)
    assert np.bincount(data.run).tolist() == [5, 5, 5, 5]
    assert data.geometry.boundary == "periodic"
    (system,) = numbers["systems"]
    assert (system["exact"], system["markov"]["thinning"], system["markov"]["runs"]) == (False, 6, 4)
    assert numbers["couplings"] == {"exchange 1": 1.0, "four_spin": 0.5}
    assert "heat bath and over-relaxation; ladder of 1" in printed.err
    assert "autocorrelation time" in printed.err


def test_the_system_of_a_file_of_snapshots(law, tmp_path):
    np.savez(tmp_path / "other.npz", spins=np.tile([0.0, 0.0, 1.0], (2, 4, 1)), species=list("BAAB"))
    text = CHAIN.replace('species = "ABBCA"', 'file = "other.npz"').replace('"exchange 1 AC" = 0.8\n', "")
    text = text.replace('"exchange 1 BC" = -0.6\n', "").replace('"exchange 1 CC" = 0.0\n', "")
    (data,) = simulated(law(text), tmp_path / "a.npz")
    assert [data.species_names[k] for k in data.species] == list("BAAB")


def test_what_speaks_against_the_snapshots_is_shown(law, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(simulation, "_RESOLVED", 0.5)
    monkeypatch.setattr(simulation, "_SPACINGS", (1,))
    simulated(law(RING), tmp_path / "a.npz")
    assert "snapshots are not independent" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (CHAIN, ["--snapshots", "0"], "--snapshots: 0; expected an integer ≥ 1"),
        (CHAIN, ["--runs", "0"], "--runs: 0; expected an integer ≥ 1"),
        (CHAIN, ["--thinning", "0"], "--thinning: 0; expected an integer ≥ 1"),
        (CHAIN, ["--seed", "-1"], "--seed: -1; expected an integer ≥ 0"),
        (CHAIN, ["--temperature", "0"], "--temperature: 0; expected a finite temperature > 0"),
        (CHAIN, ["--temperature", "1e-7"], "law law: temperature 1e-07; expected at least"),
        (CHAIN, ["--sequences", "2"], "--sequences: 2; expected 1 to 1"),
        (CHAIN.replace("chirality = 0.2\n", ""), [], "couplings: nothing for chirality; expected a coupling for each term"),
        (CHAIN.replace('"ABBCA"', "7"), [], "system.species: 7; expected a word of letters"),
        (CHAIN.replace('[system]\nspecies = "ABBCA"\n', ""), [], "system: missing; expected the species of the sites"),
        ("temperature = 1", [], "law.toml"),
    ],
)
def test_what_cannot_be_simulated_is_one_line(law, tmp_path, capsys, text, arguments, said):
    out = tmp_path / "out.npz"
    sizes = [] if "--snapshots" in arguments else ["--snapshots", "3"]
    assert main(["simulate", str(law(text)), "--out", str(out), *sizes, *arguments]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("paper-repro: ")
    assert complaint.count("\n") == 1
    assert said in complaint
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_said_before_the_work(law, tmp_path, capsys):
    assert main(["simulate", str(law(RING)), "--snapshots", "3", "--out", str(tmp_path)]) == 2
    assert "cannot be written (a folder)" in capsys.readouterr().err


def test_no_output_takes_the_place_of_the_input(tmp_path):
    law, data = tmp_path / "law.toml", tmp_path / "data.npz"
    law.write_text(CHAIN)
    said = "the output is the input; expected another file"
    assert refused("simulate", law, "--snapshots", 2, "--out", law) == f"{law}: {said}"
    assert refused("simulate", law, "--snapshots", 2, "--out", data, "--json", law) == f"{law}: {said}"
    data.write_bytes(b"measured for a year")
    (tmp_path / "link.npz").symlink_to(data)
    assert refused("infer", data, "--json", tmp_path / "link.npz") == f"{tmp_path / 'link.npz'}: {said}"
    assert law.read_text() == CHAIN
    assert data.read_bytes() == b"measured for a year"


def test_numbers_do_not_replace_the_snapshots(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "law.toml").write_text(CHAIN)
    found = refused("simulate", "law.toml", "--snapshots", "2", "--out", "s.npz", "--json", "./s.npz")
    assert found == "--json: s.npz, which is --out too; expected another file"
    assert not (tmp_path / "s.npz").exists()
