"""Table 1, the cosine and R²: recomputed from weights on fresh sequences of the exact solution, and compared with golden files.

Tolerances come from the number of equations: standard errors by resampling sequences. Golden files are golden/test_table_1/; the
command that makes them is in golden/MANIFEST.toml.
"""

import math

import attrs
import numpy as np
import pytest

from paper_repro.analysis.audit import Audit, audit_weights
from paper_repro.physics.terms import BoundTerms
from paper_repro.score.field import NetworkForce
from paper_repro.spec import load_published, load_spec, specs_folder

SEQUENCES, SNAPSHOTS = 300, 5


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return {claim.measured: claim.published for claim in load_published(specs_folder() / "published.toml").record.claims}


@pytest.fixture(scope="module")
def smoke():
    return load_spec(specs_folder() / "smoke.toml").record


@pytest.fixture(scope="module")
def smoke_weights(golden):
    return golden / "weights" / "smoke-seed-0.safetensors"


@pytest.fixture(scope="module")
def smoke_audit(smoke_weights, smoke) -> Audit:
    return audit_weights(smoke_weights, smoke, SEQUENCES, SNAPSHOTS, seed=0)


@pytest.fixture(scope="module")
def authors_audit(authors_weights, paper) -> Audit:
    return audit_weights(authors_weights, paper.record, SEQUENCES, SNAPSHOTS, seed=0)


def figures(audit: Audit) -> dict[str, tuple[float, float]]:
    """Ratios, cosine and R² with their standard errors, under the names of the claims; the anchor, which is 1, left out."""
    fit, compared = audit.fit, audit.comparison
    ratios = zip(fit.terms, compared.ratios, compared.ratio_errors, strict=True)
    named = {f"inversion.ratios.{name}": (float(value), float(error)) for name, value, error in ratios if error > 1e-12}
    return named | {"inversion.cosine": (compared.cosine, compared.cosine_error), "inversion.r2": (fit.r2, fit.r2_error)}


def check_golden(audit: Audit, ndarrays_regression) -> None:
    """The same seeds again: the same numbers, or on another machine numbers within three standard errors."""
    values = figures(audit)
    arrays = {name.removeprefix("inversion."): np.array([value]) for name, (value, _) in values.items()}
    tolerances = {name.removeprefix("inversion."): {"atol": 3 * error, "rtol": 0} for name, (_, error) in values.items()}
    ndarrays_regression.check(arrays | {"equations": np.array([audit.fit.equations])}, tolerances=tolerances)


def agree(first: Audit, second: Audit) -> bool:
    """Independent sequences: within five combined standard errors (false alarm below 1e-5 for seven figures)."""
    ours, theirs = figures(first), figures(second)
    return all(abs(ours[name][0] - theirs[name][0]) < 5 * math.hypot(ours[name][1], theirs[name][1]) for name in ours)


def meets(audit: Audit, published: dict[str, float], sequences: int) -> bool:
    """Within four combined standard errors of the published value, which is itself a draw of 2,000 sequences."""
    widen = math.sqrt(1 + sequences / 2000)
    return all(abs(value - published[name]) < 4 * widen * error + 1e-4 for name, (value, error) in figures(audit).items())


def test_golden_of_the_smoke_weights(smoke_audit, ndarrays_regression):
    check_golden(smoke_audit, ndarrays_regression)


def test_fresh_sequences_give_the_same_table(smoke_audit, smoke_weights, smoke):
    assert agree(audit_weights(smoke_weights, smoke, 200, SNAPSHOTS, seed=1), smoke_audit)


def test_other_weights_and_another_query_are_told_apart(smoke_audit, smoke_weights, smoke, monkeypatch):
    """The broken twins: identities exchanged, and the network asked at another time."""
    plain = NetworkForce.__call__
    with monkeypatch.context() as patch:
        patch.setattr(NetworkForce, "__call__", lambda self, codes, spins: plain(self, 1 - codes, spins))
        assert not agree(audit_weights(smoke_weights, smoke, 100, SNAPSHOTS, seed=1), smoke_audit)
    with monkeypatch.context() as patch:
        patch.setattr(NetworkForce, "__call__", lambda self, codes, spins: plain(attrs.evolve(self, times=(0.3,)), codes, spins))
        assert not agree(audit_weights(smoke_weights, smoke, 100, SNAPSHOTS, seed=1), smoke_audit)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_golden_of_the_published_run(golden, paper, ndarrays_regression, seed):
    """The first three trainings of the published recipe: their ratios, cosine and R², on the same fresh sequences."""
    weights = golden / "weights" / f"paper-seed-{seed}.safetensors"
    check_golden(audit_weights(weights, paper.record, SEQUENCES, SNAPSHOTS, seed=0), ndarrays_regression)


def test_golden_of_the_authors_weights(authors_audit, ndarrays_regression):
    check_golden(authors_audit, ndarrays_regression)


def test_the_authors_weights_give_the_published_table(authors_audit, published, authors_weights, paper, monkeypatch):
    assert meets(authors_audit, published, SEQUENCES)
    # the broken twins: a basis whose next-nearest terms have lost their projection, and exchanged identities
    with monkeypatch.context() as patch:
        patch.setattr(BoundTerms, "gradients", BoundTerms.fields)
        assert not meets(audit_weights(authors_weights, paper.record, 100, SNAPSHOTS, seed=0), published, 100)
    plain = NetworkForce.__call__
    with monkeypatch.context() as patch:
        patch.setattr(NetworkForce, "__call__", lambda self, codes, spins: plain(self, 1 - codes, spins))
        assert not meets(audit_weights(authors_weights, paper.record, 100, SNAPSHOTS, seed=0), published, 100)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_authors_weights_on_all_the_equations(authors_weights, paper, published, seed):
    """2,000 × 5, any seed: R² within 0.003, cosine within 0.0005, every ratio within 0.004 of the published value."""
    audit = audit_weights(authors_weights, paper.record, 2000, SNAPSHOTS, seed=seed)
    assert audit.fit.equations > 1_000_000
    bounds = {"inversion.r2": 0.003, "inversion.cosine": 0.0005}
    for name, (value, _) in figures(audit).items():
        assert abs(value - published[name]) < bounds.get(name, 0.004), name
