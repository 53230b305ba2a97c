"""Refits of logistic regression: two classes, and more."""
