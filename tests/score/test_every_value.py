"""Every permitted value of a spec that reaches the network: trained, saved, loaded, inverted, its likelihood followed.

The values are found from the classes (``tests.support.values``); a run of all of them, report included, is in
tests/studies/reproduction/test_runs_of_every_value.py.
"""

import attrs
import numpy as np
import pytest
import torch

from paper_repro.analysis import likelihood
from paper_repro.analysis.basis_fit import least_squares, normal_equations
from paper_repro.physics.terms import Terms
from paper_repro.sampling.generate import generate
from paper_repro.score import training
from paper_repro.score.field import NetworkScore, force_of
from paper_repro.score.weights import load_weights, save_weights
from paper_repro.spec import Spec
from tests.support.values import Change, changed, changes, label, permitted

SECTIONS = ("diffusion", "architecture", "training", "inversion", "likelihood")
CHANGES = [change for change in changes() if change[0][0] in SECTIONS]
#: What contradicts the other values of the tiny spec below; what nothing permits is not listed by ``changes``.
REFUSED = {
    "architecture.species=1", "architecture.positions=2", "architecture.positions=5", "training.seeds=()",
    "inversion.query_times=()",
}  # fmt: skip


@pytest.fixture(scope="module")
def spec(paper) -> Spec:
    whole = paper.record
    return attrs.evolve(
        whole,
        chains=attrs.evolve(whole.chains, shortest=6, longest=8),
        sampler=attrs.evolve(whole.sampler, method="exact"),
        training_set=attrs.evolve(whole.training_set, sequences=8, snapshots=2),
        test_set=attrs.evolve(whole.test_set, sequences=12, snapshots=1),
        readout=attrs.evolve(whole.readout, sequences=1),
        architecture=attrs.evolve(whole.architecture, single_width=4, pair_width=4, pair_hidden=4, heads=1, blocks=2),
        training=attrs.evolve(whole.training, epochs=1, batch=4),
        inversion=attrs.evolve(whole.inversion, resamples=2),
        likelihood=attrs.evolve(whole.likelihood, chain="ABBA", configurations=2, steps=5),
    )


@pytest.fixture(scope="module")
def data(spec):
    """Training data, and test chains."""
    shards = generate(spec, "training", 0, 8), generate(spec, "test", 0, 12)
    train, test = ([shard.chain(k) for k in range(len(shard))] for shard in shards)
    return training.TrainingData.of(train), test


def test_the_values_that_a_spec_refuses_are_known(spec):
    assert len(CHANGES) > 70
    allowed = permitted(spec)
    assert {label(change) for change in CHANGES if change not in allowed} == REFUSED


def goes_through(spec: Spec, data, folder) -> None:
    chains, test = data
    seed = spec.training.seeds[0]
    done = training.train(chains, spec.architecture, spec.diffusion, spec.training, seed)
    assert np.isfinite(done.losses).all()
    path = folder / "weights.safetensors"
    times = spec.inversion.query_times
    save_weights(path, done.model, query_times=times, spec_sha256="", seed=seed, steps=len(done.losses))
    model, info = load_weights(path)
    assert (info.architecture, info.query_times) == (spec.architecture, times)
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in done.model.state_dict().items())
    equations = normal_equations(force_of(model, info, ()), test, Terms.of(spec.hamiltonian))
    fit = least_squares(equations, spec.inversion.resamples, np.random.SeedSequence(0), spec.inversion.r2_about)
    assert np.isfinite([*fit.coefficients, fit.r2]).all()
    score, spins = NetworkScore(model, test[0].species), torch.as_tensor(test[0].spins, dtype=torch.float32)
    grid, solver = likelihood.time_grid(spec.likelihood), spec.likelihood.solver
    assert likelihood.log_likelihood(score, spins, grid, score.divergence, solver=solver).isfinite().all()


@pytest.mark.parametrize("change", CHANGES, ids=label)
def test_a_permitted_value_is_trained_saved_loaded_and_inverted(spec: Spec, data, tmp_path, change: Change):
    if label(change) in REFUSED:
        with pytest.raises(ValueError, match="; expected "):
            changed(spec, change)
    else:
        goes_through(changed(spec, change), data, tmp_path)
