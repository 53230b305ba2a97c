"""Learn which pool point to label next (Attentive Conditional Neural Processes for active learning).

>>> import npal_cli
>>> npal_cli.query([[0.0], [0.4], [1.0], [0.6]], ["a", "a", "b", None], classifier="svm", strategy="fscore").tolist()
[3]
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npal_cli.api.active_learner import ActiveLearner
    from npal_cli.api.compare import compare
    from npal_cli.api.query import query

__version__ = version("npal")

__all__ = ["ActiveLearner", "compare", "query"]


_PLACES = {"ActiveLearner": "active_learner", "compare": "compare", "query": "query"}


def __getattr__(name: str) -> Any:
    """The Python API, imported when it is asked for: it takes seconds, which the command line does not have."""
    if name in _PLACES:
        return getattr(import_module(f"npal_cli.api.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
