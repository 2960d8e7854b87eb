"""ln Z of the chain of the likelihood by thermodynamic integration, and the cost of the end time of the diffusion."""

import attrs
import numpy as np

from paper_repro.analysis import end_time, thermodynamic_integration
from paper_repro.numerics.measured import Measured
from paper_repro.physics.hamiltonian import exchange_couplings, reference_coupling
from paper_repro.physics.truth import exact_solution
from paper_repro.pipeline.stage import Files, Stage, StageContext
from paper_repro.spec import Spec
from paper_repro.studies.reproduction.capabilities import EXACT_SOLUTION, EXCHANGE
from paper_repro.studies.reproduction.results import EndTime, EndTimeCost, ThermodynamicIntegral
from paper_repro.studies.reproduction.results_file import as_json
from paper_repro.studies.reproduction.run_files import constants_of, likelihood_chain, stream

INTEGRAL = "results/thermodynamic_integration.json"
END_TIME = "results/end_time.json"
_END_TIMES = (1.0, 2.0, 4.0)  # multiples of the end time of the spec, to show how fast the cost falls
_LATEST = 1e3  # the latest end time of a spec


def integration_stage(spec: Spec) -> Stage:
    """Return the stage that integrates the mean energy over β."""
    constants = constants_of(spec, "hamiltonian", "target", "likelihood", "sampler", "thermodynamic_integration", "seeds")
    points = spec.thermodynamic_integration.points
    return Stage("thermodynamic integration", "integrate", 4, integrate, (INTEGRAL,), (), constants, (spec,), points)


def end_time_stage(spec: Spec) -> Stage:
    """Return the stage that measures what the finite end time of the diffusion costs in ln Z."""
    constants = constants_of(spec, "hamiltonian", "target", "likelihood", "seeds")
    total, needs = len(_end_times(spec)), (EXACT_SOLUTION, EXCHANGE)
    return Stage(
        "end time of the diffusion", "end time", 5, cost_of_end_time, (END_TIME,), (), constants, (spec,), total, needs=needs
    )


def integrate(context: StageContext, stage: Stage, spec: Spec) -> Files:
    """Integrate the mean energy of the chain of the likelihood up to β = 1/T₀."""
    law = likelihood_chain(spec)
    integral = thermodynamic_integration.integrate(
        law.matrix if law.terms.is_exchange else law, spec.temperature, spec.thermodynamic_integration,
        over_relaxation=spec.sampler.over_relaxation_probability,
        seed=stream(spec, "thermodynamic integration"), progress=context.advance, threads=context.threads,
    )  # fmt: skip
    results = ThermodynamicIntegral(
        ln_z=Measured(integral.ln_z, integral.standard_error),
        exact_ln_z=Measured(integral.exact_ln_z, 0.0),
        error=Measured(integral.error, integral.standard_error),
        quadrature_bias=Measured(integral.quadrature_bias, 0.0),
        betas=integral.betas,
        mean_energies=integral.mean_energies,
        standard_errors=integral.standard_errors,
    )
    return {stage.outputs[0]: as_json(results)}


def cost_of_end_time(context: StageContext, stage: Stage, spec: Spec) -> Files:
    """Measure the cost on two spins of the reference exchange coupling, where all is known, and on the chain of the likelihood."""
    exchange = exchange_couplings(spec.hamiltonian)
    kappa = spec.beta * abs(float(exchange[reference_coupling(exchange)]))
    costs = end_time.end_time_costs(
        spec.likelihood, kappa, exact_solution(likelihood_chain(spec), spec.beta), _end_times(spec),
        spec.likelihood.configurations, np.random.default_rng(stream(spec, "end time")), threads=context.threads,
        progress=context.advance,
    )  # fmt: skip
    return {stage.outputs[0]: as_json(EndTime(kappa, tuple(EndTimeCost(**attrs.asdict(cost)) for cost in costs)))}


def _end_times(spec: Spec) -> list[float]:
    return [time for k in _END_TIMES if (time := spec.likelihood.end_time * k) <= _LATEST]
