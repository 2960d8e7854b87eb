"""The command line as a person meets it: figures on request, one line for every mistake, never a traceback."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time

import attrs
import pytest

from paper_repro.cli import main
from paper_repro.files import sha256, write_bytes
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.hamiltonian import coupling_matrix, couplings_of
from paper_repro.physics.species import as_species
from paper_repro.pipeline.directory import open_directory
from paper_repro.pipeline.manifest import StageRecord, write_manifest
from paper_repro.pipeline.stage import Identity
from paper_repro.report.numbers import number
from paper_repro.spec import canonical, constants_of, digest, load_spec, specs_folder
from tests.support.commands import on_a_terminal


def complaint(capsys, *arguments: str) -> str:
    """Run a command that must fail; return its one line."""
    status = main(list(arguments))
    captured = capsys.readouterr()
    assert status == 2
    assert captured.err.startswith("paper-repro: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


def test_logz_prints_the_exact_solution(capsys, hamiltonian):
    assert main(["logz", "ABBAAB", "--temperature", "0.05", "--json", "-"]) == 0
    printed = json.loads(capsys.readouterr().out)
    law = ExactChain(coupling_matrix(as_species("ABBAAB", "AB"), hamiltonian), 20.0)
    assert printed["ln_z"] == law.ln_z
    assert printed["ln_z_per_spin"] == law.ln_z / 6
    assert printed["mean_energy"] == law.mean_energy
    assert (printed["beta"], printed["units"]["mean_energy"]) == (20.0, "energy")
    assert main(["logz", "AB", "--temperature", "1e9"]) == 0  # (4π)^N at β = 0, in the measure that is stated
    free = capsys.readouterr().out
    assert f"per spin {math.log(4 * math.pi):.8g}" in re.sub(" +", " ", free)
    assert "(4π)^N at β = 0" in free


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["logz", "ABXA", "--temperature", "1"], "'X' at site 3"),
        (["logz", "", "--temperature", "1"], "no species"),
        (["logz", "AB", "--temperature", "0"], "> 0"),
        (["logz", "AB", "--temperature", "-1"], "> 0"),
        (["logz", "AB", "--temperature", "nan"], "> 0"),
        (["logz", "AB", "--temperature", "1e-320"], "> 0"),
        (["logz", "AAAAAAA", "--temperature", "1e-6"], "--temperature 1e-06 of spec paper: temperature 1e-06; expected at least"),
        (["logz", "AB", "--temperature", "warm"], "warm"),
        (["logz", "AB"], "--temperature"),
        (["audit", "no/such/file"], "no/such/file"),
        (["status", "no/such/run"], "no/such/run"),
        (["verify", "no/such/run"], "no/such/run"),
        (["report", "no/such/run"], "no/such/run"),
        (["constants", "no/such.toml"], "no/such.toml"),
        (["reproduce", "no/such.toml", "--out", "x"], "no/such.toml"),
        (["reproduce"], "--out"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_mistakes_are_one_line(capsys, arguments, said):
    assert said in complaint(capsys, *arguments)


@pytest.mark.faults("damaged")
def test_weights_that_cannot_be_used_are_one_line(capsys, tmp_path, golden):
    whole = (golden / "weights" / "smoke-seed-0.safetensors").read_bytes()
    path = tmp_path / "cut.safetensors"
    path.write_bytes(whole[:5000])
    assert "cut.safetensors" in complaint(capsys, "audit", str(path))
    path.write_bytes(whole)
    assert "--sequences" in complaint(capsys, "audit", str(path), "--sequences", "0")
    assert "--seed" in complaint(capsys, "audit", str(path), "--sequences", "2", "--seed", "-1")


@pytest.mark.faults("unwritable")
def test_an_unwritable_place_is_one_line_and_nothing_is_lost(capsys, tmp_path, golden):
    (tmp_path / "file").write_text("kept")
    weights = str(golden / "weights" / "smoke-seed-0.safetensors")
    assert "file" in complaint(capsys, "reproduce", str(specs_folder() / "smoke.toml"), "--out", str(tmp_path / "file"))
    audit = ["audit", weights, "--sequences", "8", "--snapshots", "2", "--json", str(tmp_path / "file" / "figures.json")]
    assert "cannot be written" in complaint(capsys, *audit)
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.faults("signal")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_in_one_line_and_its_status(number, status, tmp_path):
    command = [
        sys.executable,
        "-m",
        "paper_repro",
        "reproduce",
        str(specs_folder() / "smoke.toml"),
        "--out",
        str(tmp_path / "run"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        while not list(tmp_path.glob("run/ensemble/*.npz")):
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == status
    assert "the same command continues" in errors
    assert "Traceback" not in errors


_KERNEL = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from paper_repro import cli
from paper_repro.cli.app import app

def long():
    with ThreadPoolExecutor() as executor:  # as a kernel in a thread: its end is waited for
        print("started", flush=True)
        list(executor.map(time.sleep, [60]))

app.command(long)
sys.argv[1:] = ["long"]
cli.program()
"""


