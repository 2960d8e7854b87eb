"""Computing without physics: compiled functions, arithmetic that vectorises, random numbers, threads."""
