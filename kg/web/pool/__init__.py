"""Queries and changes evaluated by processes of their own, within limits, and what becomes of them."""
