"""The report: the results of a run judged, its figures drawn, its pages written."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from paper_repro.pipeline.manifest import Manifest
from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.report import html
from paper_repro.report.document import Section
from paper_repro.spec import Published, Spec, canonical
from paper_repro.studies.reproduction import determinism
from paper_repro.studies.reproduction.caveats import caveats
from paper_repro.studies.reproduction.collect import collect
from paper_repro.studies.reproduction.heading import heading, title_and_lead
from paper_repro.studies.reproduction.results import Results
from paper_repro.studies.reproduction.results_file import write_results
from paper_repro.studies.reproduction.sections import sections
from paper_repro.studies.reproduction.subject import Subject
from paper_repro.studies.reproduction.verdicts import judge_all, with_draw_of

NAME = "report"


@attrs.frozen
class Report:
    """The report on a run: its title and sections, and the results in them."""

    title: str
    sections: Sequence[Section]
    results: Results


def report_stage(spec: Spec, published: Published, protocol: Spec, made: Iterable[str]) -> Stage:
    """Return the stage that reports on the results among the outputs ``made``: all of a run, or those that it has so far."""
    inputs = tuple(sorted(name for name in made if name.startswith("results/")))
    constants = [canonical(spec), canonical(published), canonical(protocol)]
    arguments = spec, published, protocol
    outputs = "results.json", "report.html"
    return Stage(NAME, "report", 3, make_report, outputs, inputs, constants, arguments, reads_manifest=True)


def make_report(context: StageContext, stage: Stage, spec: Spec, published: Published, protocol: Spec) -> Files:
    """Write results.json, report.html and the figures that the results allow."""
    from paper_repro.studies.reproduction.figures.draw import draw_all  # noqa: PLC0415  (matplotlib is slow to import)

    if context.manifest is None:
        raise ValueError("a report without a manifest; expected the manifest of the run")
    report = report_of(context.folder, context.manifest, spec, published, protocol, stage.inputs)
    subject = Subject.of(report.results, spec, published, protocol)
    drawn = draw_all(subject)
    images = {name.removesuffix(".svg"): data for name, data in drawn.items() if name.endswith(".svg")}
    title, lead = title_and_lead(of_the_paper=subject.published is not None)
    return {
        "results.json": write_results(report.results),
        "report.html": html.page(report.sections, images, title, lead, report.title).encode(),
        **{f"figures/{name}": data for name, data in drawn.items()},
    }


def report_of(folder: Path, manifest: Manifest, spec: Spec, published: Published, protocol: Spec, inputs: Sequence[str]) -> Report:
    """Judge the results of a run and return its report.

    Raises ``InputError`` for a file of results that is damaged, or that other code has made.
    """
    results = collect(folder, spec, inputs)
    found = caveats(spec, protocol, results)
    verdicts = judge_all(with_draw_of(spec, published), results, found)
    judged = attrs.evolve(results, caveats=found, determinism=determinism.as_results(), verdicts=verdicts)
    parts = sections(Subject.of(judged, spec, published, protocol), manifest)
    return Report(heading(spec), parts, judged)


def report_in(folder: Path, manifest: Manifest, spec: Spec, published: Published, protocol: Spec) -> Report:
    """Return the report on the run in a directory, up to the last stage in its manifest; writes nothing."""
    others = {stage: record for stage, record in manifest.stages.items() if stage != NAME}
    without = attrs.evolve(manifest, stages=others)
    return report_of(folder, without, spec, published, protocol, tuple(without.outputs))
