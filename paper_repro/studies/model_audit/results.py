"""What the audit of a model gives, as one record."""

from typing import Any, Literal

import attrs

from paper_repro.analysis.basis_fit import Fit
from paper_repro.analysis.comparison import Comparison, compare
from paper_repro.analysis.model_capabilities import OwnInteraction
from paper_repro.physics.truth import Truth


@attrs.frozen(eq=False)
class ModelAudit:
    """The couplings in the force of a model, and what else it answers.

    ``kind`` is "score" or "force" (a force field, which knows no diffusion time), ``query_times`` those at which a score was taken.
    ``fit`` is the least-squares fit of the terms to the force, β × coupling, and ``truth`` the law of the data, where it is known.
    ``interaction`` and ``divergence_error`` compare its own W and its own divergence with its score, None where it has none;
    ``left_out`` lists the quantities that it does not provide, and ``notes`` the changes of its output.
    """

    name: str
    kind: Literal["score", "force"]
    query_times: tuple[float, ...]
    fit: Fit
    truth: Truth | None
    interaction: OwnInteraction | None
    divergence_error: float | None
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    species: tuple[str, ...]
    systems: int
    snapshots: int

    @property
    def comparison(self) -> Comparison | None:
        """The fit compared with the truth, if that is known."""
        return None if self.truth is None else compare(self.fit, self.truth)

    def as_results(self) -> dict[str, Any]:
        """Return the figures under plain keys, each standard error under the same key in ``standard_errors``."""
        fit, compared = self.fit, self.comparison
        found: dict[str, Any] = {
            "couplings": dict(zip(fit.terms, fit.coefficients, strict=True)),
            "r2": fit.r2,
            "r2_about_zero": fit.r2_about_zero,
            "equations": fit.equations,
            "condition": fit.condition,
        }
        errors: dict[str, Any] = {"couplings": dict(zip(fit.terms, fit.coefficient_errors, strict=True)), "r2": fit.r2_error}
        if compared is not None:
            found |= {
                "ratios": dict(zip(fit.terms, compared.ratios, strict=True)),
                "cosine": compared.cosine,
                "scale": compared.scale,
                "force_error": compared.force_error,
            }
            errors |= {
                "ratios": dict(zip(fit.terms, compared.ratio_errors, strict=True)),
                "cosine": compared.cosine_error,
                "scale": compared.scale_error,
            }
        return found | {
            "standard_errors": errors,
            "interaction": None if self.interaction is None else attrs.asdict(self.interaction),
            "divergence_error": self.divergence_error,
            "left_out": self.left_out,
            "notes": self.notes,
            "model": self.name,
            "kind": self.kind,
            "query_times": self.query_times,
            "species": self.species,
            "systems": self.systems,
            "snapshots": self.snapshots,
        }

    def __str__(self) -> str:
        """Return the report as text, as ``paper-repro audit`` prints it."""
        from paper_repro.report.terminal import as_text  # noqa: PLC0415  (rich is for who prints)
        from paper_repro.studies.model_audit.sections import TITLE, sections  # noqa: PLC0415  (they show this record)

        return as_text(sections(self), TITLE)

    def __repr__(self) -> str:
        """Return the report as text: what a notebook shows."""
        return str(self)
