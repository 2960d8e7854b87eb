"""A run on a Dask cluster of two worker processes: the same bytes, also where one of them is killed."""

import os
import signal

import attrs
import pytest
from distributed import LocalCluster

from paper_repro.cli.reproduce import run_spec
from paper_repro.files import InputError
from paper_repro.pipeline.engines import cluster
from paper_repro.spec import load_spec
from tests.support.tiny import Listener, dying, opened, shas, silent


@pytest.fixture(scope="module")
def workers():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local:
        yield local


def test_two_worker_processes_make_the_same_bytes(done, tiny, tmp_path, workers):
    assert run_spec(tiny, tmp_path / "run", silent(), scheduler=workers.scheduler_address) == 0
    ours, theirs = shas(tmp_path / "run"), shas(done)
    made = {name for name in theirs if not name.startswith(("figures", "report", "results.json"))}
    assert {name: ours[name] for name in made} == {name: theirs[name] for name in made}


@pytest.mark.faults("worker")
def test_a_worker_that_is_killed_half_way_changes_nothing(done, tiny, tmp_path, workers):
    run = opened(load_spec(tiny).record, tmp_path / "run", Listener(), engine=cluster(workers.scheduler_address))
    marker = tmp_path / "killed"
    stages = [dying(stage, marker) if stage.name == "train seed 1" else stage for stage in run.plan.stages]
    run.make(stages)
    assert marker.exists()
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert len(ours) == sum(len(stage.outputs) for stage in stages)
    assert ours == {name: theirs[name] for name in ours}


def always_deadly(*_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.faults("worker")
def test_a_stage_that_kills_every_worker_ends_in_one_line_and_keeps_the_rest(tiny, tmp_path, workers):
    run = opened(load_spec(tiny).record, tmp_path / "run", Listener(), engine=cluster(workers.scheduler_address))
    stages = {stage.name: stage for stage in run.plan.stages}
    run.make([stages["sample training 1/1"]])
    with pytest.raises(InputError, match="workers were lost during sample test 1/1"):
        run.make([attrs.evolve(stages["sample test 1/1"], make=always_deadly)])
    assert set(run.manifest.stages) == {"sample training 1/1"}


@pytest.mark.faults("worker")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "tcp://no such host:1", "nonsense", "", "tcp://"])
def test_a_scheduler_that_does_not_answer_is_one_line(tiny, tmp_path, monkeypatch, address):
    monkeypatch.setattr("paper_repro.pipeline.engines._SECONDS_TO_ANSWER", 1)
    with pytest.raises(InputError, match="--scheduler: ") as caught:
        run_spec(tiny, tmp_path / "run", silent(), scheduler=address)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_workers_here_and_on_a_cluster_exclude_each_other(tiny, tmp_path):
    with pytest.raises(InputError, match="expected one of the two"):
        run_spec(tiny, tmp_path / "run", silent(), workers=2, scheduler="tcp://127.0.0.1:8786")
