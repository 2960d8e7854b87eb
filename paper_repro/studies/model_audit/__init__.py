"""The audit of any model, a score or a force field of whoever wrote it: its couplings on snapshots, and what it cannot answer."""
