"""Laws as input of programs of spin dynamics: one file a program, each with that program's signs, factors and units."""
