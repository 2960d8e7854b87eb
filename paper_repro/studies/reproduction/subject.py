"""What a report is about: the results of a run, its spec, and the published values where its law is the paper's."""

import math
from typing import Self

import attrs

from paper_repro.numerics.arrays import Floats
from paper_repro.physics.exact import has_exact_solution
from paper_repro.physics.hamiltonian import couplings_of, reference_coupling
from paper_repro.physics.terms import Terms
from paper_repro.spec import Published, Spec
from paper_repro.studies.reproduction.results import Judgement, Results


@attrs.frozen(eq=False)
class Subject:
    """A run to be reported; ``published`` is None if its Hamiltonian is not the paper's, whose numbers then do not apply.

    ``confidence`` is the coverage of intervals.
    """

    results: Results
    spec: Spec
    published: Published | None
    confidence: float

    @classmethod
    def of(cls, results: Results, spec: Spec, published: Published, protocol: Spec) -> Self:
        """Return the subject of a report; ``protocol`` is the spec of the published run."""
        same = spec.hamiltonian == protocol.hamiltonian
        return cls(results, spec, published if same else None, published.confidence)

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms."""
        return tuple(term.name for term in self.spec.hamiltonian.terms)

    @property
    def couplings(self) -> Floats:
        """The true couplings (term,), in units of energy."""
        return couplings_of(self.spec.hamiltonian)

    @property
    def reference(self) -> int:
        """The index of the coupling to which ratios are taken."""
        return reference_coupling(self.couplings)

    @property
    def ratios(self) -> Floats | None:
        """The true couplings over the reference coupling (term,); None of one term, and where every coupling is 0."""
        reference = self.couplings[self.reference]
        return None if len(self.terms) < 2 or reference == 0 else self.couplings / reference

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """The verdicts on the claims of the paper; none for another law."""
        return () if self.published is None else self.results.verdicts

    @property
    def has_exact_solution(self) -> bool:
        """Whether the chains of the spec have an exact solution."""
        return has_exact_solution(Terms.of(self.spec.hamiltonian))

    def published_value(self, measured: str) -> float:
        """Return the published value at a path of the results; NaN where there is none, or none of this law."""
        claims = () if self.published is None else self.published.claims
        return next((claim.published for claim in claims if claim.measured == measured), math.nan)
