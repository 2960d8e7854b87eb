"""The line at the top of a report."""

from paper_repro.spec import Spec, digest

#: What the report is about, below its title.
LEAD = (
    "Autonomous Emergence of Hamiltonian in Deep Generative Models (Xi, Chen; arXiv 2604.20821): what it claims, and what was"
    " measured."
)


def heading(spec: Spec) -> str:
    """Return the name of a spec and the first letters of its digest."""
    return f"paper_repro · {spec.name} · spec {digest(spec)[:12]}"
