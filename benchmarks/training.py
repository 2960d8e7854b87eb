"""Training at the paper's size: one optimiser step's gradient, by groups of similar length, against the direct form."""

import attrs
import numpy as np
import torch

from benchmarks.measure import Figure, at_least, at_most, medians, seconds
from paper_repro.numerics.parallel import workers
from paper_repro.physics.sphere import normalise
from paper_repro.score import diffusion, training
from paper_repro.score.pairformer import build
from paper_repro.spec import load_spec, specs_folder
from tests.support.direct_form import direct

_STEPS = 50
_SPEC = load_spec(specs_folder() / "paper.toml").record


def _data(count: int) -> training.TrainingData:
    """Random chains of the paper's lengths; what the spins are does not matter for the time."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(_SPEC.chains.shortest, _SPEC.chains.longest, size=count, endpoint=True)
    spins = [normalise(generator.standard_normal((10, length, 3))).astype(np.float32) for length in lengths]
    return training.TrainingData([generator.integers(0, 2, length) for length in lengths], spins)


def against_the_direct_form() -> Figure:
    generator = torch.Generator().manual_seed(0)
    batch = training.noised(training.batch_at(_data(256), _SPEC.training, 0, 0), _SPEC.diffusion, generator)
    model, plain = build(_SPEC.architecture, 0), direct(build(_SPEC.architecture, 0))
    pad = (0, _SPEC.chains.longest - batch.species.shape[1])
    codes, mask = torch.nn.functional.pad(batch.species, pad), torch.nn.functional.pad(batch.mask, pad)
    spins, target = torch.nn.functional.pad(batch.spins, (0, 0, *pad)), torch.nn.functional.pad(batch.target, (0, 0, *pad))

    def slow() -> None:
        loss = diffusion.loss(plain(codes, spins, batch.time, mask), target, batch.time, mask)
        torch.autograd.grad(loss, list(plain.parameters()), allow_unused=True)

    def fast() -> None:
        with workers(2) as executor:
            training.loss_and_gradient(model, batch, executor)

    slow_time, fast_time = medians(slow, fast)
    detail = f"{slow_time:.2f} s against {fast_time:.2f} s for the gradient of one batch of 256"
    return at_least("training step against the direct form, padded to 50, pairs concatenated", 3, slow_time / fast_time, detail)


def of_the_paper() -> Figure:
    data = _data(_STEPS * _SPEC.training.batch)
    once = attrs.evolve(_SPEC.training, epochs=1)
    whole = _SPEC.training.steps(_SPEC.training_set.sequences)
    time = seconds(lambda: training.train(data, _SPEC.architecture, _SPEC.diffusion, once, 0))
    return at_most(f"paper training, {whole:,} steps, extrapolated from {_STEPS}", 60, time / _STEPS * whole / 60, "min")


FIGURES = (against_the_direct_form, of_the_paper)
