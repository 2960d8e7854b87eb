"""A run of seconds: its spec, a reporter that remembers, and what its files are."""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console

from paper_repro.files import sha256
from paper_repro.pipeline.manifest import NAME, key_of, read_manifest
from paper_repro.pipeline.run import open_run
from paper_repro.studies.reproduction.plan import plan_reproduction
from tests.support.malformed import PAPER

CHANGES = """extends = "paper.toml"
name = "tiny"
[chains]
shortest = {a}6{b}
longest = {a}8{b}
[ladder]
replicas = {a}4{b}
[sampler]
burn_in = {a}20{b}
thinning = {a}20{b}
[training_set]
sequences = {a}18{b}
snapshots = {a}3{b}
[test_set]
sequences = {a}30{b}
snapshots = {a}2{b}
[architecture]
single_width = {a}8{b}
pair_width = {a}4{b}
pair_hidden = {a}4{b}
blocks = {a}1{b}
[training]
epochs = {a}2{b}
batch = {a}6{b}
seeds = {a}[0, 1]{b}
[inversion]
resamples = {a}10{b}
[readout]
sequences = {a}5{b}
[likelihood]
chain = {a}"ABBA"{b}
configurations = {a}8{b}
higher_temperatures = {a}[0.3]{b}
steps = {a}5{b}
[thermodynamic_integration]
points = {a}5{b}
chains = {a}3{b}
burn_in = {a}10{b}
sweeps = {a}20{b}
"""


class Listener:
    """A reporter that remembers."""

    def __init__(self, stop_in=None):
        self.made, self.skipped, self.notes, self.stop_in = [], [], [], stop_in

    def stage(self, name, total):
        if name == self.stop_in:
            raise KeyboardInterrupt

    def advance(self, done, note=""):
        pass

    def say(self, line):
        self.notes.append(line)

    def finish(self, name, seconds, note=""):
        (self.skipped if seconds is None else self.made).append(name)
        self.notes.append(note)


def silent():
    return Console(quiet=True)


def sealed(text):
    """A manifest that somebody changed, checksum and all."""
    data = json.loads(text)
    del data["sha256"]
    return json.dumps(data | {"sha256": key_of(data)})


def shas(folder):
    return {name: sha for record in read_manifest(folder).stages.values() for name, sha in record.outputs.items()}


def opened(spec, folder, listener=None, authors=None, adopted=(), **how):
    """Open a folder for all stages of a spec but the report, as ``reproduce`` does."""
    return open_run(plan_reproduction(spec, authors, adopted=adopted), folder, listener or Listener(), **how)


def make_run(spec, folder, listener=None, kind=None, **how):
    """Make all stages of a spec but the report, or those of one kind; return what was said."""
    listener = listener or Listener()
    opened(spec, folder, listener, **how).make_all(kind)
    return listener


def dying(stage, marker):
    """A stage that kills the first process that makes it, as one that takes too much memory does."""
    return attrs.evolve(stage, make=deadly, arguments=(marker, stage.make, stage.arguments))


def deadly(context, stage, marker, make, arguments):
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return make(context, stage, *arguments)


def tiny_spec(changes: str = "") -> str:
    text = re.sub(r"\{a\}(.*)\{b\}", r'{ value = \1, status = "assumed", why = "a test of seconds" }', CHANGES)
    for line in changes.splitlines():
        section, name, value = re.fullmatch(r"([\w.]+)\.(\w+) = (.*)", line.strip()).groups()
        constant = f'{name} = {{ value = {value}, status = "assumed", why = "a test" }}'
        head = f"[{section}]\n"
        text = text if head in text else text + head
        body = re.sub(rf"(?ms)(^\[{section}\]\n[^\[]*?)^{name} = .*?\n", r"\1", text)
        text = body.replace(head, f"{head}{constant}\n")
    return text


def write_spec(folder: Path, text: str, base: str = PAPER, name: str = "tiny.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    ((folder / name).parent / "paper.toml").write_text(base, encoding="utf-8")
    return folder / name


def outcome(run: Path) -> dict[str, str]:
    """The SHA-256 of every output, on the disk and as the manifest has it; of the report, without its stages and their seconds."""
    made = {name: sha for record in read_manifest(run).stages.values() for name, sha in record.outputs.items()}
    assert made == {name: sha256(run / name) for name in made}
    before, _, rest = (run / "report.html").read_text(encoding="utf-8").partition(">Stages</h2>")
    assert "</section>" in rest
    return made | {"report.html": key_of(before + rest.partition("</section>")[2])}


def seal(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest as somebody would who wants it believed: checksum and all."""
    data = json.loads((run / NAME).read_text(encoding="utf-8"))
    del data["sha256"]
    change(data)
    (run / NAME).write_text(json.dumps(data | {"sha256": key_of(data)}), encoding="utf-8")
