"""Active-learning problems: data sets, their splits, and simulated problems within an annotated set."""
