"""The stages, a file each: read artifacts, call one core function, write one artifact."""
