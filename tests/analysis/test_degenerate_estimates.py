"""Every root, logarithm, division and inverse in ``analysis``: each has a degenerate estimate here, and warnings are errors.

The code is walked: a function that takes one of them and has no line below fails the first test. Where what is divided by is no
estimate, but a count or a number of the spec that is > 0, the line says so.
"""

import ast
import math
from pathlib import Path
from types import SimpleNamespace

import attrs
import numpy as np
import pytest
import torch

import paper_repro
from paper_repro.analysis import end_time, newton, plateau, score_error
from paper_repro.analysis.basis_fit import NormalEquations, least_squares, normal_equations, r_squared
from paper_repro.analysis.claim_tests.claim_tests import couplings_from, over_networks
from paper_repro.analysis.claim_tests.cutoff import beyond_range
from paper_repro.analysis.claim_tests.discovery import discovered, errors_over_units
from paper_repro.analysis.claim_tests.plateau import PlateauOfTraining, measure_plateau
from paper_repro.analysis.claim_tests.residual import JointMoments, residual_correlation
from paper_repro.analysis.claim_tests.scale import measure_scale
from paper_repro.analysis.comparison import compare, cosine_similarity
from paper_repro.analysis.coupling_fit import fit_couplings
from paper_repro.analysis.estimate import Estimate
from paper_repro.analysis.estimator_comparison import TimedEstimate, cramer_rao_errors, quality
from paper_repro.analysis.force_field import force_on
from paper_repro.analysis.force_test import force_test
from paper_repro.analysis.identifiability import NotIdentifiableError, condition_number, solve
from paper_repro.analysis.model_capabilities import own_divergence_error, own_interaction
from paper_repro.analysis.pseudolikelihood import conditional
from paper_repro.analysis.readout import read_interaction
from paper_repro.analysis.sandwich import sandwich
from paper_repro.analysis.score_matching import score_matching
from paper_repro.numerics.measured import Measured
from paper_repro.physics.exact import ExactChain
from paper_repro.physics.terms import Exchange, Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.own_force import OwnForce

SOURCES = Path(paper_repro.__file__).parent / "analysis"
SEED = np.random.SeedSequence(0)
TERMS = Terms((Exchange("J", 1), Exchange("K", 2)), ("A",))
FREE = Truth(TERMS, [0.0, 0.0], 1.0)
CHAIN = np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1)
SPINS = ExactChain(CHAIN, 1.0).sample(6, np.random.default_rng(0))
#: Three systems; in the last one, of two sites, K acts nowhere.
DATA = [Snapshots.of(SPINS[:3]), Snapshots.of(SPINS[3:]), Snapshots.of(SPINS[:3, :2])]
EQUATIONS = NormalEquations(
    TERMS,
    np.array([np.diag([1.0, 2.0]), np.diag([1.0, 0.0])]),
    np.array([[0.0, 2.0], [0.0, 0.0]]),
    np.ones(2),
    np.zeros(2),
    np.ones(2),
)


def rows_of_nothing():
    nothing = np.zeros(2 * 2 + 2 + 3)
    nothing[-1] = 6  # equations
    return r_squared(nothing, np.zeros(2), "zero"), r_squared(nothing, np.zeros(2), "mean")


def reference_of_zero():
    """The coupling J, of the ratios, is exactly 0 in the fit and in every resample."""
    found = compare(least_squares(EQUATIONS, 5), Truth(TERMS, [1.0, 0.2], 1.0))
    assert np.isfinite([found.cosine, found.scale]).all()
    return found.ratios, found.ratio_errors


def no_curvature():
    with pytest.raises(NotIdentifiableError, match="without curvature"):
        newton.maximise(lambda theta: (0.0, np.zeros((2, 2)), np.zeros((2, 2))), np.zeros(2))
    return math.nan


def hot_law():
    """At β = 1e-7 the exact score of late times is noise: the estimate of its square has either sign."""
    law, found = ExactChain(CHAIN, 1e-7), []
    for seed in range(4):
        generator = np.random.default_rng(seed)
        found += score_error.score_errors(lambda spins, _: torch.zeros_like(spins), law, (12.0,), 2, 2, generator)
    assert any(item.exact <= 0 for item in found)
    assert all(math.isnan(item.error) for item in found if item.exact <= 0)
    return [item.slope for item in found]


