"""The plateaus of the networks (paper, Fig. 3), and the mean energy that thermodynamic integration integrates."""

import numpy as np

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.truth import exact_solution
from paper_repro.report.figures.mean_energy import MeanEnergy
from paper_repro.report.figures.plateau import Group, Plateau
from paper_repro.report.numbers import distinct, fixed
from paper_repro.studies.reproduction.results import Calibration, FailedCalibration
from paper_repro.studies.reproduction.run_files import likelihood_chain
from paper_repro.studies.reproduction.subject import Subject


def plateaus(subject: Subject) -> list[Plateau] | None:
    """Return the networks that have a plateau; None where none has."""
    results = subject.results
    flows = dict(results.named(results.likelihood))
    found = []
    for name, part in results.named(results.calibration):
        if isinstance(part, FailedCalibration) or name not in flows:
            continue
        groups = [
            Group(f"T = {temperature}", flow.energies, _excess(part, flow.energies, flow.log_likelihoods))
            for temperature, flow in zip(distinct([flow.temperature for flow in flows[name]]), flows[name], strict=True)
        ]
        title = f"{name}, α = {fixed(part.alpha.value, 3)}"
        found.append(Plateau(title, groups, -part.gap.value, part.gap.standard_error, part.threshold))
    return found or None


def _excess(part: Calibration, energies: Floats, log_likelihoods: Floats) -> Floats:
    excess: Floats = part.beta_effective.value * energies + log_likelihoods + part.exact_ln_z.value
    return excess


def integrated_energy(subject: Subject) -> MeanEnergy | None:
    """Return the mean energies of the chain of the likelihood, with the exact ones where there are."""
    spec, found = subject.spec, subject.results.thermodynamic_integration
    if found is None:
        return None
    exact = None
    if subject.has_exact_solution:
        law = likelihood_chain(spec)
        exact = np.array([exact_solution(law, float(beta)).mean_energy for beta in found.betas])
    return MeanEnergy(found.betas, found.mean_energies, found.standard_errors, exact)
