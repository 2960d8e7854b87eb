"""What a user waits for at the command line."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Figure, at_most, seconds

_ROOT = Path(__file__).parents[1]


def _run(*arguments: str) -> float:
    command = [sys.executable, "-m", "paper_repro", *arguments]
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True, cwd=_ROOT))  # noqa: S603 -- our own command


def help_page() -> Figure:
    _run("--help")
    return at_most("`paper-repro --help`", 0.5, statistics.median(_run("--help") for _ in range(7)), "s")


def audit() -> Figure:
    stated = Path(os.environ.get("PAPER_REPRO_AUTHORS_WEIGHTS", _ROOT.parent / "shared/reference/authors_epoch_20.safetensors"))
    weights = stated if stated.exists() else _ROOT / "golden/weights/smoke-seed-0.safetensors"
    return at_most(f"audit of 2,000 × 5 configurations ({weights.name}), 2 cores", 90, _run("audit", str(weights)), "s")


FIGURES = (help_page, audit)
