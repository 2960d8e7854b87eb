"""Where and by what a run is made: commit, versions of packages, processor."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from paper_repro import __version__
from paper_repro.numerics.parallel import available_cores, started_by_torchrun

_PACKAGES = ("attrs", "cattrs", "numba", "numpy", "scipy", "torch", "torchdiffeq", "safetensors", "arviz-stats", "matplotlib")


def environment() -> dict[str, str]:
    """Return when and where this runs: commit, versions, processor, cores, operating system, ranks of ``torchrun``."""
    facts = {"started": now(), "commit": commit(), "python": platform.python_version(), **packages()}
    facts["processor"] = processor()
    facts["cores"] = str(available_cores())
    facts["system"] = f"{platform.system()} {platform.machine()}"
    if started_by_torchrun():
        facts["ranks"] = os.environ["WORLD_SIZE"]
    return facts


def packages() -> dict[str, str]:
    """Return the version of this package and of each that can change a byte of a result."""
    return {"paper_repro": __version__, **{name: importlib.metadata.version(name) for name in _PACKAGES}}


def maker(device: str, ranks: int = 1) -> dict[str, str]:
    """Return what trained a network on a device: its name, the processor, the versions, and the ranks where there are several."""
    versions = packages()
    facts = {"device": device, "processor": processor(), **{name: versions[name] for name in ("paper_repro", "torch")}}
    return facts | ({"ranks": str(ranks)} if ranks > 1 else {})


def now() -> str:
    """Return the time of day in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit() -> str:
    """Return the commit of the checkout that this code is, and whether it is changed; "unknown" for an installed package."""
    folder = Path(__file__).resolve().parent
    try:
        root = Path(_git(folder, "rev-parse", "--show-toplevel"))
        if not folder.is_relative_to(root / "paper_repro"):  # an installed package inside somebody's repository
            return f"unknown (installed {__version__})"
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
        return _git(root, "rev-parse", "HEAD") + (" with uncommitted changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return f"unknown (installed {__version__})"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def processor() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
