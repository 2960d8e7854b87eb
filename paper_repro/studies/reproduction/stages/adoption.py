"""Adoption of a training that exists: its weights are kept in the run, with their SHA-256 and what made them."""

import hashlib

from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.adoption import FoundTraining
from paper_repro.studies.reproduction.networks import trained
from paper_repro.studies.reproduction.recorded_epochs import weights_of_epoch
from paper_repro.studies.reproduction.results_file import CONVERTER, as_json


def adoption_stage(spec: Spec, found: FoundTraining) -> Stage:
    """Return the stage that keeps the weights of a training in the run, instead of the stage that trains."""
    network = trained(found.seed)
    epochs = {weights_of_epoch(network, epoch, spec): weights for epoch, weights in found.epochs.items()}
    outputs = network.weights, f"results/adopted-{found.seed}.json", *epochs
    constants = [CONVERTER.unstructure(found.record), [hashlib.sha256(weights).hexdigest() for weights in epochs.values()]]
    return Stage(f"adopt seed {found.seed}", "adopt", 4, adopt, outputs, constants=constants, arguments=(found,))


def adopt(_: StageContext, stage: Stage, found: FoundTraining) -> Files:
    """Keep the weights as they are, and the record of where they come from."""
    weights, record, *epochs = stage.outputs
    return {weights: found.weights, record: as_json(found.record), **dict(zip(epochs, found.epochs.values(), strict=True))}
