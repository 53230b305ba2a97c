"""The data sets that npal knows: each says all about itself (:class:`npal_cli.problems.dataset.DatasetKind`)."""
