"""Studies: each a question, the stages that answer it, the verdicts, and the report."""
