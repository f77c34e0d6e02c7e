"""XML -> batches of records, by XPath 1.0: https://www.w3.org/TR/xpath-10/, with lxml (extra `xml`).

Nothing outside the file is read, and an entity cannot make it grow. Where the iterator names elements from the root
down and no reference leaves its record, a record is forgotten once it is read, so that memory does not grow.
"""

import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any

import polars as pl

from kg.errors import Place, Problems, nearest
from kg.mapping.model import LogicalSource
from kg.mapping.source.access import Reading, locate, read_bytes
from kg.mapping.source.refusal import needs, refused

__all__ = ["XmlElement", "element_paths", "parse_text", "read_elements", "read_xml", "select", "text_column", "values"]

XmlElement = Any
"""An element, or an attribute or text as a string: whatever an XPath selects."""

# A setting with this prefix binds the rest of its name, an XML prefix, to its value, a namespace.
_NAMESPACE = "namespace:"

_NAME = r"(?:(?:[^\W\d][\w.-]*:)?[^\W\d][\w.-]*|\*)"
_STEPS = re.compile(rf"(?:/{_NAME})+")
_CHILD = re.compile(r"(?P<at>@?)(?:(?P<prefix>[^\W\d][\w.-]*):)?(?P<name>[^\W\d][\w.-]*)")
# What reads outside of the record, or counts what was forgotten before it.
_LEAVES = re.compile(r"\.\.|::|(?:^|[^\w.\])*:@-])\s*/|\b(?:id|position|last)\s*\(")
# The root element follows, so that no entity is declared: https://www.w3.org/TR/xml/#NT-prolog
_NO_ENTITIES = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?.*?\?>)*<[A-Za-z_:\x80-\xff]", re.DOTALL)
_HEAD = 1 << 16
_LOOKED_AT = 100
_ELEMENTS = 20_000


def read_xml(source: LogicalSource, references: Mapping[str, Place], reading: Reading) -> Iterator[pl.DataFrame]:
    """Batches of an XML file: the iterator selects nodes, a reference is evaluated at each of them.

    An element's value is its text with that of everything in it. A reference that no record has is an error.
    Raises `ContentError`.
    """
    if _STEPS.fullmatch(source.iterator.strip()) and not any(map(_LEAVES.search, references)):
        batches = _streamed(source, reading)
    else:
        batches = _sliced(read_elements(source, reading), reading.batch)
    unseen = set(references)
    known: set[str] = set()
    some = False
    for batch in batches:
        some = True
        known = known or {name for node in batch[:_LOOKED_AT] for name in _names(node)}
        columns = []
        for name, place in references.items():
            found = values(name, batch, source, place)
            unseen -= {name} if any(found) else set()
            columns.append(text_column(name, found))
        yield pl.DataFrame(columns or {"\0": pl.repeat(0, len(batch), eager=True)})
    problems = Problems()
    for name in sorted(unseen) if some else ():
        near = nearest(name, known) or "correct the XPath"
        problems.add(f"reference {name!r} is in no record of {source.label}", references[name], near)
    problems.stop_if_any()


def _names(node: XmlElement) -> Iterator[str]:
    """Paths to what is in a record: its attributes and children, and the attributes of these."""
    if isinstance(node, str):
        return
    yield from (f"@{name}" for name in node.keys() if "{" not in name)  # noqa: SIM118 - an element is no mapping
    for child in node.iterchildren("*"):
        if "}" not in child.tag or child.prefix:
            tag = f"{child.prefix}:{child.tag.partition('}')[2]}" if child.prefix else child.tag
            yield tag
            yield from (f"{tag}/@{name}" for name in child.keys() if "{" not in name)  # noqa: SIM118 - as above


def element_paths(source: LogicalSource, reading: Reading) -> Iterator[tuple[str, str]]:
    """The paths to the elements at the beginning of a file, without prefixes, and the namespace of each.

    Raises `ContentError`.
    """
    etree = _lxml(source)
    path: list[str] = []
    with _opened(source, reading) as file, _told(source):
        events = etree.iterparse(file, events=("start", "end"), **_safe(file, source))
        for event, element in islice(events, _ELEMENTS):
            if event == "end":
                path.pop()
                continue
            name = etree.QName(element)
            path.append(name.localname)
            yield "/" + "/".join(path), name.namespace or ""


