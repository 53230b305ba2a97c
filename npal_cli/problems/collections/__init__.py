"""Collections of data sets that others keep: one is named by its collection, as in ``keel:pima`` or ``openml:31``."""

from npal_cli.problems.collections import keel, openml
from npal_cli.problems.dataset import DatasetKind

COLLECTIONS = {"keel": keel.kind, "openml": openml.kind}


def collected(given: str) -> DatasetKind | None:
    """The data set that is named by its collection; None if no collection is named.

    Raises:
        UsageError: if the collection has none of that name.
    """
    collection, separator, name = given.partition(":")
    return COLLECTIONS[collection](name) if separator and collection in COLLECTIONS else None
