"""paper_repro: a reproducibility artifact for "Autonomous Emergence of Hamiltonian in Deep Generative Models"."""

__version__ = "0.1.0"
