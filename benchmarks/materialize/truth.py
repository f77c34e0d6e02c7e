"""What the output must be, written record by record by pyoxigraph, and how an output differs from it.

Quads are compared as sets of 64-bit hashes of their canonical lines: of 10 million, two distinct ones share a hash
with a probability of about 3 in a million. A line that is not the canonical one is parsed and written anew first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

import polars as pl
import pyoxigraph as ox

from benchmarks.materialize.inputs import Record, records
from benchmarks.materialize.mappings import CLASS, GRAPH, PROPERTIES, SUBJECT, XSD

__all__ = ["Difference", "compare", "quads", "save"]
