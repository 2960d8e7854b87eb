"""The inversion of each network, and its interaction matrix W."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from paper_repro.analysis import basis_fit, readout
from paper_repro.analysis.comparison import Comparison, compare
from paper_repro.files import input_error
from paper_repro.numerics.arrays import Floats
from paper_repro.numerics.measured import Measured
from paper_repro.physics.species import as_word
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.field import NetworkForce
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.capabilities import EXCHANGE_ALONE
from paper_repro.studies.reproduction.networks import Network
from paper_repro.studies.reproduction.results import Example, Inversion, Readout
from paper_repro.studies.reproduction.results_file import as_json
from paper_repro.studies.reproduction.run_files import (
    chains_of,
    constants_of,
    device_constant,
    force_of_network,
    force_of_weights,
    shards,
    stream,
)


def inversion_stages(spec: Spec, network: Network) -> list[Stage]:
    """Return the stages that invert the force of a network, and that read its W."""
    inputs = (network.weights, *shards(spec, "test"))
    constants = constants_of(spec, "hamiltonian", "target", "inversion", "seeds") | device_constant(network.device)
    names = f"results/inversion-{network.name}.json", f"results/readout-{network.name}.json"
    arguments = spec, network
    return [
        Stage(f"invert {network.label}", "invert", 4, invert, names[:1], inputs, constants, arguments, spec.test_set.sequences),
        Stage(
            f"read W of {network.label}", "read", 5, read_interaction, names[1:], inputs,
            constants_of(spec, "hamiltonian", "target", "readout", "inversion") | device_constant(network.device), arguments,
            spec.readout.sequences, needs=(EXCHANGE_ALONE,),
        ),
    ]  # fmt: skip


def invert(context: StageContext, stage: Stage, spec: Spec, network: Network) -> Files:
    """Read the couplings out of a network's force on the test set."""
    chains = chains_of(context.folder, spec, "test")
    return {stage.outputs[0]: as_json(inverted(context, spec, network, network.weights, chains))}


def inverted(context: StageContext, spec: Spec, network: Network, weights: str, chains: Iterable[Snapshots]) -> Inversion:
    """Return the inversion of the force of a network, with the ``weights`` of that file, on some chains."""
    force = force_of_weights(context.folder, spec, network, weights)
    try:
        equations = basis_fit.normal_equations(force, chains, Terms.of(spec.hamiltonian), context.advance, threads=context.threads)
        seed = stream(spec, "inversion", *network.key)
        fit = basis_fit.least_squares(equations, spec.inversion.resamples, seed, spec.inversion.r2_about)
        comparison = compare(fit, Truth.of(spec.hamiltonian, spec.beta))
    except ValueError as error:
        raise input_error(f"{context.folder}: inversion of {network.label}", error, "a force to invert") from error
    return inversion_of(fit, comparison)


def inversion_of(fit: basis_fit.Fit, comparison: Comparison) -> Inversion:
    """Return the record of a fit and of its comparison with the truth."""
    return Inversion(
        cosine=Measured(comparison.cosine, comparison.cosine_error),
        r2=Measured(fit.r2, fit.r2_error),
        r2_about_zero=Measured(fit.r2_about_zero),
        scale=Measured(comparison.scale, comparison.scale_error),
        force_error=Measured(comparison.force_error),
        ratios=_by_term(fit.terms, comparison.ratios, comparison.ratio_errors),
        couplings=_by_term(fit.terms, fit.coefficients, fit.coefficient_errors),
        equations=Measured(fit.equations, 0.0),
        condition=fit.condition,
    )


def _by_term(names: Sequence[str], values: Floats, errors: Floats) -> Mapping[str, Measured]:
    return {name: Measured(float(value), float(error)) for name, value, error in zip(names, values, errors, strict=True)}


def read_interaction(context: StageContext, stage: Stage, spec: Spec, network: Network) -> Files:
    """Read W of a network on the first snapshot of the first test sequences, and the size of its force there."""
    chains = list(itertools.islice(chains_of(context.folder, spec, "test", 1), spec.readout.sequences))

    def counted() -> Iterator[Snapshots]:
        for index, snapshots in enumerate(chains):
            context.advance(index + 1)
            yield snapshots

    force, truth = force_of_network(context.folder, spec, network), Truth.of(spec.hamiltonian, spec.beta)
    try:
        read = readout.read_interaction(force.interaction, counted(), truth, threads=context.threads)
    except ValueError as error:
        raise input_error(f"{context.folder}: reading W of {network.label}", error, "an interaction to read") from error
    magnitudes = readout.force_magnitudes(force, chains, truth, threads=context.threads)
    found = attrs.asdict(read, recurse=False)
    return {stage.outputs[0]: as_json(Readout(**found, force_magnitudes=magnitudes, example=_example(force, chains[0], spec)))}


def _example(force: NetworkForce, chosen: Snapshots, spec: Spec) -> Example:
    species, spins = chosen.species, chosen.spins
    sequence = as_word(species, spec.hamiltonian.species)
    return Example(sequence, spins[0], force.interaction(species, spins)[0], force(species, spins)[0])
