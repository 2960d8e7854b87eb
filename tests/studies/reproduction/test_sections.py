"""The report of any law is true of it: what was not measured is a dash, and nothing of the paper is said of another law."""

import copy
import html
import io
import json
import re
import statistics

import attrs
import pytest
from rich.console import Console

from paper_repro.files import InputError
from paper_repro.pipeline import codec
from paper_repro.pipeline.manifest import read_manifest
from paper_repro.report import markdown, terminal
from paper_repro.report.document import Table
from paper_repro.report.html import page as page_of
from paper_repro.report.numbers import number
from paper_repro.studies.reproduction.figures import draw
from paper_repro.studies.reproduction.protocol import published_protocol
from paper_repro.studies.reproduction.recorded_spec import recorded_spec
from paper_repro.studies.reproduction.results import ByNetwork, Results
from paper_repro.studies.reproduction.results_file import CONVERTER, as_json, read_results
from paper_repro.studies.reproduction.sections import sections
from paper_repro.studies.reproduction.subject import Subject
from tests.support.ten_trainings import ten_trainings

PAPERS = (r"0\.9974", r"0\.8698", r"0\.8759", r"0\.6206", "1,057,440", r"0\.5095", "Table 1", "Does the paper hold")


@pytest.fixture(scope="module")
def manifest(first_run):
    return read_manifest(first_run)


@pytest.fixture(scope="module")
def results(first_run):
    return read_results(first_run / "results.json")


@pytest.fixture(scope="module")
def spec(first_run, manifest):
    return recorded_spec(manifest, first_run)


@pytest.fixture(scope="module")
def text_of(manifest):
    """What the report says of results and a spec."""

    def text(results, spec):
        subject = Subject.of(results, spec, *published_protocol())
        return markdown.document(sections(subject, manifest), "report", {})

    return text


def with_terms(spec, **couplings):
    """The spec with other couplings for some terms, and without those that are None."""
    terms = [attrs.evolve(term, coupling=couplings.get(term.name, term.coupling)) for term in spec.hamiltonian.terms
             if couplings.get(term.name, 0.0) is not None]  # fmt: skip
    return attrs.evolve(spec, hamiltonian=attrs.evolve(spec.hamiltonian, terms=tuple(terms)))


def nothing_is_missing(text):
    return not re.search(r"\b(None|nan|NaN|inf)\b", text)


def test_the_papers_law_is_compared_with_the_paper(results, spec, text_of):
    text = text_of(results, spec)
    for words in PAPERS:
        assert re.search(rf"\b{words}\b", text), words
    assert nothing_is_missing(text)


def test_another_law_is_not(results, spec, text_of):
    """J_AB is the strongest: ratios are to it."""
    text = text_of(results, with_terms(spec, J_AB=1.2))
    for words in (*PAPERS, "six"):
        assert not re.search(rf"\b{words}\b", text), words
    assert "J_AA / J_AB" in text
    assert "not the paper's" in text
    assert "published" not in text.replace("published numbers", "")


def test_one_term_has_no_ratio_and_no_cosine(results, spec, text_of):
    text = text_of(results, with_terms(spec, J_AB=None, J_BB=None, K_AA=None, K_AB=None, K_BB=None))
    assert "Ratios" not in text
    assert "cosine" not in text
    assert "J_AA" in text
    assert "J_AA / J_AA" not in text


def test_a_law_without_exact_solution_is_told_so_once(results, spec, text_of):
    far = attrs.evolve(spec.hamiltonian.terms[-1], separation=3)
    other = attrs.evolve(spec, hamiltonian=attrs.evolve(spec.hamiltonian, terms=(*spec.hamiltonian.terms[:-1], far)))
    none = attrs.evolve(results, calibration=ByNetwork(), likelihood=ByNetwork(), end_time=None)
    text = text_of(none, other)
    assert text.count("no exact solution: energies") == 1
    assert "Partition function" not in text
    assert "converged (None)" not in text


def test_without_the_authors_weights_nothing_is_said_of_their_numbers(results, spec, text_of):
    sections_of_networks = {
        name: attrs.evolve(getattr(results, name), authors=None) for name in ("inversion", "readout", "calibration", "likelihood")
    }
    text = text_of(attrs.evolve(results, **sections_of_networks), spec)
    assert "authors' weights, here" not in text
    assert "were not given" in text


