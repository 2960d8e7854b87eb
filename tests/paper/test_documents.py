"""The tables, sentences and the figure of README.md and REPRODUCE.md are those of the recorded runs."""

import re

import attrs
import pytest

from paper_repro.files import sha256
from paper_repro.pipeline.manifest import made_in, read_manifest
from tests.support.ten_trainings import ten_trainings
from tools import discussion, evidence, findings, summary, write_documents
from tools.golden_records import recorded_run


@pytest.fixture(scope="module")
def records():
    return write_documents.recorded()


def test_documents_state_what_the_run_found(pytestconfig, records):
    for name, text in write_documents.documents(records).items():
        found = (pytestconfig.rootpath / name).read_text(encoding="utf-8")
        assert found == text, f"{name} differs from golden/paper: python -m tools.write_documents writes it again"


def test_another_number_in_the_results_is_seen_in_every_document(pytestconfig, records):
    """The broken twin."""
    results = records.run.subject.results
    first, *others = results.inversion.trained
    moved = attrs.evolve(first, r2=attrs.evolve(first.r2, value=first.r2.value + 0.05))
    inversion = attrs.evolve(results.inversion, trained=(moved, *others))
    subject = attrs.evolve(records.run.subject, results=attrs.evolve(results, inversion=inversion))
    run = attrs.evolve(records.run, subject=subject)
    for name, text in write_documents.documents(attrs.evolve(records, run=run)).items():
        assert (pytestconfig.rootpath / name).read_text(encoding="utf-8") != text


def test_the_figure_is_that_of_the_records(pytestconfig, records):
    """The same text and shapes, and every coordinate to 0.01 points: fonts and rounding may differ in the last digits."""
    drawn = summary.figure(*records.both)
    kept = (pytestconfig.rootpath / summary.FIGURE).read_text(encoding="utf-8")
    assert same_picture(kept, drawn)
    assert "published recipe, " in re.sub("<[^>]*>", "", kept)  # text, not outlines
    a_point = re.search(r'<use xlink:href="#\w+" x="(\d+)', kept)
    assert not same_picture(kept.replace(a_point[0], a_point[0].replace(a_point[1], "1")), drawn)  # the broken twin


def same_picture(first, second):
    decimal = r"-?\d+\.\d+"
    places = [[float(number) for number in re.findall(decimal, text)] for text in (first, second)]
    return re.sub(decimal, "", first) == re.sub(decimal, "", second) and places[0] == pytest.approx(places[1], abs=0.01)


def test_a_sentence_that_the_records_contradict_is_refused(records):
    """Broken twins of the sentences of README.md and REPRODUCE.md: trainings of the published recipe without a deficit."""
    better = attrs.evolve(records.refined.subject, published=records.run.subject.published)
    for sentence in (findings.verdict, findings.findings):
        extra = (0.01, write_documents.decisions("statements.json")) if sentence is findings.findings else ()
        with pytest.raises(ValueError, match="the records contradict the sentence"):
            sentence(better, records.run.subject, *extra)
    with pytest.raises(ValueError, match="the records contradict the sentence"):
        discussion.refined_run(better, records.run.subject)
    assert findings.verdict(*records.both).startswith("**Verdict.**")


def with_ten(run, cosine=0.0):
    """The subject of a run with ten trainings, whose cosines are larger by ``cosine``."""
    return attrs.evolve(run, results=ten_trainings(run.results, run.published, cosine))


@pytest.fixture(scope="module")
def three(first_run):
    """The subject of the first run, with three trainings."""
    return recorded_run(first_run).subject


