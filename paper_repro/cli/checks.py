"""What every command checks before it loads anything slow."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from paper_repro.files import InputError
from paper_repro.score.header import read_metadata
from paper_repro.spec import Spec, load_spec, specs_folder


def spec_path(path: Path | None) -> Path:
    """Return the path of a spec: by default the published run's, that of a packaged spec for a bare name like smoke.toml.

    A file of that name is preferred to the packaged one.
    """
    if path is None:
        return specs_folder() / "paper.toml"
    packaged = specs_folder() / path.name
    with contextlib.suppress(OSError):  # a name too long for a file: reading it reports the error
        if str(path) == path.name and not path.exists() and packaged.is_file():
            return packaged
    return path


def spec_at(path: Path | None) -> Spec:
    """Load a spec; by default that of the published run."""
    return load_spec(spec_path(path)).record


def require_new(target: Path | None, inputs: Iterable[Path]) -> None:
    """Raise ``InputError`` for an output that would replace a file from which the command reads."""
    for path in inputs:
        if target is not None and target.is_file() and path.is_file() and target.samefile(path):
            raise InputError(target, "the output is the input", "another file")


def require_at_least(least: int, **options: int) -> None:
    """Raise ``InputError`` for the first option below ``least``."""
    for name, value in options.items():
        if value < least:
            raise InputError(f"--{name}", str(value), f"an integer ≥ {least}")


def require_sizes(sequences: int, snapshots: int, seed: int) -> None:
    """Raise ``InputError`` for no sequences, no snapshots, or a negative seed."""
    require_at_least(1, sequences=sequences, snapshots=snapshots)
    require_at_least(0, seed=seed)


def require_weights(paths: Iterable[Path]) -> None:
    """Raise ``InputError`` for the first file that is no complete safetensors file."""
    for path in paths:
        read_metadata(path)


def require_device(device: str) -> None:
    """Raise ``InputError`` for a device that is not there; torch is loaded for a GPU alone."""
    if device != "cpu":
        from paper_repro.score.execution import execution

        execution(device)
