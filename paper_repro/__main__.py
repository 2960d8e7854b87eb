"""Run the command line: ``python -m paper_repro``, and the script ``paper-repro``."""

import sys
from typing import NoReturn


def program() -> NoReturn:
    """Run the command line as a process of its own; an interrupt during its loading also ends it in one line."""
    try:
        from paper_repro.cli import program as loaded  # noqa: PLC0415  (half a second)
    except KeyboardInterrupt:
        sys.stderr.write("paper-repro: interrupted; the same command starts from the beginning\n")
        sys.exit(130)
    loaded()


if __name__ == "__main__":
    program()
