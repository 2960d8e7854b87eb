"""Take golden files from runs and write golden/MANIFEST.toml: python -m tools.write_golden_manifest runs/smoke runs/paper.

Not a test: ``tox run -e golden`` runs it, before and after the golden files of the tests are made from the weights. What no given
run makes keeps its entry.
"""

import json
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import attrs

from paper_repro.files import sha256, write_text
from paper_repro.pipeline.manifest import NAME, Manifest, made_in, read_manifest
from paper_repro.pipeline.record import NAME as RECORD
from paper_repro.pipeline.record import write_record
from paper_repro.spec import Spec, digest, load_spec, specs_folder
from paper_repro.studies.reproduction.recorded_spec import recorded_spec

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
HEAD = """# What made each golden file. Written by tools/write_golden_manifest.py (tox run -e golden).
# tests/paper/test_golden_manifest.py checks that every file is listed, unaltered, and made from the specs as they are.
"""
#: Of each run, by the name of its spec: the command, the training seeds whose weights are kept, and the other files.
KEPT: dict[str, tuple[str, tuple[int, ...], tuple[str, ...]]] = {
    "smoke": ("tox run -e smoke", (0,), ()),
    "paper": (
        "PAPER_REPRO_AUTHORS_WEIGHTS=authors_epoch_20.safetensors paper-repro reproduce --weights golden/weights --out runs/paper",
        (0, 1, 2),
        (NAME, "results.json", "report.html", "figures/*.svg"),
    ),
    "refined": (
        "paper-repro reproduce specs/refined.toml --weights golden/weights --out runs/refined",
        (0, 1, 2),
        (NAME, "results.json", "report.html"),
    ),
}
MACHINE = ("processor", "cores", "system")


def shown(value: object) -> str:
    """JSON's strings, numbers and lists are TOML's too; inline tables differ by the sign after a key."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {json.dumps(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def take(run: Path) -> dict[str, dict[str, Any]]:
    """Copy the recorded files of a run into golden/ and describe each."""
    manifest = read_manifest(run)
    spec = manifest.spec["name"]
    command, seeds, patterns = KEPT[spec]
    copies = {
        f"weights/{spec}-seed-{seed}.safetensors": run / f"weights/seed-{seed}.safetensors"
        for seed in seeds
        if f"train seed {seed}" in manifest.stages  # an adopted training was made elsewhere: its entry has the place
    }
    for pattern in patterns:
        for former in (GOLDEN / spec).glob(pattern):
            former.unlink()
        copies |= {f"{spec}/{path.relative_to(run).as_posix()}": path for path in sorted(run.glob(pattern))}
    entries = {}
    for name, source in copies.items():
        (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, GOLDEN / name)
        entries[name] = {"command": command, "spec": f"{spec}.toml", "spec_sha256": digest(_of_file(recorded_spec(manifest, run)))}
        if name.startswith("weights/"):
            entries[name] |= facts(manifest, f"train seed {name.split('-')[-1].split('.')[0]}")
        elif name == f"{spec}/results.json":
            entries[name] |= facts(manifest, "report")
    if patterns:
        write_record(GOLDEN / spec, manifest)
        about = {"command": "python -m tools.write_golden_manifest RUN (which outputs of the run the record has)"}
        entries[f"{spec}/{RECORD}"] = about
    return entries


def _of_file(spec: Spec) -> Spec:
    """Return a spec with the training seeds of its file: a run of given weights has theirs."""
    seeds = load_spec(specs_folder() / f"{spec.name}.toml").record.training.seeds
    return attrs.evolve(spec, training=attrs.evolve(spec.training, seeds=seeds))


def facts(manifest: Manifest, made: str) -> dict[str, Any]:
    """When, where and by what a stage was made, and the seconds that every stage took."""
    session = next(session for session in manifest.sessions if made in made_in(manifest, session))
    versions = {key: value for key, value in session.items() if key not in {*MACHINE, "started", "commit"}}
    seconds: dict[str, float] = {}
    for name, record in manifest.stages.items():
        kind = " ".join(name.split()[:2]) if name.startswith("sample") else name
        seconds[kind] = seconds.get(kind, 0.0) + record.seconds
    return {
        **{fact: session[fact] for fact in ("started", "commit", *MACHINE)},
        "versions": versions,
        "seconds": {kind: f"{value:.1f}" for kind, value in seconds.items() if kind != "report"},
    }


def main(runs: list[Path]) -> None:
    """Take each run, and write the manifest of all golden files."""
    path = GOLDEN / "MANIFEST.toml"
    entries: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["files"]
    for run in runs:
        entries |= take(run)
    found = {item.relative_to(GOLDEN).as_posix() for item in GOLDEN.rglob("*") if item.is_file()} - {"MANIFEST.toml", "README.md"}
    lines = []
    for name in sorted(found):
        entry = entries.get(name, {"command": "tox run -e golden"}) | {"sha256": sha256(GOLDEN / name)}
        lines += [f'[files."{name}"]', *(f"{key} = {shown(value)}" for key, value in entry.items()), ""]
    write_text(path, HEAD + "\n" + "\n".join(lines))


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
