"""``paper-repro score-error``: the score of trained networks against the exact one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from paper_repro.cli.checks import require_at_least, require_device, require_weights, spec_at
from paper_repro.cli.console import console_beside, reporter_beside, write_json
from paper_repro.cli.options import JsonTarget, SpecFile, Whole
from paper_repro.files import sha256
from paper_repro.numerics.measured import Measured
from paper_repro.numerics.parallel import one_core
from paper_repro.pipeline.progress import TerminalReporter
from paper_repro.report.document import Section, Text
from paper_repro.report.terminal import show
from paper_repro.spec import Spec

if TYPE_CHECKING:
    from paper_repro.analysis.score_error import ScoreError


def score_error(
    weights: Path,
    /,
    *others: Path,
    configurations: Whole = 128,
    seed: Whole = 0,
    spec: SpecFile = None,
    device: str = "cpu",
    json: JsonTarget = None,
) -> int:
    """Compare the score of trained networks with the exact one by diffusion time: the origin of the error of ln Z.

    Parameters
    ----------
    weights
        A safetensors file of trained weights.
    others
        Further files.
    configurations
        Number of configurations at each time.
    seed
        Seed of the configurations, the noise and the sampling of the exact score.
    device
        Device on which the networks are evaluated: cpu, cuda or cuda:n.
    """
    settings, files = spec_at(spec), [weights, *others]
    require_at_least(2, configurations=configurations)
    require_at_least(0, seed=seed)
    require_weights(files)
    require_device(device)
    from paper_repro.analysis.score_error import cost_of
    from paper_repro.pipeline.codec import plain

    console = console_beside(json)
    found = _compared(files, settings, configurations, seed, device, reporter_beside(console))
    costs = [Measured(*cost_of(errors)) for errors in found]
    part = _section(
        found, costs, [file.stem for file in files], f"{configurations} exact configurations of {settings.likelihood.chain}"
    )
    show([part], f"paper_repro · {settings.name}", console)
    results = {
        "weights_sha256": [sha256(file) for file in files],
        "configurations": configurations,
        "seed": seed,
        "spec": settings.name,
        "times": [item.time for item in found[0]],
        "networks": [[attrs.asdict(item) for item in errors] for errors in found],
        "cost": costs,
    }
    write_json(json, plain(results))
    return 0


def _compared(
    files: Sequence[Path], spec: Spec, configurations: int, seed: int, device: str, reporter: TerminalReporter
) -> "list[list[ScoreError]]":
    """Compare each network, on the same configurations, with the exact score of the spec's chain of the likelihood."""
    import numpy as np

    from paper_repro.analysis import score_error as analysis
    from paper_repro.physics.exact import ExactChain
    from paper_repro.physics.hamiltonian import coupling_matrix
    from paper_repro.physics.species import as_species
    from paper_repro.sampling.exact_data import require_exact_solution, require_exchange
    from paper_repro.score.field import NetworkScore
    from paper_repro.score.network_for import network_for

    require_exact_solution(spec)
    require_exchange(spec)
    networks = [network_for(file, spec, device)[0] for file in files]
    species = as_species(spec.likelihood.chain, spec.hamiltonian.species)
    law = ExactChain(coupling_matrix(species, spec.hamiltonian), spec.beta)
    times, found = analysis.comparison_times(spec.likelihood), []
    with reporter, one_core():  # so that no number depends on how many cores there are
        for file, model in zip(files, networks, strict=True):
            reporter.stage(f"score of {file.name}", len(times))
            score, generator = NetworkScore(model, species), np.random.default_rng(seed)
            errors = analysis.score_errors(score, law, times, configurations, analysis.SWEEPS, generator, reporter.advance)
            found.append(errors)
    return found


def _section(found: "Sequence[Sequence[ScoreError]]", costs: Sequence[Measured], names: Sequence[str], size: str) -> Section:
    from paper_repro.studies.reproduction.sections.score_errors import of_network

    text = (
        f"{size}, diffused to each time; s* is their exact score, sampled. Of each network, error: √⟨|s - s*|²⟩ / √⟨|s*|²⟩;"
        " slope: ⟨s·s*⟩ / ⟨|s|²⟩; cost: ½ t ⟨(s* - s)·s*⟩ per spin, whose integral over ln t is the error of -⟨ln p⟩,"
        " to first order."
    )
    networks = zip(names, found, costs, strict=True)
    blocks = (block for name, errors, cost in networks for block in (Text(f"{name}:"), of_network(errors, cost)))
    return Section("Score against the exact one", (Text(text), *blocks))
