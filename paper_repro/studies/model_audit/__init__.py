"""The audit of any model, a score or a force field: its couplings on snapshots, and the quantities that it does not provide."""
