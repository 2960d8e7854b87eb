"""Taking a figure: medians of alternated pairs, in the same process, so that only ratios are compared."""

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import torch

#: Rounds behind every median.
PAIRS = 7


@attrs.frozen
class Figure:
    """One measured figure with its target: what was measured, its text, and whether it reaches the target."""

    what: str
    target: str
    measured: str
    reached: bool


def seconds(work: Callable[[], Any]) -> float:
    """Return how long ``work`` takes, in s."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(*works: Callable[[], Any], pairs: int = PAIRS) -> tuple[float, ...]:
    """Return the median time of each work, in s, over rounds in which each runs once in turn, after one round that is not counted.

    Noise that lasts longer than a round hits all of them, and cancels in the ratio of the medians.
    """
    for work in works:
        work()
    rounds = [[seconds(work) for work in works] for _ in range(pairs)]
    return tuple(statistics.median(times) for times in zip(*rounds, strict=True))


def at_least(what: str, target: float, value: float, detail: str = "") -> Figure:
    """Return a ratio that should be ``target`` or more."""
    return Figure(what, f"≥ {target:g}×", f"{value:.1f}×{detail and f' ({detail})'}", value >= target)


def at_most(what: str, target: float, value: float, unit: str, detail: str = "") -> Figure:
    """Return a time that should be ``target`` or less, both in ``unit``."""
    return Figure(what, f"≤ {target:g} {unit}", f"{value:.3g} {unit}{detail and f' ({detail})'}", value <= target)


def processor() -> str:
    """Return the name of the processor, with what its vector units can do."""
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.processor() or platform.machine()
    lines = information.read_text().splitlines()
    fields = {line.split(":")[0].strip(): line.split(":")[1].strip() for line in lines if ":" in line}
    widest = next((name for name in ("avx512f", "avx2", "sse2") if name in fields.get("flags", "").split()), "")
    family = f"family {fields.get('cpu family', '?')}, model {fields.get('model', '?')}"
    return f"{fields.get('model name', platform.machine())} ({family}, {widest}), {torch.get_num_threads()} cores"
