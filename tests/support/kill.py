"""Kills a run at each of its file operations, takes it up again, and compares what it makes: the driver of test_killed.py.

A process of its own, which only imports and forks: what a child does with threads is its own. A kill comes before an operation
(opening, renaming, removing, making, flushing) in the run directory; one that comes before a file is flushed cuts it in half, as a
machine that loses power may.

    python -m tests.support.kill SPEC FOLDER [--most N] [--without PROTECTION]
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import threading
import traceback
from pathlib import Path

import attrs
import torch._dynamo  # noqa: F401  (torch imports it when it is first used: then in every child)

from paper_repro import files
from paper_repro.analysis import likelihood
from paper_repro.pipeline import directory, lock, manifest
from paper_repro.score.training import checkpoint
from paper_repro.spec import load_spec
from paper_repro.studies.reproduction.plan import plan_reproduction
from tests.support.tiny import opened

EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "os.link", "os.symlink"}
KILLED = 9
#: What a run keeps on the way is kept as often as can be.
checkpoint.SECONDS = -1.0
likelihood._GROUP = 2


def without_atomic_writes():
    """Files written in place, and no manifest kept from before."""

    def write_bytes(path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    files.write_bytes = manifest.write_bytes = directory.write_bytes = write_bytes
    manifest.PREVIOUS = manifest.NAME


def without_cleaning():
    directory.remove_temporaries = lambda folder: None


def without_whole_steps():
    """A signal between the two halves of a step: the optimiser's and the list of losses."""
    plain = checkpoint.save

    def save(path, state, key):
        plain(path, attrs.evolve(state, losses=state.losses[:-1]), key)

    checkpoint.save = save


PROTECTIONS = {"atomic writes": without_atomic_writes, "cleaning": without_cleaning, "whole steps": without_whole_steps}


def arm(folder, fatal):
    """Count the file operations in a folder from now on, and die at the one numbered ``fatal``; return the counter."""
    count, lock, prefix = [0], threading.Lock(), f"{folder}{os.sep}"

    def operation(path, descriptor=None):
        if not f"{path}{os.sep}".startswith(prefix):
            return
        with lock:
            count[0] += 1
            if count[0] == fatal:
                if descriptor is not None:
                    with contextlib.suppress(OSError):  # a folder
                        os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
                os._exit(KILLED)

    def hook(event, arguments):
        if event in EVENTS and isinstance(arguments[0], str | bytes | os.PathLike):
            operation(os.fsdecode(arguments[0]))

    flush = os.fsync

    def fsync(descriptor):
        operation(Path(f"/proc/self/fd/{descriptor}").readlink(), descriptor)
        flush(descriptor)

    sys.addaudithook(hook)
    os.fsync = fsync
    return count


def child(work):
    """Do work in a forked process; return its exit status."""
    number = os.fork()
    if number == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def make(spec, folder, stage, fatal=None, counted=None):
    """Make one stage in a folder as ``reproduce`` does: hold it, open it, make it."""
    count = arm(folder, fatal)
    with lock.lock(folder, print):
        opened(spec, folder).make([stage])
    if counted is not None:
        counted.write_text(str(count[0]))


def content(folder):
    """Every file of a run directory that must not depend on what happened on the way, and which others there are."""
    changing = {manifest.NAME, manifest.PREVIOUS, lock.LOCK}
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [str(path.relative_to(folder)) for path in paths]
    return {name: None if name in changing else files.sha256(path) for name, path in zip(names, paths, strict=True)}


def killed_and_taken_up(spec, before, after, stage, fatal, folder):
    """Kill a stage at an operation, make it again; return what is wrong then."""
    shutil.copytree(before, folder)
    status = child(lambda: make(spec, folder, stage, fatal))
    if status != KILLED:
        return f"ended with {status} where it was to be killed"
    status = child(lambda: make(spec, folder, stage))
    if status != 0:
        return f"could not be taken up: status {status}"
    wrong = sorted({name for name, _ in content(folder).items() ^ content(after).items()})
    known = manifest.read_manifest(folder).stages
    expected = manifest.read_manifest(after).stages
    wrong += [name for name in expected if name not in known or known[name].outputs != expected[name].outputs]
    shutil.rmtree(folder)
    return f"differ: {', '.join(wrong)}" if wrong else ""


def in_turn(jobs, at_a_time):
    """Do jobs, each in a child, some at a time; return the texts that they leave, by name."""
    said, running = {}, {}

    def collect():
        number, status = os.wait()
        name, note = running.pop(number)
        said[name] = note.read_text() if status == 0 else f"the job failed ({status})"

    for number, (name, job) in enumerate(jobs):
        if len(running) >= at_a_time:
            collect()
        note = Path(sys.argv[2]) / f"note-{number}"
        forked = os.fork()
        if forked == 0:
            note.write_text(job())
            os._exit(0)
        running[forked] = name, note
    while running:
        collect()
    return said


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("spec", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=10**9, help="operations of each stage, evenly spread")
    parser.add_argument("--without", choices=PROTECTIONS)
    options = parser.parse_args()
    spec = load_spec(options.spec).record
    every = plan_reproduction(spec).stages
    stages = [stage for stage in every if stage.name.endswith(("1/1", "diagnose sampling", "diffusion", "integration"))]
    stages += [stage for stage in every if "seed 0" in stage.name]
    folder, jobs, operations = options.folder.resolve(), [], {}
    # kernels that are loaded here are so in every child; nothing of torch is, for its threads do not outlive a fork
    kernels = [stage for stage in stages if "seed" not in stage.name]
    opened(spec, folder / "kernels", threads=1).make(kernels)
    current = folder / "reference"
    current.mkdir()
    for number, stage in enumerate(stages):
        before, after, counted = folder / f"before-{number}", folder / f"before-{number + 1}", folder / "count"
        if number == 0:
            shutil.copytree(current, before)
        if child(lambda: make(spec, current, stage, counted=counted)) != 0:  # noqa: B023
            return 1
        shutil.copytree(current, after)
        operations[stage.name] = int(counted.read_text())
        step = max(1, operations[stage.name] // options.most)
        for fatal in range(1 + number % step, operations[stage.name] + 1, step):
            place = folder / f"{number}-{fatal}"

            def job(before=before, after=after, stage=stage, fatal=fatal, place=place):
                return killed_and_taken_up(spec, before, after, stage, fatal, place)

            jobs.append((f"{stage.name}, operation {fatal}", job))
    if options.without is not None:
        PROTECTIONS[options.without]()
    said = in_turn(jobs, len(os.sched_getaffinity(0)))
    found = {"operations": operations, "killed": len(said), "wrong": {name: text for name, text in said.items() if text}}
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
