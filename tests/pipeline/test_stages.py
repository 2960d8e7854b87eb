"""A run of toy stages: what is made, skipped, made again, refused, and noted. No physics."""

import functools
import json
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

from paper_repro.files import InputError
from paper_repro.pipeline.engines import Engine
from paper_repro.pipeline.manifest import NAME, read_manifest
from paper_repro.pipeline.record import left_out, write_record
from paper_repro.pipeline.run import open_run
from paper_repro.pipeline.stage import Identity, Plan, Stage, served
from tests.support.tiny import Listener


def write(context, stage, text):
    return {name: text.encode() for name in stage.outputs}


def join(context, stage):
    return {stage.outputs[0]: b"+".join((context.folder / name).read_bytes() for name in stage.inputs)}


def tell(context, stage, more):
    """A stage that may make more files than it must, and tells what the manifest says."""
    names = sorted(context.manifest.stages)
    return {"told.txt": " ".join(names).encode(), **dict.fromkeys(more, b"more")}


FIRST = Stage("write a", "write", 1, write, ("a.txt",), constants="x", arguments=("x",))
SECOND = Stage("write b", "write", 1, write, ("b.txt",), constants="y", arguments=("y",))
JOIN = Stage("join", "join", 1, join, ("c.txt",), ("a.txt", "b.txt"))
TELL = Stage("tell", "tell", 1, tell, ("told.txt",), ("c.txt",), arguments=((),), reads_manifest=True)
ALL = (FIRST, SECOND, JOIN, TELL)
WAYS = {"here": None, "on threads": Engine(lambda: ThreadPoolExecutor(3), 6, 1)}


def plan(stages=ALL, **more):
    identity = Identity("toy", {"x": 1}, "digest", lambda manifest: [] if manifest.spec == {"x": 1} else ["x: 2 → 1"])
    return Plan(identity, tuple(stages), **more)


def make(folder, stages=ALL, engine=None, kind=None, **more):
    listener = Listener()
    run = open_run(plan(stages, **more), folder, listener, engine=engine)
    run.make_all(kind)
    return run, listener


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix == ".txt"}


@pytest.mark.parametrize("way", WAYS)
def test_stages_are_made_once_in_an_order_in_which_each_finds_its_inputs(tmp_path, way):
    _, listener = make(tmp_path, reversed(ALL) if way != "here" else ALL, WAYS[way])
    assert contents(tmp_path) == {"a.txt": "x", "b.txt": "y", "c.txt": "x+y", "told.txt": "join write a write b"}
    assert way != "here" or listener.made == [stage.name for stage in ALL]
    kept = (tmp_path / NAME).read_bytes()
    _, again = make(tmp_path, engine=WAYS[way])
    assert way != "here" or again.skipped == [stage.name for stage in ALL]
    assert (tmp_path / NAME).read_bytes() == kept  # a session that makes nothing is not noted


def test_what_depends_on_a_change_is_made_again_and_nothing_else(tmp_path):
    make(tmp_path)
    changed = attrs.evolve(FIRST, constants="z", arguments=("z",))
    run, listener = make(tmp_path, (changed, SECOND, JOIN, TELL))
    assert listener.made == ["write a", "join", "tell"]
    assert contents(tmp_path)["c.txt"] == "z+y"
    assert len(run.manifest.sessions) == 2
    newer = attrs.evolve(SECOND, recipe=2)
    _, listener = make(tmp_path, (changed, newer, JOIN, TELL))
    assert listener.made == ["write b", "tell"]  # the same bytes: join stays; who made them is another
    assert make(tmp_path, (changed, newer, JOIN, TELL), kind="join")[1].skipped == ["join"]


def test_what_a_stage_makes_no_longer_is_removed(tmp_path):
    more = attrs.evolve(TELL, arguments=(("extra.txt",),))
    make(tmp_path, (FIRST, SECOND, JOIN, more))
    assert "extra.txt" in contents(tmp_path)
    run, _ = make(tmp_path, (FIRST, SECOND, JOIN, attrs.evolve(TELL, recipe=2)))
    assert "extra.txt" not in contents(tmp_path)
    assert set(run.manifest.stages["tell"].outputs) == {"told.txt"}


