"""Vectors, columns, small systems and bases, as the kernels need them."""
