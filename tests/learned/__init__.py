"""Tests of what is told to a network that is learned once, and of the network."""
