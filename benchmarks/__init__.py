"""Benchmarks as ratios within one run: ``python -m benchmarks``; see README.md in this folder."""