@pytest.mark.faults("signal")
@pytest.mark.parametrize("wait", [0, 0.5])  # while the thread starts, and in the kernel
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_kernel_that_cannot_be_interrupted_does_not_hold_up_a_signal(number, status, wait):
    """Without the watch the process ends with its kernel, a minute later."""
    command = [sys.executable, "-c", _KERNEL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout.readline() == "started\n"
        time.sleep(wait)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    assert errors.endswith("ed; the same command starts from the beginning\n")
    assert errors.count("\n") == 1


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize("closed", ["pipe", "descriptor"])
def test_output_that_nobody_reads_does_not_end_the_work(tmp_path, golden, closed):
    figures = tmp_path / "with spaces" / "figures.json"
    weights = str(golden / "weights/smoke-seed-0.safetensors")
    command = [
        sys.executable,
        "-m",
        "paper_repro",
        "audit",
        weights,
        "--sequences",
        "8",
        "--snapshots",
        "2",
        "--json",
        str(figures),
    ]
    reader, writer = os.pipe()
    os.close(reader)
    if closed == "descriptor":
        command = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 0
    assert json.loads(figures.read_text())["sequences"] == 8


@pytest.mark.faults("surroundings")
def test_a_terminal_without_greek_and_a_locale_without_utf_8(tmp_path):
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "paper_repro", "logz", "ABBA", "--temperature", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603
    assert "ln Z" in done.stdout


def test_infer_simulated_sets_the_estimators_beside_a_network(capsys, tmp_path, golden, hamiltonian):
    weights, figures = str(golden / "weights/smoke-seed-0.safetensors"), tmp_path / "figures.json"
    sizes = ["--sequences", "30", "--snapshots", "4", "--seed", "3"]
    assert main(["infer", "--simulated", "paper.toml", *sizes, "--weights", weights, "--json", str(figures)]) == 0
    screen = capsys.readouterr().out
    data = json.loads(figures.read_text())
    assert set(data["estimators"]) == {"score matching", "pseudolikelihood", "maximum likelihood", "network"}
    true = dict(zip([term.name for term in hamiltonian.terms], couplings_of(hamiltonian), strict=True))
    assert data["truth"] == pytest.approx(true)
    for name, found in data["estimators"].items():
        assert found["seconds"] > 0
        assert number(found["couplings"]["J_AA"], found["half_intervals"]["J_AA"]) in screen
        if name != "network":  # each within 2 intervals: a false alarm in 10,000 for each
            assert all(abs(found["couplings"][term] - true[term]) < 2 * found["half_intervals"][term] for term in true)
            assert found["scale_over_beta"] == pytest.approx(1, abs=0.1)
    assert data["estimators"]["network"]["scale_over_beta"] < 0.9
    assert main(["infer", "--simulated", "paper.toml", *sizes, "--out", str(tmp_path / "again")]) == 0
    again = json.loads((tmp_path / "again/results.json").read_text())["estimators"]
    assert again["maximum likelihood"]["couplings"] == data["estimators"]["maximum likelihood"]["couplings"]
    assert "Efficiency: Cramér-Rao bound over the variance" in (tmp_path / "again/report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--simulated", "paper.toml", "--sequences", "0"], "--sequences: 0; expected an integer ≥ 1"),
        (["--simulated", "paper.toml", "--snapshots", "0"], "--snapshots: 0; expected an integer ≥ 1"),
        (["--simulated", "paper.toml", "--seed", "-1"], "--seed: -1; expected an integer ≥ 0"),
        (["--simulated", "paper.toml", "--weights", "no-such-file"], "no-such-file: cannot be read"),
        (["--simulated", "no.toml"], "no.toml: cannot be read"),
    ],
)
def test_estimates_that_cannot_be_made_are_one_line(capsys, arguments, said):
    assert said in complaint(capsys, "infer", *arguments)


