"""Each line is true where it is shown: what a signal costs, and what is blamed for what cannot be done."""

import signal
import sys

import pytest

from paper_repro import __main__ as entry
from paper_repro.cli import main, process
from paper_repro.cli.app import app
from tests.support.commands import refused
from tests.support.malformed import assumed, small
from tests.support.tiny import tiny_spec, write_spec

COMMANDS = [name for name in app if not name.startswith("-")]
#: Those that find on the disk what they had made.
GOES_ON = {"reproduce"}


@pytest.mark.faults("signal")
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(("number", "said", "status"), [(signal.SIGINT, "interrupted", 130), (signal.SIGTERM, "terminated", 143)])
def test_only_a_command_that_keeps_its_work_says_that_it_goes_on(name, number, said, status, monkeypatch, capsys):
    def work(*_, **__):
        signal.raise_signal(number)

    monkeypatch.setattr(process, "app", work)
    assert main([name]) == status
    again = "continues where it stopped" if name in GOES_ON else "starts from the beginning"
    assert capsys.readouterr().err == f"paper-repro: {said}; the same command {again}\n"


FAR = "[hamiltonian.terms.L_AA]\n" + "\n".join(assumed(*item) for item in (("separation", 4), ("pair", '"AA"'), ("coupling", 0.3)))
SPECS = {
    "range 4": (
        tiny_spec() + FAR,
        "spec tiny: hamiltonian: no exact solution with L_AA; expected rotation-invariant terms on up to three consecutive sites",
    ),
    "too cold": (
        small("target", assumed("temperature", 0.002)),
        "spec small: target.temperature: temperature 0.002; expected at least 0.00292,",
    ),
}


@pytest.mark.parametrize("case", SPECS)
@pytest.mark.parametrize("name", ["audit", "claims", "score-error", "infer"])
def test_what_has_no_exact_solution_is_said_of_the_law_and_of_nothing_else(name, case, tmp_path, golden):
    """Not of the sampler, which a spec may not name, nor of the weights, the temperature or the sizes."""
    text, said = SPECS[case]
    spec = write_spec(tmp_path, text, name="law.toml")
    law = ["--simulated", spec] if name == "infer" else [golden / "weights/smoke-seed-0.safetensors", "--spec", spec]
    assert refused(name, *law).startswith(said)


def test_logz_blames_the_law_or_the_temperature(tmp_path):
    spec = write_spec(tmp_path, SPECS["range 4"][0], name="law.toml")
    assert refused("logz", "AABAA", "--temperature", 1, "--spec", spec).startswith(SPECS["range 4"][1])
    assert main(["logz", "AABB", "--temperature", "1", "--spec", str(spec)]) == 0  # no bond is that long
    assert refused("logz", "AABAA", "--temperature", 1e-3).startswith(
        "--temperature 0.001 of spec paper: temperature 0.001; expected at"
    )


@pytest.mark.parametrize("words", ["infer x.npz --range", "simulate x --out y --snapshots", "audit x --seed"])
def test_a_number_of_things_is_not_rounded(words):
    assert "1.5; expected an integer" in refused(*words.split(), "1.5")


def test_an_interrupt_while_the_program_is_loaded_is_one_line(monkeypatch, capsys):
    class Interrupted:
        @property
        def program(self):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "paper_repro.cli", Interrupted())
    with pytest.raises(SystemExit) as ended:
        entry.program()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "paper-repro: interrupted; the same command starts from the beginning\n"
