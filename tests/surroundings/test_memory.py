"""Memory that runs out is one line, and what was made is kept."""

from pathlib import Path

import pytest
import torch

from paper_repro.analysis import basis_fit
from tests.support.commands import command, made_again, refused
from tests.support.tiny import outcome, tiny_spec, write_spec

TOO_LARGE: list[tuple[str, list[str]]] = [
    ("architecture.single_width = 4000000000000000000", []),
    ("architecture.single_width = 4000000000000", []),
    ("architecture.single_width = 4000000000000", ["--workers", "1"]),
    ("training_set.snapshots = 4000000000000", []),
]


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize(("size", "more"), TOO_LARGE)
def test_sizes_beyond_all_memory_end_in_one_line(size: str, more: list[str], tmp_path: Path) -> None:
    """Memory that no machine has: torch and numpy say so, each in its way."""
    spec = write_spec(tmp_path, tiny_spec(size))
    line = refused("reproduce", spec, "--out", tmp_path / "run", *more)
    assert line.startswith("not enough memory (")
    assert line.endswith("; expected smaller sizes")
    assert command("status", tmp_path / "run")[0] == 0
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.faults("surroundings")
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0.\nDefaultCPUAllocator: can't allocate memory: you tried …"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB."),
        RuntimeError("can't start new thread"),
    ],
    ids=lambda error: f"{type(error).__name__} {error}"[:40],
)
def test_memory_that_runs_out_is_one_line_and_what_was_made_is_kept(
    error: Exception, tiny: Path, done: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("results/inversion-0.json", "results/inversion-1.json"):
        (run / name).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(basis_fit, "normal_equations", fail)
        assert refused("reproduce", tiny, "--out", run).startswith("not enough memory (")
    status, out, _ = command("reproduce", tiny, "--out", run)
    assert status == 0
    assert made_again(out) == {"invert seed 0", "invert seed 1"}
    assert outcome(run) == outcome(done)


def test_a_fault_of_our_own_is_not_taken_for_want_of_memory(tiny: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault in the code")

    monkeypatch.setattr(basis_fit, "normal_equations", fail)
    (run / "results/inversion-0.json").unlink()
    with pytest.raises(RuntimeError, match="a fault in the code"):
        command("reproduce", tiny, "--out", run)
