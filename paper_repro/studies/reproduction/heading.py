"""The line at the top of a report."""

from paper_repro.spec import Spec, digest


def heading(spec: Spec) -> str:
    """Return the name of a spec and the first letters of its digest."""
    return f"paper_repro · {spec.name} · spec {digest(spec)[:12]}"
