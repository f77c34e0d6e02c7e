"""The command `kg`."""

from kg.cli.command import main

__all__ = ["main"]
