"""Many almost identical classifier fits at once: one training set, and each candidate point added to it in turn."""

from npal_cli.refit.base import Predictions, RefitProblem
from npal_cli.refit.sequential import refit_sequential

__all__ = ["Predictions", "RefitProblem", "refit_sequential"]