def energies_of_one_resample():
    """Four of five energies are equal: some resamples have no slope."""
    found = plateau.calibrate(
        np.array([0.0, 0.0, 0.0, 0.0, 1.0]), -np.array([0.0, 0.0, 0.0, 0.0, 1.0]), 1.0, 2.0, lambda beta: -beta, 50, SEED
    )
    assert found.alpha == pytest.approx(1)
    return found.alpha_error, found.gap_error


def acts_nowhere():
    with pytest.raises(NotIdentifiableError, match="K act nowhere"):
        cramer_rao_errors(DATA[2:], FREE, 1)
    with pytest.raises(NotIdentifiableError, match="K act nowhere"):
        score_matching(DATA[2:], TERMS)
    parallel = np.repeat(np.random.default_rng(4).standard_normal((50, 1, 3)), 6, axis=1)
    parallel /= np.linalg.norm(parallel, axis=-1, keepdims=True)  # gradients are rounding, not 0
    with pytest.raises(NotIdentifiableError, match="K act nowhere"):
        score_matching([Snapshots.of(parallel, "AAAAAA")], TERMS)
    with pytest.raises(NotIdentifiableError, match="linearly dependent"):
        condition_number(TERMS.names, np.ones((2, 2)))
    return math.nan


def one_snapshot_of_two_spins():
    """One coupling of one pair: both spins are fitted exactly."""
    with pytest.raises(ValueError, match="fit every spin exactly; expected more snapshots"):
        fit_couplings([Snapshots.of(SPINS[:1, :2])], Terms((Exchange("J", 1),), ("A",)))
    return math.nan


def sizes_of_nothing():
    found = quality(TimedEstimate("none", np.zeros(2), np.full(2, np.nan), 0.0), FREE, np.ones(2), 1)
    return found.cosine, found.scale_over_beta, found.largest_ratio_error, found.efficiency, found.half_widths


