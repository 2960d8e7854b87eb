"""Take the golden weights from a smoke run and write golden/MANIFEST.toml: python tests/write_golden_manifest.py runs/smoke.

Not a test: ``tox run -e golden`` runs it, after the smoke run and before the golden files of the tests are made from the weights.
"""

import json
import shutil
import sys
from pathlib import Path

from paper_repro.artifact.manifest import read_manifest
from paper_repro.files import sha256, write_text

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
HEAD = """# What made each golden file. Written by tests/write_golden_manifest.py (tox run -e golden).
# tests/paper/test_golden_manifest.py checks that every file is listed, unaltered, and made from the specs as they are.
"""


def entry(name: str, **facts: object) -> list[str]:
    """One table of the manifest; JSON's strings, numbers and inline tables of strings are TOML's too, but for the colon."""

    def shown(value: object) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{json.dumps(key)} = {json.dumps(item)}" for key, item in value.items()) + " }"
        return json.dumps(value, ensure_ascii=False)

    facts = {"sha256": sha256(GOLDEN / name), **facts}
    return [f'[files."{name}"]', *(f"{key} = {shown(value)}" for key, value in facts.items()), ""]


def main(run: Path) -> None:
    """Copy the weights of the first seed of ``run`` and describe every golden file."""
    manifest = read_manifest(run)
    session = manifest.sessions[0]
    name = "weights/smoke-seed-0.safetensors"
    (GOLDEN / "weights").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / "weights" / "seed-0.safetensors", GOLDEN / name)
    facts = ("started", "commit", "processor", "cores", "system")
    lines = entry(
        name,
        command="tox run -e smoke",
        spec="smoke.toml",
        spec_sha256=manifest.spec_sha256,
        **{fact: session[fact] for fact in facts},
        versions={key: value for key, value in session.items() if key not in facts},
        seconds={stage: str(record.seconds) for stage, record in manifest.stages.items() if "seed 0" in stage},
    )
    for path in sorted(GOLDEN.glob("test_*/*")):
        made_by = "tox run -e golden"
        lines += entry(path.relative_to(GOLDEN).as_posix(), command=made_by)
    write_text(GOLDEN / "MANIFEST.toml", HEAD + "\n" + "\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
