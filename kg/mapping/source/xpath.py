"""XML -> batches of records, by XPath 1.0: https://www.w3.org/TR/xpath-10/, with lxml (extra `xml`)."""

import io
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from kg.errors import Place
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, read_bytes
from kg.mapping.source.refusal import needs, refused

__all__ = ["read_xml"]

# A setting with this prefix binds the rest of its name, an XML prefix, to its value, a namespace.
_NAMESPACE = "namespace:"


def read_xml(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of an XML file: the iterator selects nodes, a reference is evaluated at each of them.

    An element's value is its text with that of everything in it. Nothing outside the file is read. A reference that no
    record has is an error. Raises `ContentError`.
    """
    path = locate(source, reading)
    try:
        from lxml import etree  # noqa: PLC0415 - an extra
    except ImportError:
        raise needs("lxml", "xml", source.place) from None
    content = read_bytes(source, path)
    encoding = None if source.encoding.lower().replace("-", "") in ("", "utf8") else source.encoding
    # The stubs know neither the value "internal" nor what an XPath gives.
    entities: Any = "internal"
    parser = etree.XMLParser(resolve_entities=entities, no_network=True, load_dtd=False, encoding=encoding)
    namespaces = {
        name.removeprefix(_NAMESPACE): value for name, value in source.settings if name.startswith(_NAMESPACE)
    }
    try:
        with path.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
            document = etree.parse(file, parser)
        iterator = etree.XPath(source.iterator or "/*", namespaces=namespaces)
        paths = {name: etree.XPath(name, namespaces=namespaces, smart_strings=False) for name in references}
        selected: Any = iterator(document)
        nodes: Iterator[Any] = iter(selected)
        unseen = set(references)
        some = False
        while batch := list(islice(nodes, reading.batch)):
            some = True
            columns = []
            for name, way in paths.items():
                found = [_texts(way(node)) for node in batch]
                unseen -= {name} if any(found) else set()
                columns.append(_column(name, found))
            yield pl.DataFrame(columns) if columns else pl.DataFrame({"\0": pl.repeat(0, len(batch), eager=True)})
    except etree.XMLSyntaxError as error:
        raise refused(f"{source.access} is not XML: {error.msg}", source.place, "correct the file") from error
    except (etree.XPathError, TypeError) as error:
        raise refused(
            f"an XPath of this source cannot be evaluated: {error}", source.place, "correct iterator or reference"
        ) from error
    for name in sorted(unseen) if some else ():
        raise refused(f"reference {name!r} is in no record of {source.access}", references[name], "correct the XPath")


def _texts(result: Any) -> list[str]:  # noqa: ANN401 - what an XPath gives
    if isinstance(result, bool):
        return ["true" if result else "false"]
    if isinstance(result, float):
        return [str(int(result)) if result.is_integer() else repr(result)]
    if isinstance(result, str):
        return [result]
    return [node if isinstance(node, str) else str(node.xpath("string()")) for node in result]


def _column(name: str, found: list[list[str]]) -> pl.Series:
    if all(len(texts) <= 1 for texts in found):
        return pl.Series(name, [texts[0] if texts else None for texts in found], dtype=pl.String)
    return pl.Series(name, found, dtype=pl.List(pl.String))
