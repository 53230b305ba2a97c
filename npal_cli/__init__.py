"""Learn which pool point to label next (Attentive Conditional Neural Processes for active learning)."""

from importlib.metadata import version

__version__ = version("npal")
