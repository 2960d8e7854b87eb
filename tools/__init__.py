"""What writes golden files and documents: not part of the package, and run by tox."""
