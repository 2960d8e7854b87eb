"""How fast it is, as ratios within one run: ``python -m benchmarks``; see README.md beside this file."""
