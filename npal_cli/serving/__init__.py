"""The page to label on: one row at a time, in a browser on the same machine."""