def places(data, path=()):
    """Yield the path of everything in plain results; of lists the first entry stands for all."""
    if path:
        yield path
    items = data.items() if isinstance(data, dict) else list(enumerate(data))[:1] if isinstance(data, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def shortened(data):
    """Plain results with a few entries of each long list: what a section shows is not in them."""
    if isinstance(data, dict):
        return {key: shortened(value) for key, value in data.items()}
    return [shortened(value) for value in data[:8]] if isinstance(data, list) else data


def with_nulls(whole, *paths):
    data = copy.deepcopy(whole)
    for path in paths:
        place = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = None
    return data


def is_one_line_at(line, path):
    """Whether an error names the file and a key on the path."""
    named = [step for step in path if isinstance(step, str) and step in line]
    assert named, (line, path)
    return line.startswith("results") and "; expected " in line and "\n" not in line


def everywhere(results, spec, manifest):
    """What a report says in a terminal, on a page and in Markdown."""
    parts = sections(Subject.of(results, spec, *published_protocol()), manifest)
    console = Console(file=io.StringIO(), width=200)
    terminal.show(parts, "report", console)
    page = html.unescape(re.sub(r"<[^>]*>", " ", page_of(parts, {}, "report", "lead")))
    return console.file.getvalue(), page, markdown.document(parts, "report", {})


def test_a_null_at_any_place_of_the_results_is_refused_in_one_line_or_left_out_of_every_report(results, spec, manifest):
    """A number or a section may be null: a dash, or left out. All else is refused with its path in the file.

    Numbers are null sixteen at a time: each is shown at places of its own.
    """
    whole = shortened(json.loads(as_json(results)))
    kinds = {tuple("J" if str(step)[:2] in {"J_", "K_"} else step for step in path): path for path in places(whole)}
    numbers, parts, refused = [], [], 0
    for path in kinds.values():
        try:
            read_back(with_nulls(whole, path))
        except InputError as error:
            assert is_one_line_at(str(error), path), path  # noqa: PT017
            refused += 1
        else:
            (numbers if isinstance(at(whole, path), float) else parts).append((path,))
    together = [sum(numbers[k : k + 16], ()) for k in range(0, len(numbers), 16)]
    assert min(refused, len(numbers)) > 60
    assert parts
    for paths in together + parts:
        for text in everywhere(read_back(with_nulls(whole, *paths)), spec, manifest):
            assert nothing_is_missing(text), paths


def at(data, path):
    for step in path:
        data = data[step]
    return data


def without_numbers(data):
    """The same with null for every number that may be null."""
    if isinstance(data, dict):
        return {key: without_numbers(value) for key, value in data.items()}
    if isinstance(data, list):
        return [without_numbers(value) for value in data]
    return None if isinstance(data, float) else data


SHOWN = {
    "sampling": ("sampling", "ensemble"),
    "training": ("training",),
    "inversion": ("ratios", "argument"),
    "thermodynamic_integration": ("thermodynamic_integration",),
}


@pytest.mark.parametrize("section", SHOWN)
def test_figures_are_drawn_where_no_number_is_known(section, results, spec, monkeypatch):
    whole = json.loads(as_json(results))
    given = ("conformations", "bond_cosines", "betas")  # no results: they are there
    part = without_numbers(whole[section])
    if isinstance(part, dict):
        part |= {name: whole[section][name] for name in given if name in whole[section]}
    if section == "sampling":
        for which in ("training", "test"):
            part[which]["z_histogram"] = whole[section][which]["z_histogram"]
    subject = Subject.of(read_back(whole | {section: part}), spec, *published_protocol())
    monkeypatch.setattr(draw, "FIGURES", [figure for figure in draw.FIGURES if figure.name in SHOWN[section]])
    assert {name for name in draw.draw_all(subject) if name.endswith("png")} == {f"{name}.png" for name in SHOWN[section]}


def read_back(data):
    data.pop("format", None)
    return codec.build(data, Results, "results", CONVERTER)


def test_a_report_in_which_a_null_is_shown_is_seen():
    """The broken twin."""
    assert not nothing_is_missing("pooled z of the energy None")
    assert not nothing_is_missing("0.1 ± nan")
    assert nothing_is_missing("Nonesuch, finance")


def test_no_table_has_a_row_or_a_cell_too_many(results, spec, manifest):
    subject = Subject.of(results, spec, *published_protocol())
    for section in sections(subject, manifest):
        for table in section.blocks_of(Table):
            assert table.rows
            assert table.numbers <= set(table.columns)
            assert all(len(row) == len(table.columns) for row in table.rows)


def test_many_trainings_are_summarised_on_the_screen_and_listed_on_the_page(results, spec, manifest):
    """Mean ± standard deviation, the smallest and the largest; each training is in a table of the page."""
    published, protocol = published_protocol()
    subject = Subject.of(ten_trainings(results, published), spec, published, protocol)
    built = {section.title: section for section in sections(subject, manifest)}
    values = [part.r2.value for part in subject.results.inversion.trained]
    summary, full = built["Inversion"].blocks_of(Table)
    assert summary.columns == ("", "10 trainings", "smallest", "largest", "authors' weights")
    (row,) = (row for row in summary.rows if row[0] == "R²")
    assert row[1] == number(statistics.fmean(values), statistics.stdev(values))
    assert [cell.split(" ")[0] for cell in row[2:4]] == [f"{edge:.5f}" for edge in (min(values), max(values))]
    assert full.page_only
    assert full.columns == ("", *(f"seed {k}" for k in range(10)), "authors' weights")
    for title in ("Inversion", "Interaction matrix", "Partition function"):
        shown = [table for table in built[title].blocks_of(Table) if not table.page_only]
        assert max(len(table.columns) for table in shown) == 5, title
    assert nothing_is_missing(markdown.document(built.values(), "report", {}))
