"""A number that is not finite stops the run in one line that names it."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from paper_repro.analysis import thermodynamic_integration
from paper_repro.sampling import replica_exchange
from paper_repro.score.field import NetworkForce, NetworkScore
from paper_repro.score.tensors import read_tensors, write_tensors
from paper_repro.score.training import gradient
from tests.support.commands import command, refused
from tests.support.tiny import outcome


@pytest.mark.faults("not finite")
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("named", ["ours", "theirs"])
def test_weights_that_are_not_finite_are_one_line(value: float, named: str, golden: Path, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    tensors, metadata = read_tensors(golden / "weights/smoke-seed-0.safetensors")
    name = next(reversed(tensors))
    tensors[name].view(-1)[-1] = value
    if named == "ours":
        metadata.pop("tensors_sha256")
        write_tensors(path, tensors, metadata)
    else:
        save_file(tensors, path)
    line = refused("audit", path, "--sequences", "4", "--snapshots", "2")
    assert line.startswith(f"{path}: tensor {name!r} holds values that are not finite")


def spoiled(function: Callable[..., Any], value: float, part: Callable[[Any], Any] = lambda made: made) -> Callable[..., Any]:
    """A function with one number of what it returns, or of a part of that, replaced."""

    def wrong(*arguments: Any, **named: Any) -> Any:
        made = function(*arguments, **named)
        numbers = part(made)
        numbers[(-1,) * numbers.ndim] = value
        return made

    return wrong


def whole(made: Any) -> Any:
    return made


#: What is spoiled: the function, the part of what it returns, what the line says, and the output that is lost before.
NOT_FINITE: dict[str, tuple[Any, str, Callable[[Any], Any], str, str]] = {
    "energy of a sampler": (
        replica_exchange, "sample", lambda made: made.cold_energies,
        "training sequence 0, data seed 20260423: energies or spins of the sampler",
        "ensemble/training-00000.npz",
    ),
    "spins of a sampler": (
        replica_exchange, "sample", lambda made: made.spins,
        "training sequence 0, data seed 20260423: energies or spins of the sampler",
        "ensemble/training-00000.npz",
    ),
    "gradient": (
        gradient, "loss_and_gradient", lambda made: made[1][-1], "training seed 0, step 0: loss ", "weights/seed-0.safetensors",
    ),
    "force": (
        NetworkForce, "__call__", whole, "inversion of seed 0: the force field answered with numbers that are not finite",
        "results/inversion-0.json",
    ),
    "W": (
        NetworkForce, "interaction", lambda made: made[:, :1, 1:2],
        "reading W of seed 0: W holds numbers that are not finite", "results/readout-0.json",
    ),
    "score": (
        NetworkScore, "__call__", whole, "likelihood of seed 0, T = 0.05: a score or divergence that is not finite",
        "results/likelihood-0-0.json",
    ),
    "divergence": (
        NetworkScore, "divergence", whole, "likelihood of seed 0, T = 0.05: a score or divergence that is not finite",
        "results/likelihood-0-0.json",
    ),
    "mean energy": (
        thermodynamic_integration, "independent_chains", whole,
        "thermodynamic integration at β = 0, seed 20260423: a mean energy", "results/thermodynamic_integration.json",
    ),
}  # fmt: skip


@pytest.mark.faults("not finite")
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("what", NOT_FINITE)
def test_a_number_that_is_none_stops_the_run_in_one_line_that_names_it(
    what: str, value: float, tiny: Path, done: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, name, part, said, lost = NOT_FINITE[what]
    (run / lost).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, spoiled(getattr(owner, name), value, part))
        line = refused("reproduce", tiny, "--out", run)
    assert said in line
    assert "finite" in line
    assert command("reproduce", tiny, "--out", run)[0] == 0
    assert outcome(run) == outcome(done)
