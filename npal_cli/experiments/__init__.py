"""Experiments: data x setting x classifier, over all its runs."""