def free_spins():
    spec = SimpleNamespace(hamiltonian=None, temperature=1.0)
    tests = SimpleNamespace(truth=FREE, spec=spec, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("paper_repro.analysis.claim_tests.scale.couplings_of", lambda _: FREE.couplings)
        found = measure_scale(tests, DATA[:2])
    return found.over_beta.value, found.over_beta.standard_error, found.half_interval.value


def no_high_energies():
    flat = [PlateauOfTraining(0.0, 0.0)] * 2
    return measure_plateau(flat, flat).high_energy_left.value, over_networks([Measured(math.nan, math.nan)] * 2).value


def no_residual():
    joint = JointMoments(np.eye(1)[None], np.ones((1, 1, 2)), np.ones((1, 2, 2)))
    return residual_correlation(joint, 3, SEED).value


def nothing_beyond():
    within = beyond_range(EQUATIONS, 2, 5, SEED)
    zero = attrs.evolve(EQUATIONS, moment=np.zeros((2, 2)))
    return within.value, beyond_range(zero, 1, 5, SEED).value


def a_flow_that_is_not_followed():
    def broken(*_, **__):
        raise FloatingPointError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(end_time.likelihood, "log_likelihood", broken)
        settings = paper_repro.load_spec(paper_repro.specs_folder() / "smoke.toml").record.likelihood
        density, error = end_time._pair_density(settings, 1.0, torch.as_tensor(SPINS[:, :2]), 1)
    return density, error


def short_time():
    """Before t = 0.001 the series of the heat kernel does not end."""
    return end_time.chain_cost(ExactChain(4 * CHAIN, 5.0), 1e-7, 4, 40, np.random.default_rng(0))


def nothing_discovered():
    """A network without a force."""
    equations = attrs.evolve(EQUATIONS, gram=np.array([np.eye(2)] * 2), moment=np.zeros((2, 2)))
    return discovered(equations, frozenset()).largest_false


def force_of_nothing():
    """A field that is 0 everywhere, and a library whose couplings are 0."""
    library = Terms((Exchange("J", 1),), ("A",))
    return force_test(lambda _, spins: 0 * spins, DATA[:1], library, (), np.zeros(1))


def a_field_of_nothing():
    found = force_of_nothing()
    shares = [value for part in found.parts for value in (part.share, part.confirmed, part.error, part.z)]
    return [*shares, found.excess, found.excess_error, found.least]


class Nothing(torch.nn.Module):
    """A model without score, W and divergence."""

    def forward(self, species, spins, time, mask):
        return 0 * spins

    def interaction(self, species, spins, time, mask):
        return 0 * spins @ spins.transpose(1, 2)

    def divergence(self, species, spins, time):
        return 0 * spins.sum((1, 2))


def own_force():
    return OwnForce(Nothing(), "score", (1e-3,), "Nothing")


#: What each function gives of a degenerate estimate: NaN throughout, where it does not say why in one line.
CASES = {
    "basis_fit.r_squared": rows_of_nothing,
    "comparison.compare": reference_of_zero,
    "comparison.cosine_similarity": lambda: cosine_similarity(np.zeros(2), np.ones(2)),
    "newton.maximise": no_curvature,
    "score_error._error_at": hot_law,
    "plateau._slope": energies_of_one_resample,
    "estimator_comparison.cramer_rao_errors": acts_nowhere,
    "score_matching.score_matching": acts_nowhere,
    "identifiability.condition_number": acts_nowhere,
    "estimator_comparison.quality": sizes_of_nothing,
    "claim_tests.scale.measure_scale": free_spins,
    "claim_tests.plateau.measure_plateau": no_high_energies,
    "claim_tests.claim_tests.over_networks": no_high_energies,
    "claim_tests.residual.residual_correlation": no_residual,
    "claim_tests.cutoff.beyond_range": nothing_beyond,
    "end_time._excess": lambda: end_time._excess(np.array([-1e-3, 0.0, math.inf])),
    "end_time._pair_density": a_flow_that_is_not_followed,
    "end_time.chain_cost": short_time,
    "end_time._converged": lambda: end_time._converged(1.0, np.array([0.0, 5.0, math.nan])),
    "readout.read_interaction": lambda: read_interaction(lambda _, spins: np.zeros((3, 4, 4)), DATA[:1], FREE).within_range,
    "readout._correlation": lambda: read_interaction(lambda _, spins: np.ones((3, 4, 4)), DATA[:1], FREE).pearson,
    "coupling_fit.positive": one_snapshot_of_two_spins,
    "claim_tests.discovery.discovered": nothing_discovered,
    "force_test.force_test": a_field_of_nothing,
    "force_test._part": a_field_of_nothing,
    "model_capabilities.own_interaction": lambda: attrs.astuple(own_interaction(own_force(), DATA[:1], 1)),
    "model_capabilities.own_divergence_error": lambda: own_divergence_error(own_force(), DATA[:1]),
    "sandwich.sandwich": lambda: sandwich(np.eye(2), np.zeros((1, 2))),
}

#: Functions whose degenerate estimate has a value: what it is.
VALUES = {
    "identifiability.solve": lambda: solve(np.diag([2.0, 0.0]), np.array([1.0, 0.0])) == pytest.approx([0.5, 0.0]),
    "identifiability.shortest": lambda: solve(np.ones((2, 2)), np.ones(2)) == pytest.approx([0.5, 0.5]),
    "claim_tests.discovery.errors_over_units": lambda: errors_over_units(EQUATIONS, np.array([0.0, 1.0])).tolist() == [0.0, 0.0],
    "force_test._fitted": lambda: force_of_nothing().coefficients.tolist() == [0.0],
    "claim_tests.claim_tests.couplings_from": lambda: couplings_from(EQUATIONS) == pytest.approx([0.0, 1.0]),
    "basis_fit.least_squares": lambda: np.isfinite(least_squares(EQUATIONS, 5).coefficient_errors).all(),
    "estimate.errors": lambda: Estimate(("J",), np.ones(1), -np.full((1, 1), 1e-30)).errors.tolist() == [0.0],
    "force_field.force_on": lambda: not force_on(lambda _, spins: 0 * spins, DATA[0]).any(),
    "pseudolikelihood._of_spins": lambda: np.isfinite(conditional(DATA[0], [slice(0, 3)], TERMS, np.zeros(2))[0][2]).all(),
    "pseudolikelihood.langevin": lambda: np.isfinite(conditional(DATA[0], [slice(0, 3)], TERMS, np.full(2, 1e3))[0][2]).all(),
    "pseudolikelihood.log_norm": lambda: np.isfinite(conditional(DATA[0], [slice(0, 3)], TERMS, np.full(2, 1e3))[0][0]),
    "end_time.gaussian_cost": lambda: math.isfinite(end_time.gaussian_cost(np.ones((3, 3)), 1e-3)),
}

#: What is divided by, or under the root, is no estimate, or was found to be > 0 before.
CONSTANT = {
    "identifiability._dependent": "norms > 0",
    "claim_tests.claim_tests.draw": "a temperature and a number of species",
    "claim_tests.detector.area_under_curve": "counts",
    "likelihood._log_likelihood_of": "4π",
    "claim_tests.discovery.claimed": "a number of terms",
    "claim_tests.duration.expected_seconds": "numbers of sequences and threads",
    "force_test._total": "a count",
    "held_out_sums._moved": "a step and a count",
    "witness.of": "errors of which one is smaller, numbers of snapshots",
    "witness.witness": "a number of trainings, a sum of squares",
    "plateau.calibrate": "a step of α, which is > 0 there",
    "score_error.cost_of": "times of the spec",
    "thermodynamic_integration.ln_z_at_zero": "4π",
    "thermodynamic_integration.integrate": "a temperature, a count, a sum of squares",
    "thermodynamic_integration.integrate_to": "a sum of squares",
}

#: What rests on the fit of any library, which refuses data that its terms fit exactly (``coupling_fit.positive`` above): from there
#: on errors, variances and sums of squares are > 0, and what may be 0 is guarded where it stands.
AFTER_A_FIT = {
    "adequacy", "confirmation", "confounded", "coupling_fit", "data_checks", "learning_curve", "model_errors", "one_step",
    "run_blocks", "stationarity", "symmetry_check", "temperature_check",
}  # fmt: skip

_CALLS = {
    "sqrt", "log", "log1p", "log10", "acos", "arccos", "divide", "inv", "solve", "pinv", "cholesky", "slogdet", "corrcoef",
    "quotient", "quotients", "root", "roots", "shortest",
}  # fmt: skip


def walked(node, name=None):
    """Yield the functions, those within them included, that divide, or take a root, a logarithm or an inverse."""
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.FunctionDef) and name is None else name
        divides = isinstance(child, ast.BinOp | ast.AugAssign) and isinstance(child.op, ast.Div)
        by = (child.right if isinstance(child, ast.BinOp) else child.value) if divides else None
        called = getattr(child.func, "attr", getattr(child.func, "id", "")) if isinstance(child, ast.Call) else ""
        if inside is not None and ((divides and not isinstance(by, ast.Constant)) or called in _CALLS):
            yield inside
        yield from walked(child, inside)


