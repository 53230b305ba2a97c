"""Refits of support vector machines with an RBF kernel."""