def test_a_stage_that_does_not_make_its_outputs_is_a_fault_of_ours(tmp_path):
    with pytest.raises(RuntimeError, match=r"stage 'join' did not make d\.txt"):
        make(tmp_path, (FIRST, SECOND, attrs.evolve(JOIN, outputs=("c.txt", "d.txt"))))


def test_an_input_that_is_missing_or_altered_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.txt: missing, and join reads it"):
        make(tmp_path, (JOIN,))
    make(tmp_path)
    (tmp_path / "a.txt").write_text("altered")
    with pytest.raises(InputError, match=r"a\.txt: its SHA-256 differs from the manifest's, and join reads it"):
        make(tmp_path, (JOIN,))
    _, listener = make(tmp_path)
    assert listener.made == ["write a", "tell"]
    assert any(note.startswith("recomputed: a.txt: its SHA-256") for note in listener.notes)


def test_checks_come_before_anything_is_written(tmp_path):
    def check():
        raise InputError("spec", "a term too long", "a shorter one")

    with pytest.raises(InputError, match="a term too long"):
        make(tmp_path / "run", checks=(lambda: None, check))
    assert not (tmp_path / "run").exists()


def test_a_stage_whose_needs_are_missing_is_left_out_and_the_reason_said_once(tmp_path):
    needy = attrs.evolve(SECOND, needs=("sun",))
    assert served([FIRST, needy], {"sun": "no sun"}) == (FIRST,)
    assert served([FIRST, needy], {"rain": "no rain"}) == (FIRST, needy)
    _, listener = make(tmp_path, (FIRST,), notes=("b is left out: no sun",))
    assert listener.notes.count("b is left out: no sun") == 1


def test_another_run_is_refused_naming_what_differs(tmp_path):
    make(tmp_path)
    other = attrs.evolve(plan().identity, sha256="other", values={"x": 2}, differences=lambda _: ["x: 1 → 2"])
    with pytest.raises(InputError, match="a run of another spec \\(x: 1 → 2\\)"):
        open_run(Plan(other, ALL), tmp_path, Listener())
    same = attrs.evolve(other, differences=lambda _: [])  # the same values in another form
    run = open_run(Plan(same, ALL), tmp_path, Listener())
    assert run.manifest.spec == {"x": 2}
    assert read_manifest(tmp_path).spec == {"x": 1}  # until something is made


class Alone:
    """A group of one process, which remembers what was agreed on."""

    def __init__(self):
        self.agreed = []

    def agree(self, value=None):
        self.agreed.append(value)
        return value


def test_only_stages_of_a_group_are_sent_to_it(tmp_path):
    group = Alone()
    stages = (FIRST, attrs.evolve(SECOND, by_group=True))
    open_run(plan(stages), tmp_path, Listener(), group=group).make_all()
    assert [task.stage.name for task in group.agreed] == ["write b"]


def test_many_stages_of_a_kind_say_how_long_the_others_take(tmp_path):
    stages = [attrs.evolve(FIRST, name=f"write {k}", outputs=(f"{k}.txt",)) for k in range(41)]
    listener = make(tmp_path, stages)[1]
    assert len([note for note in listener.notes if note.startswith("write: ") and note.endswith("min left")]) == 2


def test_temporary_files_are_removed_with_the_stage_that_kept_them(tmp_path):
    (tmp_path / "half.tmp").write_text("half")
    with pytest.raises(InputError, match="holds no run"):
        make(tmp_path, (FIRST,))
    (tmp_path / "half.tmp").unlink()
    kept = attrs.evolve(FIRST, temporary=("half.txt",), make=functools.partial(write_half))
    make(tmp_path, (kept,))
    assert contents(tmp_path) == {"a.txt": "x"}
    assert json.loads((tmp_path / NAME).read_text())["stages"].keys() == {"write a"}


def write_half(context, stage, text):
    (context.folder / "half.txt").write_text("half")
    return write(context, stage, text)


def test_a_record_that_is_continued_is_a_run(tmp_path):
    """A record may lack outputs; once a stage is made in it, nothing may be absent."""
    run, _ = make(tmp_path)
    (tmp_path / "b.txt").unlink()
    write_record(tmp_path, run.manifest)
    assert left_out(tmp_path, run.manifest) == {"b.txt"}
    run, _ = make(tmp_path)
    (tmp_path / "b.txt").unlink()
    assert left_out(tmp_path, run.manifest) == frozenset()
