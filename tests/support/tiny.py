"""A run of seconds: its spec, a reporter that remembers, and what its files are."""

import json
import os
import signal

from rich.console import Console

from paper_repro.pipeline.manifest import key_of, read_manifest
from paper_repro.studies.reproduction.stages import plan

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


def deadly(work, stage, marker):
    """In place of what makes a stage: the process that comes first dies, as one that takes too much memory does."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    (plain,) = [other for other in plan(work.spec) if other.name == stage.name]
    return plain.make(work, plain, *plain.arguments)
