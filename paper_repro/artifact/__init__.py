"""The artifact: a run directory of stages, verdicts on the claims, and the report."""
