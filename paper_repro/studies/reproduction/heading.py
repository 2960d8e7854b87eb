"""What stands at the top of a report."""

from paper_repro.spec import Spec, digest

_PAPER = "Xi and Chen, Autonomous Emergence of Hamiltonian in Deep Generative Models"


def title_and_lead(*, of_the_paper: bool) -> tuple[str, str]:
    """Return the title of a report and the line below it; a Hamiltonian that is not the paper's is not compared with it."""
    if of_the_paper:
        return "Reproduction of arXiv 2604.20821", f"{_PAPER}: published values, measurements and verdicts."
    return "The protocol of arXiv 2604.20821 on another Hamiltonian", f"Protocol: {_PAPER}."


def heading(spec: Spec) -> str:
    """Return the name of a spec and the first letters of its digest."""
    return f"paper_repro · {spec.name} · spec {digest(spec)[:12]}"
