"""The run directory: every stage once, nothing lost, nothing believed that was altered. On a spec of seconds."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
import torch
from rich.console import Console

from paper_repro.analysis.audit import audit_weights
from paper_repro.analysis.basis_fit import least_squares, normal_equations
from paper_repro.analysis.comparison import compare
from paper_repro.cli.audit import audit
from paper_repro.cli.report import show_report
from paper_repro.cli.reproduce import run_spec
from paper_repro.cli.status import status
from paper_repro.files import InputError, sha256
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.pipeline.engines import Engine
from paper_repro.pipeline.manifest import made_in, read_manifest, write_manifest
from paper_repro.sampling import storage
from paper_repro.score.field import NetworkForce
from paper_repro.score.weights import load_weights
from paper_repro.spec import Target, load_spec, specs_folder
from paper_repro.studies.reproduction.collect import collect
from paper_repro.studies.reproduction.figures.draw import FIGURES
from paper_repro.studies.reproduction.results_file import as_json
from tests.support.commands import command, refused
from tests.support.tiny import Listener, make_run, opened, shas, silent

#: Networks as poor as those of the tiny run have no plateau.
DRAWN = {figure.name for figure in FIGURES} - {"plateau"}


def test_a_run_makes_every_stage_and_says_who_made_it(done):
    manifest = read_manifest(done)
    kinds = {name.split(" seed")[0].split(" ")[0] for name in manifest.stages}
    made = {"note", "sample", "diagnose", "train", "invert", "read", "likelihood", "calibrate", "end", "thermodynamic", "report"}
    assert kinds == made
    for fact in ("commit", "python", "torch", "numpy", "processor", "cores", "started"):
        assert manifest.sessions[0][fact]
    assert manifest.spec["seeds"]["data"] == 20260423
    assert not list(done.rglob("*.tmp"))
    assert not list(done.rglob("*checkpoint*"))


def test_the_report_shows_every_stage_every_claim_and_no_reproduction(done):
    screen = (done.parent / "screen.txt").read_text()
    for title in (
        "Does the paper hold?",
        "Sampling",
        "Training",
        "Table 1",
        "Inversion",
        "Interaction matrix",
        "Partition function",
        "Error of the finite end time of the diffusion",
        "Thermodynamic integration",
        "Assumptions",
        "Verdicts",
    ):
        assert title in screen
    for value in ("0.9974", "0.8698", "0.8759", "0.6206", "-0.4643", "-0.3778", "-0.2928", "1,057,440", "lost"):
        assert value in screen
    assert "REPRODUCED" not in screen
    assert "DEVIATES" not in screen
    page = (done / "report.html").read_text()
    assert "REPRODUCED" not in page.split("</style>")[1]
    assert page.count("<svg") == page.count("<figcaption>") == len(DRAWN)
    assert "http" not in page.split("</style>")[1]
    data = json.loads((done / "results.json").read_text())
    assert {item["verdict"] for item in data["verdicts"]} == {"INCONCLUSIVE"}
    assert len(data["inversion"]) == 2


def test_the_report_tells_what_was_assumed_and_who_made_what(done):
    page = (done / "report.html").read_text()
    assert "the solver is lost" in page  # the reason of likelihood.solver
    assert "the solver is lost" not in (done.parent / "screen.txt").read_text()  # a long table is for the page
    manifest = read_manifest(done)
    assert manifest.sessions[0]["commit"] in page
    assert set(made_in(manifest, manifest.sessions[0])) == set(manifest.stages)
    other = attrs.evolve(manifest, sessions=(*manifest.sessions, {"started": "2999-01-01T00:00:00Z"}))
    assert set(made_in(other, other.sessions[0])) == set(manifest.stages)
    assert made_in(other, other.sessions[1]) == []


def test_figures_are_images_of_both_kinds(done):
    names = {path.stem for path in (done / "figures").iterdir()}
    assert names == DRAWN
    for name in names:
        assert (done / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (done / f"figures/{name}.svg").read_text()


@pytest.mark.usefixtures("one_figure")
def test_the_authors_weights_are_asked_what_ours_are(done, tiny, golden, tmp_path):
    """With one of our own networks in their place its numbers come out, and no other output changes."""
    spec = load_spec(tiny).record
    theirs = done / "weights/seed-1.safetensors"
    make_run(spec, tmp_path / "run", Listener(), authors=theirs.read_bytes())
    ours, before = shas(tmp_path / "run"), shas(done)
    assert {name: ours[name] for name in ours if "authors" not in name} == {name: before[name] for name in before if name in ours}
    results = collect(tmp_path / "run", spec, set(ours))
    same = results.inversion.trained[1]
    for name in ("cosine", "r2", "scale"):
        assert getattr(results.inversion.authors, name).value == getattr(same, name).value
    assert results.calibration.authors == results.calibration.trained[1]  # networks as poor as this one have no plateau
    assert list(map(as_json, results.likelihood.authors)) == list(map(as_json, results.likelihood.trained[1]))
    assert as_json(results.readout.authors) == as_json(results.readout.trained[1])
    assert as_json(results.readout.authors) != as_json(results.readout.trained[0])
    console = Console(file=(tmp_path / "screen").open("w"), width=120)
    show_report(tmp_path / "run", console)
    console.file.close()
    assert (tmp_path / "screen").read_text().count("authors' weights") >= 4
    with pytest.raises(InputError, match="no-such-weights"):
        run_spec(tiny, tmp_path / "other", silent(), tmp_path / "no-such-weights")
    assert not (tmp_path / "other").exists()


def test_the_exact_sampler_runs_to_its_report(tiny, tmp_path):
    spec = load_spec(tiny).record
    exactly = attrs.evolve(spec, sampler=attrs.evolve(spec.sampler, method="exact"))
    make_run(exactly, tmp_path / "run", Listener())
    console = Console(file=(tmp_path / "screen").open("w"), width=120)
    show_report(tmp_path / "run", console)
    console.file.close()
    screen = (tmp_path / "screen").read_text()
    assert "independent snapshots from the exact solution, T₀ = 0.05." in screen
    assert "4 replicas, T₀" not in screen
    assert {path.stem for path in (tmp_path / "run/figures").iterdir()} == DRAWN


@pytest.mark.usefixtures("one_figure")
def test_a_network_without_a_plateau_keeps_its_column(done, tmp_path):
    """Seed 0 is not calibrated: seed 1's numbers stay in seed 1's column, and the report says why seed 0 has none."""
    run = shutil.copytree(done, tmp_path / "run")
    manifest = read_manifest(run)
    numbers = {"value": 0.71, "standard_error": 0.02}
    parts = [{"failed": "the slope is -1", "threshold": -1.0}]
    names = ("alpha", "beta_effective", "ln_z", "exact_ln_z", "gap", "residual", "high_energy", "flat_until")
    parts.append({"threshold": -1.0, "low_energy_count": 9, "above": [numbers] * 2} | dict.fromkeys(names, numbers))
    stages = dict(manifest.stages)
    for seed, part in enumerate(parts):
        path = run / f"results/calibration-{seed}.json"
        path.write_text(json.dumps(part))
        made = {f"results/calibration-{seed}.json": sha256(path)}
        stages[f"calibrate seed {seed}"] = attrs.evolve(stages[f"calibrate seed {seed}"], outputs=made)
    write_manifest(run, attrs.evolve(manifest, stages=stages))
    console = Console(file=(tmp_path / "screen").open("w"), width=160)
    show_report(run, console)
    console.file.close()
    screen = (tmp_path / "screen").read_text()
    assert "seed 0 has no plateau: the slope is -1" in " ".join(screen.split())
    alpha = next(line for line in screen.splitlines() if line.lstrip("│ ").startswith("α "))
    cells = [cell.strip() for cell in alpha.strip("│").split("│")]
    assert cells[1:] == ["—", "0.710 ± 0.020"]


@pytest.mark.usefixtures("one_figure")
def test_weights_that_do_not_serve_the_spec_are_refused_before_the_work(tiny, golden, tmp_path):
    """They serve 100 sites and two identities."""
    path = tiny.parent / "long.toml"
    text = (
        tiny.read_text()
        .replace("longest = { value = 8,", "longest = { value = 101,")
        .replace("[architecture]\n", '[architecture]\npositions = { value = 101, status = "assumed", why = "a test" }\n')
    )
    path.write_text(text)
    with pytest.raises(InputError, match="serves 100 sites and 2 species; expected at least 101 sites"):
        run_spec(path, tmp_path / "run", silent(), golden / "weights/smoke-seed-0.safetensors")
    assert not (tmp_path / "run").exists()


def test_a_finished_run_is_skipped_whole(done, tiny):
    listener = Listener()
    make_run(load_spec(tiny).record, done, listener)
    assert listener.made == []
    assert len(listener.skipped) == 2 + 1 + 8 + 6 + 2


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_no_byte(done, tiny, tmp_path, threads):
    before = torch.get_num_threads()
    make_run(load_spec(tiny).record, tmp_path / "run", Listener(), threads=threads)
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert ours == {name: theirs[name] for name in ours}
    assert torch.get_num_threads() == before


def test_results_that_are_not_in_the_manifest_are_not_taken(done):
    spec = load_spec(specs_folder() / "paper.toml").record
    nothing = collect(done, spec, set())
    assert not nothing.inversion
    assert nothing.sampling is None
    assert nothing.constants == ()


def test_threads_of_any_executor_make_the_same_bytes(done, tiny, tmp_path):
    before = torch.get_num_threads()
    engine = Engine(lambda: ThreadPoolExecutor(3), 6, 1)
    make_run(load_spec(tiny).record, tmp_path / "run", Listener(), engine=engine)
    ours, theirs = shas(tmp_path / "run"), shas(done)
    assert ours == {name: theirs[name] for name in ours}
    assert torch.get_num_threads() == before


@pytest.mark.usefixtures("one_figure")
def test_a_chain_of_longer_range_runs_without_what_needs_the_exact_solution(tiny, tmp_path):
    spec = load_spec(tiny).record
    far = attrs.evolve(spec.hamiltonian.terms[0], name="L_AA", separation=3, coupling=-0.2)
    other = attrs.evolve(
        spec,
        hamiltonian=attrs.evolve(spec.hamiltonian, terms=(*spec.hamiltonian.terms, far)),
        likelihood=attrs.evolve(spec.likelihood, chain="AABAAB"),
    )
    listener = Listener()
    make_run(other, tmp_path / "run", listener)
    assert "thermodynamic integration" in listener.made
    assert any("left out" in note for note in listener.notes)
    show_report(tmp_path / "run", silent())


def test_a_temperature_that_cannot_be_served_is_refused_before_the_work(tiny, tmp_path):
    spec = load_spec(tiny).record
    cold = attrs.evolve(spec, target=Target(1e-6))
    with pytest.raises(InputError, match=r"target\.temperature"):
        opened(cold, tmp_path / "run", Listener())
    assert not (tmp_path / "run").exists()


def test_too_few_different_sequences_are_refused_before_the_work(tiny, tmp_path):
    spec = load_spec(tiny).record
    few = attrs.evolve(spec, chains=attrs.evolve(spec.chains, shortest=2, longest=3))
    with pytest.raises(
        InputError, match=r"^chains\.draw: 'distinct', and more sequences of [23] sites than the [48] different ones"
    ):
        opened(few, tmp_path / "run", Listener())
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("one_figure")
def test_status_and_report_of_a_run_that_stopped(tiny, tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        make_run(load_spec(tiny).record, tmp_path / "run", Listener("train seed 1"))
    console = Console(record=True, quiet=False, file=(tmp_path / "screen").open("w"), width=100)
    assert status(tmp_path / "run", stages=True) == 0
    assert "not finished" in (listed := capsys.readouterr().out)
    assert "invert seed 0: made" in listed
    show_report(tmp_path / "run", console)
    console.file.close()
    screen = (tmp_path / "screen").read_text()
    assert "INCONCLUSIVE" in screen


@pytest.mark.usefixtures("one_figure")
def test_a_refined_run_is_trained_and_asked_as_its_spec_says(tiny, refined, tmp_path, capsys):
    """From sampling to report; its couplings are those of its weights at two times, extrapolated, and not those at one."""
    whole = load_spec(tiny).record
    spec = attrs.evolve(
        whole,
        diffusion=attrs.evolve(refined.diffusion, forward_kernel="brownian", target="conditional-score"),
        architecture=attrs.evolve(refined.architecture, single_width=8, pair_width=4, pair_hidden=4, blocks=1),
        training=attrs.evolve(refined.training, epochs=2, batch=6, seeds=(0,)),
        inversion=attrs.evolve(whole.inversion, query_times=(0.002, 0.01)),
    )
    run = tmp_path / "run"
    make_run(spec, run, Listener())
    assert json.loads((run / "results/training-0.json").read_text())["steps"] == 12  # 2 epochs of 18 chains, 3 in a batch of 6
    weights = run / "weights/seed-0.safetensors"
    assert load_weights(weights)[1].architecture == spec.architecture
    shard = storage.load(run / "ensemble/test-00000.npz")
    found = json.loads((run / "results/inversion-0.json").read_text())["scale"]["value"]
    model, _ = load_weights(weights)
    scales = {}
    for times in ((0.002, 0.01), (0.002,)):
        equations = normal_equations(NetworkForce(model, times), [shard.chain(k) for k in range(30)], Terms.of(spec.hamiltonian))
        scales[times] = compare(least_squares(equations), Truth.of(spec.hamiltonian, 20.0)).scale
    assert found == pytest.approx(scales[0.002, 0.01], rel=1e-12)
    assert abs(found - scales[0.002,]) > 1e-3 * abs(found)
    done = audit_weights(weights, spec, 8, 2, 0)
    assert done.query_times == (0.002, 0.01)
    console = Console(file=(tmp_path / "screen").open("w"), width=120)
    assert audit(weights, spec=tiny, sequences=8, snapshots=2, json=tmp_path / "figures.json") == 0
    show_report(run, console)
    console.file.close()
    assert "t = 0.002, 0.01 and extrapolated to 0" in " ".join(capsys.readouterr().out.split())
    assert json.loads((tmp_path / "figures.json").read_text())["query_times"] == [0.002, 0.01]
    assert "not the published protocol" in (run / "results.json").read_text()
    published = whole
    kept = {name: record.key for name, record in read_manifest(run).stages.items()}
    make_run(published, tmp_path / "other", Listener(), "sample")
    other = {name: record.key for name, record in read_manifest(tmp_path / "other").stages.items()}
    assert {name: kept[name] for name in other} == other  # the network is no part of what does not depend on it


@pytest.mark.usefixtures("one_figure")
def test_the_report_gives_its_numbers_as_json_but_not_into_the_run(done, tmp_path):
    status, out, err = command("report", done, "--json", "-")
    assert (status, json.loads(out)) == (0, json.loads((done / "results.json").read_text()))
    assert "INCONCLUSIVE" in err
    (tmp_path / "link").symlink_to(done)
    for target in (done / "results.json", done / "new/numbers.json", tmp_path / "link/numbers.json"):
        assert "in the run directory" in refused("report", done, "--json", target)
        assert "in the run directory" in refused("reproduce", "--out", done, "--json", target)
    assert "--json: given with --stage sample" in refused("reproduce", "--out", tmp_path, "--stage", "sample", "--json", "-")