def test_constants_lists_every_constant_with_its_origin(capsys, paper):
    assert main(["constants"]) == 0
    printed = capsys.readouterr().out
    for path, origin in paper.origins.items():
        line = next(line for line in printed.splitlines() if line.startswith(f"{path} |"))
        assert origin.status in line
        assert origin.where in line
        assert origin.why in line
    assert main(["constants", str(specs_folder() / "published.toml")]) == 0
    assert "claims.r2.rule.published | 0.8698" in capsys.readouterr().out


def test_constants_are_chosen_by_section_and_by_status(capsys, paper):
    def chosen(*arguments):
        assert main(["constants", *arguments, "--json", "-"]) == 0
        return {one["name"]: one["status"] for one in json.loads(capsys.readouterr().out)}

    ours = {path for path, origin in paper.origins.items() if origin.status in {"assumed", "inferred"}}
    assert ours <= set(chosen("--status", "assumed", "--status", "inferred")) < set(chosen())
    assert set(chosen("--section", "training.optimiser")) == {path for path in paper.origins if ".optimiser." in path}
    assert set(chosen("--section", "training", "--status", "assumed").items()) == {("training.seeds", "assumed")}
    assert "--section: train; expected one of hamiltonian, " in complaint(capsys, "constants", "--section", "train")
    assert "--status" in complaint(capsys, "constants", "--status", "guessed")


def test_constants_on_a_terminal_begin_with_their_number_by_status(paper):
    status, screen, _ = on_a_terminal(80, "constants")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen).splitlines()
    assert (status, max(map(len, lines))) == (0, 79)
    everything = next(line for line in lines if line.startswith("│all "))
    counts = list(map(int, re.findall(r"\d+", everything)))
    assert lines[0].startswith(f"{sum(counts)} constants of ")
    assert counts[2:] == [sum(one.status == name for one in constants_of(paper)) for name in ("inferred", "assumed")]
    assert sum(counts) < len(lines) < sum(counts) + 35
    status, screen, _ = on_a_terminal(80, "constants", "--section", "ladder.replicas")
    assert paper.origins["ladder.replicas"].why in " ".join(re.sub(r"\x1b\[[0-9;]*m", "", screen).split())


