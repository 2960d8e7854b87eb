"""Fresh data of a spec, drawn from the exact solution: what a trained network is tested on."""

from collections.abc import Iterator

import attrs

from paper_repro.files import InputError, input_error
from paper_repro.numerics.arguments import Count, Seed, checked_arguments
from paper_repro.physics.exact import EXACT_TERMS, has_exact_solution, without_exact_solution
from paper_repro.physics.truth import Truth
from paper_repro.sampling.generate import generate
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.spec import Dataset, Spec

_SHARD = 100  # sequences that are held at a time


def require_exact_solution(spec: Spec) -> None:
    """Raise ``InputError`` for a spec whose chains have no exact solution, or not at its temperature."""
    truth = Truth.of(spec.hamiltonian, spec.beta)
    if not has_exact_solution(truth.terms):
        found = f"no exact solution with {', '.join(without_exact_solution(truth.terms))}"
        raise InputError(f"spec {spec.name}: hamiltonian", found, EXACT_TERMS)
    try:
        truth.require_served()
    except ValueError as error:
        raise input_error(f"spec {spec.name}: target.temperature", error, "a higher temperature") from error


def require_exchange(spec: Spec) -> None:
    """Raise ``InputError`` for a spec of which not every term is an exchange."""
    others = [term.name for term in spec.hamiltonian.terms if term.family != "exchange"]
    if others:
        raise InputError(f"spec {spec.name}: hamiltonian", f"{', '.join(others)}", "exchange terms only")


@checked_arguments
def exact_data(spec: Spec, sequences: Count, snapshots: Count, seed: Seed) -> Iterator[Snapshots]:
    """Return an iterator over ``sequences`` sequences with ``snapshots`` independent snapshots each, at the spec's temperature.

    The same seed gives the same data. Raises ``InputError``, before anything is drawn, where the spec has no exact solution or
    these sizes cannot be served.

    >>> spec = pr.load_spec(pr.specs_folder() / "smoke.toml").record
    >>> [record.spins.shape for record in pr.exact_data(spec, sequences=2, snapshots=3, seed=0)]
    [(3, 13, 3), (3, 12, 3)]
    """
    require_exact_solution(spec)
    try:
        settings = attrs.evolve(
            spec,
            sampler=attrs.evolve(spec.sampler, method="exact"),
            training_set=Dataset(1, 1),
            test_set=Dataset(sequences, snapshots),
            readout=attrs.evolve(spec.readout, sequences=1),
            seeds=attrs.evolve(spec.seeds, data=seed),
        )
    except ValueError as error:
        where = f"--sequences {sequences} --snapshots {snapshots} of spec {spec.name}"
        raise input_error(where, error, "sizes that can be served") from error
    return _draw(settings)


def _draw(settings: Spec) -> Iterator[Snapshots]:
    sequences = settings.test_set.sequences
    for first in range(0, sequences, _SHARD):
        shard = generate(settings, "test", first, min(first + _SHARD, sequences))
        yield from (shard.chain(index) for index in range(len(shard)))
