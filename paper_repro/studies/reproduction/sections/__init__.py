"""The sections of the report on a run, one file a subject, built from its results."""

from paper_repro.pipeline.manifest import Manifest
from paper_repro.report.document import Section
from paper_repro.studies.reproduction.sections.answer import answer
from paper_repro.studies.reproduction.sections.couplings import couplings, ratios
from paper_repro.studies.reproduction.sections.epochs import epochs
from paper_repro.studies.reproduction.sections.networks import interaction, inversion
from paper_repro.studies.reproduction.sections.partition_function import end_time, partition_function, thermodynamic_integration
from paper_repro.studies.reproduction.sections.provenance import assumptions, stages
from paper_repro.studies.reproduction.sections.sampling import sampling
from paper_repro.studies.reproduction.sections.training import training
from paper_repro.studies.reproduction.sections.verdicts import verdicts
from paper_repro.studies.reproduction.subject import Subject

__all__ = [
    "answer", "assumptions", "couplings", "end_time", "epochs", "interaction", "inversion", "partition_function", "ratios",
    "sampling", "sections", "stages", "thermodynamic_integration", "training", "verdicts",
]  # fmt: skip


def sections(subject: Subject, manifest: Manifest) -> list[Section]:
    """Return the sections that the results allow, in their order."""
    parts = [
        answer(subject), verdicts(subject), assumptions(subject), sampling(subject), training(subject), epochs(subject),
        ratios(subject), couplings(subject), inversion(subject), interaction(subject), partition_function(subject),
        end_time(subject), thermodynamic_integration(subject), stages(manifest),
    ]  # fmt: skip
    return [part for part in parts if part is not None]