def in_a_process(*arguments: str) -> tuple[str, set[str]]:
    """Run a command in a process of its own; return what it printed and which of the slow modules it loaded."""
    code = (
        "import sys; from paper_repro.cli import main; main(sys.argv[1:]);"
        "print('loaded', *{'torch', 'numpy', 'numba', 'matplotlib', 'scipy.stats'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)  # noqa: S603
    *lines, last = done.stdout.splitlines()
    return "\n".join([*lines, done.stderr]), set(last.split()[1:])


def test_help_loads_nothing_heavy():
    """Neither torch nor numpy is imported before a command needs them."""
    printed, loaded = in_a_process("--help")
    assert loaded == set()
    for command in ("reproduce", "status", "report", "verify", "constants", "audit", "claims", "score-error", "infer", "logz"):
        assert command in printed


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """A run directory with one output."""
    folder = tmp_path_factory.mktemp("run")
    spec = load_spec(specs_folder() / "smoke.toml").record
    opened = open_directory(folder, Identity(spec.name, canonical(spec), digest(spec), lambda _: []), print).manifest
    write_bytes(folder / "results/one.json", b"1")
    made = StageRecord("key", {"results/one.json": sha256(folder / "results/one.json")}, 1.5, "2026-01-01T00:00:00Z")
    write_manifest(folder, attrs.evolve(opened, stages={"note the constants": made}))
    return folder


def test_commands_that_read_a_run_or_a_spec_load_nothing_heavy(small_run):
    for command in ("status", "verify"):
        assert in_a_process(command, str(small_run))[1] == set()
    assert in_a_process("constants")[1] <= {"numpy"}


def test_the_exact_solution_loads_its_kernels_and_neither_torch_nor_statistics():
    printed, loaded = in_a_process("logz", "ABBA", "--temperature", "1")
    assert "ln Z" in printed
    assert loaded == {"numpy", "numba"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "no-such-file"], "no-such-file: cannot be read"),
        (["audit", __file__], "cannot be read as safetensors"),
        (["audit", "no-such-file", "--sequences", "0"], "--sequences: 0"),
        (["audit", "no-such-file.py:model"], "no-such-file.py: cannot be read"),
        (["infer", "snapshots.npz", "--export", "spirit"], "--export: spirit without --out"),
        (["claims", "no-such-file"], "no-such-file: cannot be read"),
        (["score-error", "no-such-file"], "no-such-file: cannot be read"),
        (["score-error", "no-such-file", "--configurations", "1"], "--configurations: 1"),
        (["infer", "--simulated", "paper.toml", "--seed", "-1"], "--seed: -1"),
        (["infer", "--simulated", "no.toml"], "no.toml: cannot be read"),
        (["infer", "snapshots.npz", "--level", "2"], "--level: 2"),
        (["reproduce", "no.toml", "--out", "x"], "no.toml: cannot be read"),
        (["reproduce", "--out", "x", "--workers", "1", "--scheduler", "y"], "expected one of the two"),
        (["reproduce", "--out", "x", "--authors-weights", "no-such-file"], "no-such-file: cannot be read"),
        (["report", "no-such-run"], "no-such-run"),
        (["simulate", "no.toml", "--snapshots", "3", "--out", "x"], "no.toml: cannot be read"),
        (["simulate", "no.toml", "--snapshots", "0", "--out", "x"], "--snapshots: 0"),
        (["logz", "ABBA", "--temperature", "0"], "> 0"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_errors_before_work_load_nothing_heavy(arguments, said):
    printed, loaded = in_a_process(*arguments)
    assert said in printed
    assert loaded <= {"numpy"}  # the paths of published.toml are those of records with arrays


@pytest.mark.parametrize(
    ("arguments", "new"),
    [
        (["question", "weights.safetensors"], "'claims'"),
        (["score", "weights.safetensors"], "'score-error'"),
        (["lnz", "ABBA", "--temperature", "1"], "'logz'"),
        (["estimate", "--weights", "weights.safetensors"], "'infer --simulated SPEC'"),
        (["claims", "weights.safetensors", "--against", "results.json"], "'--reference-run'"),
        (["claims", "weights.safetensors", "--against=results.json"], "'--reference-run'"),
        (["reproduce", "--out", "run", "--only", "sample"], "'--stage'"),
    ],
)
def test_an_old_name_is_answered_with_the_new_one(capsys, arguments, new):
    line = complaint(capsys, *arguments)
    assert "the old name of" in line
    assert line.endswith(f"expected {new}\n")


def test_json_goes_to_a_file_or_alone_to_standard_output(capsys, tmp_path, small_run):
    commands = {
        "logz": ["logz", "ABBA", "--temperature", "1"],
        "status": ["status", str(small_run)],
        "verify": ["verify", str(small_run)],
        "constants": ["constants"],
    }
    for name, arguments in commands.items():
        path = tmp_path / f"{name}.json"
        assert main([*arguments, "--json", str(path)]) == 0
        assert capsys.readouterr().err == ""
        assert main([*arguments, "--json", "-"]) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out) == json.loads(path.read_text()) != {}
        assert captured.err  # the text for people
    assert json.loads((tmp_path / "verify.json").read_text()) == {"outputs": 1, "left_out": 0, "agree": 1, "faults": []}
    assert json.loads((tmp_path / "status.json").read_text())["stages"]["note the constants"]["faults"] == []
    assert not (tmp_path / "-").exists()
    assert "--json" in complaint(capsys, "logz", "ABBA", "--temperature", "1", "--json")
