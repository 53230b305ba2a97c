"""npal from Python: the same core as the command line's, on arrays and data frames."""

from npal_cli.api.active_learner import ActiveLearner
from npal_cli.api.compare import Comparison, compare
from npal_cli.api.query import query

__all__ = ["ActiveLearner", "Comparison", "compare", "query"]
