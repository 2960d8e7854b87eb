"""Caveats: only the published protocol with sound sampling has none."""

import math

import attrs
import numpy as np
import pytest

from paper_repro.spec import load_spec, specs_folder
from paper_repro.studies.reproduction.caveats import caveats
from paper_repro.studies.reproduction.results import (
    BondCosines,
    ByNetwork,
    DatasetDiagnostics,
    Histogram,
    Results,
    Sampling,
    Training,
)

NONE = np.zeros(0)


def sampling(z=0.4, ratio=6.0, losses=(), seeds=(7,)):
    """Results with the diagnosis of both data sets, and the losses of one training."""
    one = DatasetDiagnostics(0.8, 0.6, 0.4, 12.0, ratio, 0.0, 1.0, 3.0, z, NONE, NONE, Histogram(NONE, NONE), NONE)
    trained = ByNetwork((Training(2, 9, np.array(losses), np.array(losses)),)) if losses else ByNetwork()
    return Results("mine", "0", seeds, training=trained, sampling=Sampling(one, one, (), BondCosines(NONE, {})))


def test_only_the_published_protocol_with_sound_sampling_has_no_caveats(paper):
    spec = paper.record
    assert caveats(spec, spec, sampling()) == ()
    seeds = attrs.evolve(
        spec, seeds=attrs.evolve(spec.seeds, data=1), training=attrs.evolve(spec.training, seeds=(7, 8, 9)), name="mine"
    )
    assert caveats(seeds, spec, sampling()) == ()
    released = load_spec(specs_folder() / "released-draw.toml").record
    assert caveats(released, spec, sampling()) == ()
    independent = attrs.evolve(spec, chains=attrs.evolve(spec.chains, draw="independent"))
    assert "chains.draw" in caveats(independent, spec, sampling())[0]
    two = attrs.evolve(spec, training=attrs.evolve(spec.training, seeds=(8, 9)))
    assert "training seeds" in caveats(two, spec, sampling())[0]
    fewer = attrs.evolve(spec, training=attrs.evolve(spec.training, epochs=19))
    assert "training.epochs" in caveats(fewer, spec, sampling())[0]
    other = attrs.evolve(spec, hamiltonian=attrs.evolve(spec.hamiltonian, terms=spec.hamiltonian.terms[:5]))
    assert "K_BB" in caveats(other, spec, sampling())[0]
    assert caveats(spec, spec, Results("mine", "0", (7,))) == ("no diagnosis of the data sets",)
    assert caveats(spec, spec, sampling(losses=(0.5, 0.4))) == ()
    assert caveats(spec, spec, sampling(losses=(0.5, 0.6))) == ("training of seed 7 has not lowered its loss",)


@pytest.mark.parametrize(
    ("z", "ratio", "said"),
    [
        (-5.1, 6.0, "sampling of the training set has not converged (pooled z of the energy -5.1)"),
        (math.nan, 6.0, "convergence of the training set cannot be judged (traces too short for an error of the energy)"),
        (0.4, 0.5, "snapshots of the training set are correlated (thinning / autocorrelation = 0.50)"),
        (0.4, math.nan, "correlation of the training snapshots cannot be judged (traces too short)"),
    ],
)
def test_sampling_that_is_unsound_or_cannot_be_judged(paper, z, ratio, said):
    spec = paper.record
    found = caveats(spec, spec, sampling(z, ratio))
    assert found == (said, said.replace("training", "test"))
    exactly = attrs.evolve(spec, sampler=attrs.evolve(spec.sampler, method="exact"))
    assert caveats(exactly, exactly, sampling(z, ratio)) == ()


def test_a_law_without_exact_solution_is_not_said_to_have_missed_it(paper):
    spec = paper.record
    far = attrs.evolve(spec.hamiltonian.terms[0], name="L_AA", separation=3, coupling=-0.2)
    other = attrs.evolve(spec, hamiltonian=attrs.evolve(spec.hamiltonian, terms=(*spec.hamiltonian.terms, far)))
    found = caveats(other, other, sampling(math.nan))
    assert found[0] == "convergence of the training set cannot be judged (no exact energies)"
    assert not any("converged" in line for line in found)


def test_the_smoke_run_always_has_a_caveat(paper):
    smoke = load_spec(specs_folder() / "smoke.toml").record
    assert caveats(smoke, paper.record, sampling())
