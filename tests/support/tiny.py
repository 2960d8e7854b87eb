"""A run of seconds: its spec, a reporter that remembers, and what its files are."""

import json
import os
import signal

import attrs
from rich.console import Console

from paper_repro.pipeline.manifest import key_of, read_manifest
from paper_repro.pipeline.run import open_run
from paper_repro.studies.reproduction.plan import plan_reproduction

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
