"""The log-likelihood with its exact divergence, at the paper's size."""

import torch

from benchmarks.measure import Figure, at_least, at_most, medians, seconds
from paper_repro.analysis.likelihood import log_likelihood, time_grid
from paper_repro.numerics.parallel import workers
from paper_repro.physics import sphere
from paper_repro.physics.species import as_species
from paper_repro.score.field import NetworkScore
from paper_repro.score.pairformer import build
from paper_repro.spec import load_spec, specs_folder

_SPEC = load_spec(specs_folder() / "paper.toml").record
_CODES = as_species(_SPEC.likelihood.chain, _SPEC.hamiltonian.species)
_SCORE = NetworkScore(build(_SPEC.architecture, 0).eval(), _CODES)


def _spins(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return sphere.normalise(torch.randn(count, len(_CODES), 3, generator=generator))


def divergence_against_reverse_mode() -> Figure:
    spins = _spins(8)
    with workers(1) as executor:
        slow, fast = executor.submit(
            medians, lambda: sphere.divergence(lambda x: _SCORE(x, 0.1), spins), lambda: _SCORE.divergence(spins, 0.1)
        ).result()
    detail = f"{1e3 * slow / len(spins):.0f} ms against {1e3 * fast / len(spins):.1f} ms for a chain of {len(_CODES)}, one core"
    return at_least("divergence from W against 2N reverse products of the score", 2, slow / fast, detail)


def of_the_paper() -> Figure:
    settings = _SPEC.likelihood
    spins = _spins(settings.configurations)
    time = seconds(lambda: log_likelihood(_SCORE, spins, time_grid(settings), _SCORE.divergence, threads=2))
    what = f"log-likelihood, {settings.configurations} configurations of a chain of {len(_CODES)}, {settings.steps} steps, 2 cores"
    return at_most(what, 5, time / 60, "min")


FIGURES = (divergence_against_reverse_mode, of_the_paper)
