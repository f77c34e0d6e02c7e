"""Records that are not a table yet: what a reference gives of each, and the records inside of them."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import polars as pl

from kg.errors import nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.batch import natural
from kg.mapping.source.jsonpath import columns_of
from kg.mapping.source.jsontext import decode
from kg.mapping.source.path import path_of
from kg.mapping.source.refusal import refused
from kg.mapping.source.xpath import XmlElement, parse_text, select, text_column, values

__all__ = ["JsonNodes", "Nodes", "TableNodes", "XmlNodes", "parse"]


class Nodes(Protocol):
    """Records in their order."""

    def __len__(self) -> int:
        """How many there are."""

    def columns(self, reference: str, source: LogicalSource) -> list[pl.Series]:
        """The values of a reference, and their natural datatypes, as `natural` names that column."""

    def inside(self, iterator: str, source: LogicalSource) -> tuple[list[int], "Nodes"]:
        """The records that an iterator selects inside of these, and for each which one it is inside of."""


class JsonNodes:
    """Values of JSON."""

    def __init__(self, nodes: list[Any]) -> None:
        """Take decoded values."""
        self._nodes = nodes

    def __len__(self) -> int:
        """How many there are."""
        return len(self._nodes)

    def columns(self, reference: str, source: LogicalSource) -> list[pl.Series]:
        """The values of a JSONPath."""
        made, seen = columns_of(reference, path_of(reference, source, "reference"), self._nodes, source)
        if self._nodes and not seen:
            keys = {str(key) for node in self._nodes[:100] if isinstance(node, dict) for key in node}
            raise refused(f"reference {reference!r} is in no record", source.place, nearest(reference, keys))
        return made

    def inside(self, iterator: str, source: LogicalSource) -> tuple[list[int], Nodes]:
        """The values that a JSONPath selects."""
        found = [path_of(iterator or "$", source, "iterator").values(node) for node in self._nodes]
        owners = [at for at, values in enumerate(found) for _ in values]
        return owners, JsonNodes([value for values in found for value in values])


class XmlNodes:
    """Nodes of XML."""

    def __init__(self, nodes: list[XmlElement]) -> None:
        """Take what an XPath selected."""
        self._nodes = nodes

    def __len__(self) -> int:
        """How many there are."""
        return len(self._nodes)

    def columns(self, reference: str, source: LogicalSource) -> list[pl.Series]:
        """The texts of an XPath."""
        found = values(reference, self._nodes, source, source.place)
        if self._nodes and not any(found):
            raise refused(f"reference {reference!r} is in no record", source.place, "correct the XPath")
        return [text_column(reference, found)]

    def inside(self, iterator: str, source: LogicalSource) -> tuple[list[int], Nodes]:
        """The nodes that an XPath selects."""
        found = [select(iterator or ".", node, source, source.place) for node in self._nodes]
        owners = [at for at, nodes in enumerate(found) for _ in nodes]
        return owners, XmlNodes([node for nodes in found for node in nodes])


class TableNodes:
    """Rows of a table."""

    def __init__(self, table: pl.DataFrame) -> None:
        """Take a table with a column for each reference."""
        self._table = table

    def __len__(self) -> int:
        """How many there are."""
        return self._table.height

    def columns(self, reference: str, source: LogicalSource) -> list[pl.Series]:
        """The values of a column."""
        known = [name for name in self._table.columns if "\0" not in name]
        if reference not in known:
            raise refused(f"there is no field {reference!r}", source.place, nearest(reference, known))
        return [self._table[name] for name in (reference, natural(reference)) if name in self._table.columns]

    def inside(self, iterator: str, source: LogicalSource) -> tuple[list[int], Nodes]:
        """A row has nothing inside: its cells are texts."""
        raise refused(f"no iterator {iterator!r} can select inside of a row", source.place, "say its formulation")


def _json(texts: Sequence[str | None], iterator: str, source: LogicalSource) -> tuple[list[int], Nodes]:
    given = [(at, decode(text, source)) for at, text in enumerate(texts) if text is not None]
    within, nodes = JsonNodes([node for _, node in given]).inside(iterator, source)
    return [given[at][0] for at in within], nodes


def _xml(texts: Sequence[str | None], iterator: str, source: LogicalSource) -> tuple[list[int], Nodes]:
    given = [(at, parse_text(text, source)) for at, text in enumerate(texts) if text is not None]
    within, nodes = XmlNodes([document for _, document in given]).inside(iterator or "/*", source)
    return [given[at][0] for at in within], nodes


def _csv(texts: Sequence[str | None], _iterator: str, source: LogicalSource) -> tuple[list[int], Nodes]:
    owners: list[int] = []
    rows: list[dict[str, str]] = []
    try:
        for at, text in enumerate(texts):
            for row in csv.DictReader(io.StringIO(text or "", newline=""), strict=True):
                rows.append(row)
                owners.append(at)
    except csv.Error as error:
        raise refused(f"a value is not CSV: {error}", source.place, "correct the value") from error
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = {name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in names}
    return owners, TableNodes(pl.DataFrame(table))


_PARSERS: dict[str, Callable[[Sequence[str | None], str, LogicalSource], tuple[list[int], Nodes]]] = {
    "jsonpath": _json,
    "csv": _csv,
    "xpath": _xml,
}


def parse(
    texts: Sequence[str | None], formulation: str, iterator: str, source: LogicalSource
) -> tuple[list[int], Nodes]:
    """The records inside of texts, read by another formulation, and for each which text it is inside of."""
    if formulation not in _PARSERS:
        raise refused(
            f"texts inside of records are not read by {formulation!r}", source.place, nearest(formulation, _PARSERS)
        )
    return _PARSERS[formulation](texts, iterator, source)
