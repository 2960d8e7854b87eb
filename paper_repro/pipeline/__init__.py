"""Making and keeping files: stages, the run directory and its manifest, engines, progress. Nothing here knows physics."""
