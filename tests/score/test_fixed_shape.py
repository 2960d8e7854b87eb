"""Batches of one fixed shape, the path that a GPU takes, on the processor: the losses of the other path, and nothing else."""

import attrs
import numpy as np
import pytest
import torch

from paper_repro.numerics.parallel import one_core, workers
from paper_repro.physics.sphere import normalise
from paper_repro.score.pairformer import build
from paper_repro.score.training import TrainingData, train
from paper_repro.score.training.batches import Batches
from paper_repro.score.training.fixed_shape import FixedShapeBatches, FixedShapeGradient, filled, on_device
from paper_repro.score.training.gradient import loss_and_gradient
from paper_repro.score.training.state import TrainingState

SHAPE = {"single_width": 16, "pair_width": 8, "pair_hidden": 8, "heads": 2, "blocks": 2, "positions": 12}
CPU = torch.device("cpu")


@pytest.fixture(params=["published", "refined"])
def batches(request, paper, refined):
    """40 chains of 5 to 11 sites, a batch of 12: the last of each epoch has four."""
    spec = paper.record if request.param == "published" else refined
    generator = np.random.default_rng(0)
    lengths = generator.integers(5, 12, size=40)
    spins = [normalise(generator.standard_normal((1 + k % 3, n, 3))).astype(np.float32) for k, n in enumerate(lengths)]
    chains = TrainingData([generator.integers(0, 2, n) for n in lengths], spins)
    recipe = attrs.evolve(spec.training, batch=12, epochs=13)
    return Batches(chains, spec.diffusion, recipe, 0), attrs.evolve(spec.architecture, **SHAPE)


def test_fifty_steps_follow_the_losses_of_the_processor(batches):
    """The same batches and noise through both paths: the losses agree, of the published recipe to 1e-5."""
    made, shape = batches
    plain = train(made.data, shape, made.settings, made.training, made.seed).losses[:50]
    model = build(shape, made.seed).train()
    gradient, total = FixedShapeGradient(model, made.training.batch, 11), made.training.steps(len(made.data.species))
    state = TrainingState.start(model, made.training)
    with one_core():
        for step in range(50):
            loss = gradient(made(step)).item()
            torch.nn.utils.clip_grad_norm_(model.parameters(), made.training.gradient_clip_norm)
            state.step(made.training, total, loss)
    close = 1e-5 if made.training.noise == "independent" else 1e-4  # a loss of up to 60, and steps of Muon, which amplify rounding
    assert state.losses == pytest.approx(plain.tolist(), rel=close)
    assert np.abs(np.array(state.losses[1:]) - plain[:-1]).max() > 1e-2  # the broken twin: other batches


def test_the_gradient_of_a_short_batch_is_that_of_its_chains_alone(batches):
    made, shape = batches
    model = build(shape, 1).double()
    short = made(3 if made.training.noise == "independent" else 6)
    batch = attrs.evolve(short, **{name: getattr(short, name).double() for name in ("spins", "target", "time", "weight")})
    with workers(1) as executor:
        value, slopes = loss_and_gradient(model, batch, executor)
    assert FixedShapeGradient(model, 12, 11)(batch).item() == pytest.approx(value, rel=1e-12)
    for slope, parameter in zip(slopes, model.parameters(), strict=True):
        assert (slope is None) == (parameter.grad is None)
        assert slope is None or torch.allclose(slope, parameter.grad, rtol=1e-9, atol=1e-12)


def test_what_fills_a_batch_has_no_weight_and_one_shape(batches):
    made, _ = batches
    short = made(3 if made.training.noise == "independent" else 6)
    whole = filled(short, 12, 11)
    rows, sites = short.mask.shape
    assert rows < 12
    assert whole.spins.shape == whole.target.shape == (12, 11, 3)
    assert torch.equal(whole.spins[:rows, :sites], short.spins)
    assert not whole.mask[:rows, sites:].any()
    assert whole.mask.any(1).all()  # attention needs a valid key
    assert not whole.weight[rows:].any()


def test_batches_on_a_device_have_the_chains_of_the_step(batches):
    """The same sequences and snapshots in the same order, with noise that the device draws: on the processor the same generator."""
    made, _ = batches
    device = FixedShapeBatches(made, CPU)
    for step in (0, 3, 5):
        ours, theirs = device(step), made(step)
        longest = theirs.mask.shape[1]
        assert torch.equal(ours.mask[:, :longest], theirs.mask)
        assert torch.equal(ours.species[:, :longest] * ours.mask[:, :longest], theirs.species * theirs.mask)
        assert torch.equal(ours.time, theirs.time)
        assert torch.isfinite(ours.target[ours.mask]).all()
        assert torch.equal(device(step).spins, ours.spins)


def test_data_on_a_device_are_the_data(batches):
    made, _ = batches
    data = on_device(made.data.species, made.data.spins, CPU)
    species, spins, mask = data.batch(np.array([7, 2]), [1, 2])
    for row, (chain, snapshot) in enumerate(((7, 1), (2, 2))):
        sites = len(made.data.species[chain])
        assert mask[row].sum() == sites
        assert np.array_equal(species[row, :sites], made.data.species[chain])
        assert np.array_equal(spins[row, :sites], made.data.spins[chain][snapshot])
