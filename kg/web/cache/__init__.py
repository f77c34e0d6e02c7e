"""Whole answers, kept as they were sent."""
