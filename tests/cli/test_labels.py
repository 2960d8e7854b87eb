"""Commands on a law that is not the paper's: what they print and write has this law's names, and none of the paper's."""

import io
import json
import math
import re
from contextlib import redirect_stdout

import pytest

from paper_repro.cli import main
from paper_repro.score.pairformer import build
from paper_repro.score.weights import save_weights
from paper_repro.spec import digest, load_spec, specs_folder
from tests.support.progress import Progress
from tests.support.tiny import CHANGES

LAW = """
[hamiltonian]
species = {a}"PQ"{b}
[hamiltonian.terms.first]
separation = {a}1{b}
pair = {a}"PQ"{b}
coupling = {a}2.5{b}
[hamiltonian.terms.second]
separation = {a}2{b}
pair = {a}"QQ"{b}
coupling = {a}-0.75{b}
"""

#: Names of the paper's terms and species, its numbers, and words that are true of its law alone.
PAPERS = re.compile(r"[JK]_(AA|AB|BB)|\bJ_?1\b|\bABBA\b|Table 1|\bsix\b|0\.9974|0\.8698|0\.8759|1,057,440|0\.5095")


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    """A spec of another law, and an untrained network for it."""
    folder = tmp_path_factory.mktemp("law")
    (folder / "paper.toml").write_bytes((specs_folder() / "paper.toml").read_bytes())
    text = CHANGES.replace('"ABBA"', '"PQQP"').replace('name = "tiny"', 'name = "law"\nreplace = ["hamiltonian.terms"]') + LAW
    path = folder / "law.toml"
    path.write_text(text.replace("{a}", "{ value = ").replace("{b}", ', status = "assumed", why = "a test of labels" }'))
    spec = load_spec(path).record
    save_weights(
        folder / "w.safetensors", build(spec.architecture, 0), query_times=(1e-4,), spec_sha256=digest(spec), seed=0, steps=1
    )
    return path, folder / "w.safetensors"


SIZES = ["--sequences", "40", "--snapshots", "2"]
COMMANDS = {
    "logz": lambda spec, weights: ["logz", "PQQP", "--temperature", "0.5", "--spec", spec],
    "infer": lambda spec, weights: ["infer", "--simulated", spec, *SIZES, "--weights", weights],
    "audit": lambda spec, weights: ["audit", weights, *SIZES, "--spec", spec],
    "claims": lambda spec, weights: ["claims", weights, *SIZES, "--spec", spec],
    "score-error": lambda spec, weights: ["score-error", weights, "--configurations", "2", "--spec", spec],
    "constants": lambda spec, weights: ["constants", spec],
}
#: Commands of seconds, which show no progress.
SHORT = {"logz", "constants"}
#: Where this law's terms are shown.
NAMED = {"infer", "audit", "constants"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "score-error" else name for name in COMMANDS]
)
def test_a_command_names_the_law_that_it_computed(name, law, tmp_path, monkeypatch):
    monkeypatch.setattr("paper_repro.analysis.score_error.SWEEPS", 2)
    monkeypatch.setattr("paper_repro.analysis.claim_tests.exchange.CHAINS", 4)
    for module in ("claim_tests", "residual", "cutoff", "detector", "exchange"):
        monkeypatch.setattr(f"paper_repro.analysis.claim_tests.{module}.RESAMPLES", 3)
    screen, progress = io.StringIO(), Progress(monkeypatch)
    with redirect_stdout(screen):
        arguments = [str(part) for part in COMMANDS[name](*law)]
        assert main([*arguments, "--json", str(tmp_path / "numbers.json")]) == 0
    assert name in SHORT or progress.fault() is None
    text = screen.getvalue() + json.dumps(json.loads((tmp_path / "numbers.json").read_text()), ensure_ascii=False)
    origins = re.sub(r"(released|stated|inferred|assumed)[^|]*$", "", text, flags=re.MULTILINE) if name == "constants" else text
    assert name == "constants" or not PAPERS.search(origins)
    if name == "claims":
        assert "The Hamiltonian of this spec is not the paper's" in " ".join(text.split())
    if name in NAMED:
        assert "first" in text
        assert "second" in text


def test_an_energy_is_in_the_units_of_the_couplings(law, capsys):
    """With one coupling, 2.5, both ⟨H⟩ and T in its units are those of a coupling of 1."""
    assert main(["logz", "PQ", "--temperature", "2.5", "--spec", str(law[0])]) == 0
    found = float(re.search(r"⟨H⟩ +(\S+)", capsys.readouterr().out)[1])
    assert found == pytest.approx(2.5 * (1 - 1 / math.tanh(1)), rel=1e-9)  # -J L(βJ), L(x) = coth x - 1/x


def test_a_label_of_the_paper_is_seen():
    """The broken twin."""
    assert PAPERS.search("⟨H⟩ / J_AA 0.3")
    assert not PAPERS.search("first / second")