def read_elements(source: LogicalSource, reading: Reading) -> list[XmlElement]:
    """All nodes that the iterator of a source selects. Raises `ContentError`."""
    etree = _lxml(source)
    with _opened(source, reading) as file, _told(source):
        document = etree.parse(file, etree.XMLParser(**_safe(file, source)))
        return select(source.iterator or "/*", document, source, source.place)


def parse_text(text: str, source: LogicalSource) -> XmlElement:
    """A text of XML as a document. Raises `ContentError`."""
    etree = _lxml(source)
    with _told(source, "a text in "), io.BytesIO(text.encode()) as file:
        return etree.parse(file, etree.XMLParser(**_safe(file, source) | {"encoding": "utf-8"}))


def select(path: str, node: XmlElement, source: LogicalSource, place: Place) -> list[XmlElement]:
    """The nodes that an XPath selects. Raises `ContentError`: no XPath, or one that gives something else."""
    found = _evaluated(path, [node], source, place)[0]
    if not isinstance(found, list):
        raise refused(f"iterator {path!r} gives {found!r}, not nodes", place, "write a path such as /list/item")
    return found


def values(path: str, nodes: Sequence[XmlElement], source: LogicalSource, place: Place) -> list[list[str]]:
    """The texts that an XPath gives at each node. Raises `ContentError` for what is no XPath."""
    return [_texts(found) for found in _evaluated(path, nodes, source, place)]


def _evaluated(path: str, nodes: Sequence[XmlElement], source: LogicalSource, place: Place) -> list[Any]:
    etree = _lxml(source)
    spaces = {name.removeprefix(_NAMESPACE): iri for name, iri in source.settings if name.startswith(_NAMESPACE)}
    try:
        way = etree.XPath(path, namespaces={name: iri for name, iri in spaces.items() if name}, smart_strings=False)
        simple = _simple(path, spaces)
        if simple is not None and all(etree.iselement(node) for node in nodes):
            return list(map(simple, nodes))
        return [_at_text(path, node) if isinstance(node, str) else way(node) for node in nodes]
    except (etree.XPathError, TypeError, ValueError) as error:
        told = " ".join(str(error).split()) or "it is empty"
        fix = "correct it"
        if "namespace prefix" in told:
            used = next((name for name in re.findall(r"([\w.-]+):", path) if name not in spaces), "")
            fix = nearest(used, spaces) or f"bind the prefix {used} with rml:namespace"
        raise refused(f"the XPath {path!r} cannot be evaluated: {told}", place, fix) from error


def _simple(path: str, spaces: Mapping[str, str]) -> Callable[[XmlElement], list[Any]] | None:
    """What follows a path that is the name of an attribute or of child elements, faster than XPath; None for others."""
    match = _CHILD.fullmatch(path)
    if match is None or (match["prefix"] and match["prefix"] not in spaces):
        return None
    name = f"{{{spaces[match['prefix']]}}}{match['name']}" if match["prefix"] else match["name"]
    if not match["at"]:
        return lambda node: [child for child in node if child.tag == name]
    return lambda node: [value] if (value := node.get(name)) is not None else []


def _at_text(path: str, text: str) -> list[str]:
    """What a path gives at an attribute or a text, which holds nothing but itself."""
    return [text] if path.strip() in (".", "string()", "string(.)", "text()") else []


def _lxml(source: LogicalSource) -> Any:  # noqa: ANN401 - the stubs know neither "internal" nor what an XPath gives
    try:
        from lxml import etree  # noqa: PLC0415 - an extra
    except ImportError:
        raise needs("lxml", "xml", source.place) from None
    return etree


@contextmanager
def _opened(source: LogicalSource, reading: Reading) -> Iterator[IO[bytes]]:
    path = locate(source, reading)
    content = read_bytes(source, path)
    with path.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        yield file


