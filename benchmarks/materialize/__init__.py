"""Materializing the same input by pressgraph, by others, and by hand-written Polars, side by side."""
