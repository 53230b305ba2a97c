"""Teacher-guided choices: what a teacher, a flexible model of all known labels, expects of points."""
