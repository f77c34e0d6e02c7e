"""The graph: its store, dumps, questions, links and checks."""