@contextmanager
def _told(source: LogicalSource, what: str = "") -> Iterator[None]:
    """Tell what is wrong with a file at the place of its source."""
    etree = _lxml(source)
    try:
        yield
    except etree.XMLSyntaxError as error:
        raise refused(f"{what}{source.label} is not XML: {error.msg}", source.place, "correct the file") from error
    except LookupError as error:
        raise refused(f"{what}{source.label} is not XML: {error}", source.place, "correct its encoding") from error


def _safe(file: IO[bytes], source: LogicalSource) -> dict[str, Any]:
    """How a parser reads nothing but the file. A text of any length is read where no entity could make one."""
    head = file.read(_HEAD)
    file.seek(0)
    own = source.encoding.lower().replace("-", "") in ("", "utf8")
    return {
        "resolve_entities": "internal",
        "no_network": True,
        "load_dtd": False,
        "encoding": None if own else source.encoding,
        "huge_tree": _NO_ENTITIES.match(head) is not None,
    }


def _sliced(nodes: Iterable[XmlElement], size: int) -> Iterator[list[XmlElement]]:
    nodes = iter(nodes)
    while batch := list(islice(nodes, size)):
        yield batch


def _streamed(source: LogicalSource, reading: Reading) -> Iterator[list[XmlElement]]:
    """The elements at a path of names, a batch at a time; what was read is forgotten."""
    etree = _lxml(source)
    wanted = [_tag(step, source) for step in source.iterator.strip().split("/")[1:]]
    batch: list[XmlElement] = []
    with _opened(source, reading) as file, _told(source):
        depth = matched = 0
        for event, element in etree.iterparse(file, events=("start", "end"), **_safe(file, source)):
            if event == "start":
                matched += depth == matched < len(wanted) and wanted[matched] in (element.tag, "*")
                depth += 1
                continue
            if depth == matched == len(wanted):
                batch.append(element)
            elif matched < len(wanted):
                element.clear()
            if matched < len(wanted) or depth == matched:
                _forget_before(element)
            matched -= depth == matched
            depth -= 1
            if len(batch) == reading.batch:
                yield batch
                batch = []
        if batch:
            yield batch


def _forget_before(element: XmlElement) -> None:
    """Take the elements before this one out of the document; those of a batch live on by themselves."""
    parent = element.getparent()
    if parent is not None:
        while parent[0] is not element:
            del parent[0]


def _tag(step: str, source: LogicalSource) -> str:
    """The name of a step as lxml writes it."""
    prefix, colon, name = step.rpartition(":")
    if not colon:
        return step
    space = dict(source.settings).get(f"{_NAMESPACE}{prefix}")
    if space is None:
        # The general way tells what is wrong with it.
        select(source.iterator, _lxml(source).Element("none"), source, source.place)
    return f"{{{space}}}{name}"


def _texts(result: Any) -> list[str]:  # noqa: ANN401 - what an XPath gives
    if isinstance(result, bool):
        return ["true" if result else "false"]
    if isinstance(result, float):
        return [_number(result)]
    if isinstance(result, str):
        return [result]
    return [node if isinstance(node, str) else _text(node) for node in result]


def _number(value: float) -> str:
    """A number as a text: https://www.w3.org/TR/1999/REC-xpath-19991116/#function-string."""
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"


def _text(node: XmlElement) -> str:
    """The text of an element with that of everything in it."""
    return str(node.xpath("string()")) if len(node) else node.text or ""


def text_column(name: str, found: list[list[str]]) -> pl.Series:
    """A column of texts, or of lists of texts where a record has several."""
    if all(len(texts) <= 1 for texts in found):
        return pl.Series(name, [texts[0] if texts else None for texts in found], dtype=pl.String)
    flat = pl.DataFrame(
        {
            "\0at": [at for at, texts in enumerate(found) for _ in texts],
            name: pl.Series([text for texts in found for text in texts], dtype=pl.String),
        }
    )
    lists = flat.group_by("\0at", maintain_order=True).agg(name)
    rows = pl.DataFrame({"\0at": pl.int_range(len(found), eager=True)})
    return rows.join(lists, on="\0at", how="left", maintain_order="left")[name]
