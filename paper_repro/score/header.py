"""The header of a safetensors file, read without torch: whether a file can be used shows before anything slow is loaded."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from paper_repro.files import DamagedError, InputError


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file.

    Raises ``DamagedError`` for a truncated file or one of another kind, ``InputError`` where it cannot be read.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise DamagedError(path, "not a file", "a safetensors file")
    try:
        with path.open("rb"):
            pass  # safetensors reports an unreadable file as missing
        with safe_open(path, framework="numpy") as stream:
            return dict(stream.metadata() or {})
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error})", "a safetensors file") from error
    except SafetensorError as error:
        raise DamagedError(path, f"cannot be read as safetensors ({error})", "a complete safetensors file") from error
