"""Training of the networks, one a seed, and the authors' network brought into the run."""

import hashlib
from pathlib import Path

import numpy as np

from paper_repro.files import sha256
from paper_repro.pipeline.environment import maker
from paper_repro.pipeline.manifest import key_of
from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.score import training
from paper_repro.score.execution import execution
from paper_repro.score.pairformer import parameter_count
from paper_repro.score.ranks import Ranks
from paper_repro.score.weights import weights_as_bytes
from paper_repro.spec import Spec, digest, training_digest
from paper_repro.studies.reproduction.networks import AUTHORS, trained
from paper_repro.studies.reproduction.recorded_epochs import recorded_epochs, weights_of_epoch
from paper_repro.studies.reproduction.results import Training
from paper_repro.studies.reproduction.results_file import as_json
from paper_repro.studies.reproduction.run_files import chains_of, constants_of, device_constant, shards


def training_stage(spec: Spec, seed: int, device: str) -> Stage:
    """Return the stage that trains the network of one seed; a GPU trains another draw than a processor."""
    constants = constants_of(spec, "architecture", "diffusion", "training") | {"query_times": spec.inversion.query_times}
    constants["training"].pop("seeds")
    constants |= device_constant(device)
    checkpoint, network = f"weights/seed-{seed}.checkpoint.safetensors", trained(seed)
    epochs = tuple(weights_of_epoch(network, epoch, spec) for epoch in recorded_epochs(spec)[:-1])
    return Stage(
        f"train seed {seed}", "train", 5, train, (network.weights, f"results/training-{seed}.json", *epochs),
        shards(spec, "training"), constants, (spec, seed, device),
        total=spec.training.steps(spec.training_set.sequences),
        temporary=(checkpoint, str(training.previous(Path(checkpoint)))), by_group=True,
    )  # fmt: skip


def import_stage(weights: bytes) -> Stage:
    """Return the stage that keeps the authors' ``weights`` in the run, with the results that are computed from them."""
    constants = hashlib.sha256(weights).hexdigest()
    return Stage(
        "import the authors' weights", "import", 4, import_weights, (AUTHORS.weights,), constants=constants, arguments=(weights,)
    )


def train(context: StageContext, stage: Stage, spec: Spec, seed: int, device: str) -> Files:
    """Train the network of one seed on the training set, on a device, or with the ranks of the context where it has some."""
    epochs = list(recorded_epochs(spec)[:-1])
    data = training.TrainingData.of(chains_of(context.folder, spec, "training"))
    key = key_of(stage.constants, seed, [sha256(context.folder / name) for name in stage.inputs], epochs)
    where, ranks = execution(device, context.threads), context.group if isinstance(context.group, Ranks) else None
    done = training.train(
        data, spec.architecture, spec.diffusion, spec.training, seed,
        checkpoint=context.folder / stage.temporary[0], key=key,
        progress=lambda step, _, loss: context.advance(step, f"loss {loss:.4f}"), say=context.say,
        where=where, ranks=ranks, record=epochs,
    )  # fmt: skip
    weights, results, *of_epochs = stage.outputs
    of_each = dict(zip((weights, *of_epochs), (done.model, *(done.epochs[epoch] for epoch in epochs)), strict=True))
    steps = spec.training.steps_in_epoch(len(data.species))
    made = maker(where.name, 1 if ranks is None else ranks.size)
    ends = dict(zip(of_each, (spec.training.epochs, *epochs), strict=True))
    losses = np.array(done.losses), np.array(list(training.smoothed(done.losses, steps)))
    kept = {
        name: weights_as_bytes(
            model,
            query_times=spec.inversion.query_times,
            spec_sha256=digest(spec),
            training_sha256=training_digest(spec),
            seed=seed,
            steps=steps * ends[name],
            made=made,
        )
        for name, model in of_each.items()
    }
    return {**kept, results: as_json(Training(len(done.losses), parameter_count(done.model), *losses))}


def import_weights(_: StageContext, stage: Stage, weights: bytes) -> Files:
    """Keep the authors' weights."""
    return {stage.outputs[0]: weights}
