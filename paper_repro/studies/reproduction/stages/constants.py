"""The constants of the spec with their origins, noted with the run."""

from collections.abc import Sequence

from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.spec import Constant
from paper_repro.studies.reproduction.results_file import CONVERTER, as_json

NAME = "results/constants.json"


def constants_stage(constants: Sequence[Constant]) -> Stage:
    """Return the stage that notes what each constant is and who states it."""
    rows = CONVERTER.unstructure(list(constants))
    return Stage("note the constants", "note", 4, note_constants, (NAME,), constants=rows, arguments=(tuple(constants),))


def note_constants(_: StageContext, stage: Stage, constants: Sequence[Constant]) -> Files:
    """Write the constants."""
    return {stage.outputs[0]: as_json(list(constants))}
