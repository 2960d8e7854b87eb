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

_OF_ANOTHER_REPOSITORY = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"}


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
    """Return the commit that tracks this code, and whether the code is changed; "unknown" with git's reason where there is none."""
    package = Path(__file__).resolve().parents[1]
    try:
        _git(package, "ls-files", "--error-unmatch", "__init__.py", str(Path(__file__).resolve()))
        changed = _git(package, "status", "--porcelain", "--untracked-files=no", "--", ":/")
        added = _git(package, "ls-files", "--others", "--exclude-standard", "--", "*.py")
        return _git(package, "rev-parse", "HEAD") + (" with uncommitted changes" if changed or added else "")
    except OSError as error:
        return f"unknown (paper_repro {__version__}; git: {error.strerror})"
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or [f"exit status {error.returncode}"])[0]
        untracked = error.returncode == 1 or "not a git repository" in reason
        said = "not under version control" if untracked else "its commit cannot be read"
        return f"unknown (paper_repro {__version__}, {said}; git: {reason.removeprefix('fatal: ').removeprefix('error: ')})"


def _git(folder: Path, *arguments: str) -> str:
    """Run git on the repository in which a folder lies, whatever other one the environment names, as within a hook."""
    command = ["git", "-C", str(folder), *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    environment["LC_ALL"] = "C"
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()  # noqa: S603


def processor() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
