"""What makes artifacts: whether one is up to date, checkpoints, locks, and the experiment that a command is about."""
