"""SPARQL as its protocols have it: queries, updates, graphs, and what a service says of itself and its data."""