def functions_of(folder):
    for path in folder.rglob("*.py"):
        room = ".".join(path.relative_to(folder).with_suffix("").parts)
        yield from (f"{room}.{name}" for name in walked(ast.parse(path.read_text())))


def test_every_root_logarithm_division_and_inverse_of_analysis_has_a_case():
    found = {name for name in functions_of(SOURCES) if name.partition(".")[0] not in AFTER_A_FIT}
    known = CASES.keys() | VALUES.keys() | CONSTANT.keys()
    assert found == {name for name in known if name.partition(".")[0] not in AFTER_A_FIT}


def test_the_walk_sees_a_root_that_has_no_case(tmp_path):
    (tmp_path / "new.py").write_text("def f(x):\n    def g(y):\n        return np.sqrt(y)\n    return g(x) / 2\n")
    assert list(functions_of(tmp_path)) == ["new.f"]


@pytest.mark.parametrize("name", CASES)
def test_an_estimate_that_has_no_value_is_nan_without_a_warning(name):
    found = CASES[name]()
    assert all(np.isnan(part).all() for part in (found if isinstance(found, tuple | list) else (found,)))


@pytest.mark.parametrize("name", VALUES)
def test_an_estimate_at_the_end_of_its_range_has_its_value(name):
    assert VALUES[name]()


def test_a_term_that_some_units_do_not_have_is_fitted_with_errors():
    """Resamples of the unit of two sites alone have no K: its coupling is 0 there, and no inverse fails."""
    found = least_squares(normal_equations(lambda _, spins: np.cross(spins, [0.0, 0.0, 1.0]), DATA, TERMS), 50)
    assert np.isfinite(found.coefficient_errors).all()
