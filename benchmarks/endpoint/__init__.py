"""Our endpoint beside others: the same data, the same queries, the same load."""