def test_every_verdict_is_decided_and_states_its_probability(records, three):
    """With ten trainings; the first run had three. Where ten have the plateaus of these three, the authors' network is no draw."""
    run = records.run.subject
    assert findings.draws(three) is None
    low, high = findings.draws(run)
    decisions = write_documents.decisions("statements.json")
    sentence = findings.findings(run, records.refined.subject, 0.01, decisions)
    assert f"seven REPRODUCED, each as one more of ten trainings (two-sided probability {low:.2f} to {high:.2f};" in sentence
    ours, first = sentence.split("; by the first rule ")
    assert "INCONCLUSIVE" not in ours
    assert first.startswith("four REPRODUCED, three INCONCLUSIVE)")
    discussed = discussion.published_run(run)
    (bias,) = re.findall(r"J_BB / J_AA by (-?0\.\d+) ±", discussed)
    assert float(bias) == pytest.approx(run.judgements[3].value - 0.5, abs=1e-2)
    assert "R² of the inversion by" not in discussed  # R² is at most 1: its mean cannot be the truth
    assert "By α nothing distinguishes their network from a draw of our recipe" in discussed
    assert "the published R², J_BB / J_AA, K_AA / J_AA, K_AB / J_AA" in discussed
    assert "too, for J_BB / J_AA (0.13), K_AA / J_AA (0.33), K_AB / J_AA (0.86), K_BB / J_AA (0.45):" in discussed
    assert "has the two-sided probability 0.39 instead of 0.38." in discussed
    assert "ln(1 - cosine)" not in discussion.published_run(three)
    assert "this is open" in discussion.published_run(three)
    assert "is not a draw of our recipe" in discussion.published_run(with_ten(three))


def test_a_cosine_that_no_training_has_contradicts_the_sentence_on_the_ratios(three):
    """The broken twin: ten trainings whose cosines are all larger than the published one."""
    far = with_ten(three, cosine=0.1)
    assert far.judgements[0].decided.verdict == "DEVIATES"
    with pytest.raises(ValueError, match="the records contradict the sentence"):
        discussion.published_run(far)


def test_networks_that_see_what_the_test_sees_contradict_the_sentence_on_the_witness(golden):
    """The broken twin: worlds in which the networks of the largest term see nothing."""
    reports = [evidence.recorded_statements(golden / name) for name in write_documents.STATEMENTS]
    worlds = evidence.recorded_worlds(golden / "witness.json")
    assert "**The witness.**" in evidence.evidence(*reports, worlds)
    blind = [attrs.evolve(world, network=1.0) for world in worlds]
    with pytest.raises(ValueError, match="the records contradict the sentence"):
        evidence.evidence(*reports, blind)


def test_the_first_screen_is_short(pytestconfig):
    text = re.sub("<!--.*?-->", "", (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8"))
    assert len([word for word in text.split() if re.search(r"\w", word)]) <= 900


def test_every_link_leads_somewhere(pytestconfig):
    """Links of the documents to files and to their headings."""
    root = pytestconfig.rootpath
    pages = [*root.glob("*.md"), *root.glob("docs/*.md"), root / "golden/README.md", root / "benchmarks/README.md"]
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            assert target.startswith("http") or is_there(page, target), f"{page.name}: {target}"
    assert not is_there(root / "README.md", "no_such_page.md")  # the broken twin
    assert not is_there(root / "README.md", "REPRODUCE.md#no-such-heading")


def is_there(page, target):
    name, _, heading = target.partition("#")
    path = page.parent / name if name else page
    if not path.exists():
        return False
    found = re.findall(r"(?m)^#+ (.+)$", path.read_text(encoding="utf-8")) if heading else []
    return not heading or heading in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


def test_a_block_that_is_missing_is_named():
    with pytest.raises(ValueError, match="block 'claims'"):
        write_documents.written("no block here", {"claims": "text"})


def test_the_record_of_the_run_is_whole(golden):
    """results.json, report and figures are those that the run's own manifest lists, of the spec as it is, by a clean commit."""
    manifest = read_manifest(write_documents.RUN)
    listed = manifest.stages["report"].outputs
    found = {path.relative_to(golden / "paper").as_posix() for path in (golden / "paper").rglob("*") if path.is_file()}
    found -= {"manifest.json", "record.json"}
    assert found == {name for name in listed if not name.endswith(".png")}  # the page holds the same pictures
    for name in found:
        assert sha256(golden / "paper" / name) == listed[name], name
    for seed in range(10):
        made = manifest.stages.get(f"train seed {seed}", manifest.stages.get(f"adopt seed {seed}"))
        expected = made.outputs[f"weights/seed-{seed}.safetensors"]
        assert sha256(golden / "weights" / f"paper-seed-{seed}.safetensors") == expected
    for session in manifest.sessions:
        if made_in(manifest, session):
            assert len(session["commit"]) == 40, session["commit"]  # no uncommitted changes
