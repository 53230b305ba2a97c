"""The strategies: what each says about itself, in a file of its own, and how they are found."""
