"""The law: the chain, the sphere it lives on, and its exact solution."""
