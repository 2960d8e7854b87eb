"""Equilibrium snapshots of the chain: replica exchange Monte Carlo, and the ensembles that it makes."""
