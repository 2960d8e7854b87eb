"""The study of a user's own snapshots: from files to a Hamiltonian, with intervals, verdicts and warnings."""
