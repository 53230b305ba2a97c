"""Learn which pool point to label next (Attentive Conditional Neural Processes for active learning).

>>> import npal_cli
>>> npal_cli.query([[0.0], [0.4], [1.0], [0.6]], ["a", "a", "b", None], classifier="svm", strategy="fscore").tolist()
[3]
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npal_cli.api import ActiveLearner, compare, query

__version__ = version("npal")

__all__ = ["ActiveLearner", "compare", "query"]


def __getattr__(name: str) -> Any:
    """The Python API, imported when it is asked for: it takes seconds, which the command line does not have."""
    if name in __all__:
        from npal_cli import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
