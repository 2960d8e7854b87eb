"""Adoption of a training that exists: its weights are kept in the run, with their SHA-256 and what made them."""

from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.studies.reproduction.adoption import FoundTraining
from paper_repro.studies.reproduction.networks import trained
from paper_repro.studies.reproduction.results_file import CONVERTER, as_json


def adoption_stage(found: FoundTraining) -> Stage:
    """Return the stage that keeps the weights of a training in the run, in the place of the stage that trains."""
    outputs = trained(found.seed).weights, f"results/adopted-{found.seed}.json"
    constants = CONVERTER.unstructure(found.record)
    return Stage(f"adopt seed {found.seed}", "adopt", 4, adopt, outputs, constants=constants, arguments=(found,))


def adopt(_: StageContext, stage: Stage, found: FoundTraining) -> Files:
    """Keep the weights as they are, and the record of where they come from."""
    weights, record = stage.outputs
    return {weights: found.weights, record: as_json(found.record)}
