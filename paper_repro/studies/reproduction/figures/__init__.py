"""The figures of a run: what each shows, prepared from the results as plain data; ``report.figures`` draws it."""
