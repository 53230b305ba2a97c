"""npal from Python: the same core as the command line's, on arrays and data frames.

Each part is imported where it is used, as ``npal_cli`` does: a comparison draws figures, which a query has no need of.
"""
