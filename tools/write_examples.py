"""Write what each script of examples/ prints into the file next to it: ``python -m tools.write_examples``."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def main() -> None:
    """Run every script; a script that fails raises ``CalledProcessError``, and its file is left as it was."""
    for script in sorted(EXAMPLES.glob("*.py")):
        done = subprocess.run([sys.executable, script], cwd=EXAMPLES.parent, stdout=subprocess.PIPE, check=True)  # noqa: S603
        script.with_suffix(".txt").write_bytes(done.stdout)


if __name__ == "__main__":
    main()
