"""Sampling: the data sets, shard by shard."""

from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.sampling import storage
from paper_repro.sampling.ensemble import Which
from paper_repro.sampling.generate import generate
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.run_files import SHARD, constants_of, sequences_of, shards


def sampling_stages(spec: Spec, which: Which) -> list[Stage]:
    """Return the stages that sample a data set, one a shard."""
    count, names = sequences_of(spec, which), shards(spec, which)
    constants = constants_of(spec, "hamiltonian", "target", "chains", "ladder", "sampler", "training_set", "test_set", "seeds")
    stages = []
    for number, name in enumerate(names):
        first, last = number * SHARD, min((number + 1) * SHARD, count)
        label = f"sample {which} {number + 1}/{len(names)}"
        arguments = spec, which, first, last
        stages.append(Stage(label, "sample", 4, sample, (name,), (), constants, arguments, last - first))
    return stages


def sample(context: StageContext, stage: Stage, spec: Spec, which: Which, first: int, last: int) -> Files:
    """Sample the sequences from ``first`` up to ``last``."""
    made = generate(spec, which, first, last, progress=context.advance, threads=context.threads)
    return {stage.outputs[0]: storage.as_bytes(made)}
