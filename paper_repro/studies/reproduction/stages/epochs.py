"""The inversion of a training at the end of each of its last epochs, on a part of the test set."""

import itertools
import math
from collections.abc import Sequence

import attrs

from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.networks import Network
from paper_repro.studies.reproduction.recorded_epochs import SEQUENCES, weights_of_epoch
from paper_repro.studies.reproduction.results import EpochInversion
from paper_repro.studies.reproduction.results_file import as_json
from paper_repro.studies.reproduction.run_files import SHARD, chains_of, constants_of, device_constant, shards
from paper_repro.studies.reproduction.stages.inversion import inverted


def epochs_stage(spec: Spec, network: Network, epochs: Sequence[int]) -> Stage:
    """Return the stage that inverts the weights that a training had at the end of some ``epochs``."""
    weights = tuple(weights_of_epoch(network, epoch, spec) for epoch in epochs)
    inputs = (*weights, *shards(spec, "test")[: math.ceil(SEQUENCES / SHARD)])
    constants = constants_of(spec, "hamiltonian", "target", "inversion", "seeds") | device_constant(network.device)
    return Stage(
        f"invert epochs of {network.label}", "invert", 1, invert_epochs, (f"results/epochs-{network.name}.json",), inputs,
        constants | {"epochs": list(epochs)}, (spec, network, tuple(epochs)), len(epochs),
    )  # fmt: skip


def invert_epochs(context: StageContext, stage: Stage, spec: Spec, network: Network, epochs: Sequence[int]) -> Files:
    """Read the couplings out of the force at the end of each epoch, all on the same sequences."""
    quiet, found = attrs.evolve(context, advance=lambda *_: None), []
    for done, (epoch, weights) in enumerate(zip(epochs, stage.inputs, strict=False)):
        chains = itertools.islice(chains_of(context.folder, spec, "test"), SEQUENCES)
        found.append(EpochInversion(epoch, inverted(quiet, spec, network, weights, chains)))
        context.advance(done + 1)
    return {stage.outputs[0]: as_json(found)}
