"""The audit of a weights file: its couplings, by inversion on fresh data from the exact solution."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import attrs

from paper_repro.analysis.basis_fit import Fit, least_squares, normal_equations
from paper_repro.analysis.comparison import Comparison, compare
from paper_repro.analysis.force_field import ForceField
from paper_repro.analysis.identifiability import NotIdentifiableError
from paper_repro.files import input_error
from paper_repro.numerics.arguments import Count, Seed, checked_arguments
from paper_repro.numerics.parallel import available_cores
from paper_repro.numerics.streams import data_key
from paper_repro.physics.terms import Terms
from paper_repro.physics.truth import Truth
from paper_repro.sampling.exact_data import exact_data
from paper_repro.sampling.snapshots import Snapshots
from paper_repro.score.execution import execution
from paper_repro.score.field import force_of
from paper_repro.score.network_for import network_for
from paper_repro.score.weights import WeightsInfo
from paper_repro.spec import Spec


@attrs.frozen(eq=False)
class Audit:
    """The inversion of one weights file on fresh sequences, and the diffusion times at which its score is taken."""

    fit: Fit
    comparison: Comparison
    info: WeightsInfo
    query_times: tuple[float, ...]

    def as_results(self) -> dict[str, Any]:
        """Return the figures under plain keys, each standard error under the same key in ``standard_errors``."""
        fit, compared = self.fit, self.comparison
        return {
            "r2": fit.r2,
            "cosine": compared.cosine,
            "ratios": dict(zip(fit.terms, compared.ratios, strict=True)),
            "scale": compared.scale,
            "equations": fit.equations,
            "couplings": dict(zip(fit.terms, fit.coefficients, strict=True)),
            "force_error": compared.force_error,
            "r2_about_zero": fit.r2_about_zero,
            "condition": fit.condition,
            "standard_errors": {
                "r2": fit.r2_error,
                "cosine": compared.cosine_error,
                "ratios": dict(zip(fit.terms, compared.ratio_errors, strict=True)),
                "scale": compared.scale_error,
                "couplings": dict(zip(fit.terms, fit.coefficient_errors, strict=True)),
            },
            "query_times": self.query_times,
            "format": self.info.source,
        }


@checked_arguments
def audit_weights(
    weights: str | Path,
    spec: Spec,
    sequences: Count,
    snapshots: Count,
    seed: Seed,
    progress: Callable[[int], None] | None = None,
    device: str = "cpu",
) -> Audit:
    """Invert a weights file on ``sequences`` × ``snapshots`` drawn from the exact solution, at the query time of its metadata.

    The authors' files state none: the spec's holds. Raises ``InputError`` for sizes below 1 or weights that do not fit the spec's
    chains.

    >>> spec = pr.load_spec(pr.specs_folder() / "smoke.toml").record
    >>> audit = pr.audit_weights("golden/weights/smoke-seed-0.safetensors", spec, sequences=8, snapshots=2, seed=0)
    >>> round(audit.fit.r2, 2)
    0.76
    """
    execution(device)  # one that is not there shows before the work
    data = exact_data(spec, sequences, snapshots, seed)
    model, info = network_for(Path(weights), spec, device)
    field = force_of(model, info, spec.inversion.query_times)
    fit = inverted(field, data, spec, seed, Path(weights), progress)
    return Audit(fit, compare(fit, Truth.of(spec.hamiltonian, spec.beta)), info, field.times)


def inverted(
    field: ForceField,
    data: Iterable[Snapshots],
    spec: Spec,
    seed: int,
    weights: Path,
    progress: Callable[[int], None] | None = None,
) -> Fit:
    """Invert the force of the network in ``weights``; raises ``InputError`` at the file, or the data, where that cannot be done."""
    try:
        equations = normal_equations(field, data, Terms.of(spec.hamiltonian), progress, threads=available_cores())
        return least_squares(equations, spec.inversion.resamples, data_key(seed, "inversion"), spec.inversion.r2_about)
    except NotIdentifiableError as error:
        raise input_error(f"spec {spec.name}: the fresh data", error, "more sequences or snapshots") from error
    except ValueError as error:
        raise input_error(weights, error, "a force field that can be inverted") from error
