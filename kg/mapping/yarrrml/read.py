"""YARRRML, read into the mapping model: https://rml.io/yarrrml/spec/.

Shortcuts are expanded first, then one long form is read; a key or a prefix that is not known is an error with its
place.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg import yaml
from kg.errors import Problems, nearest
from kg.mapping.lexical import ABSOLUTE_IRI
from kg.mapping.model import (
    Author,
    Join,
    LogicalSource,
    MappingDocument,
    PredicateObjectMap,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kg.mapping.names import AND, EQUAL
from kg.mapping.yarrrml.expand import Expander
from kg.mapping.yarrrml.keys import PREFIXES
from kg.mapping.yarrrml.sources import read_source, with_namespaces
from kg.mapping.yarrrml.terms import Terms

__all__ = ["read_yarrrml", "read_yarrrml_document"]

_NEEDED = ("rdf", "rdfs", "xsd")


def read_yarrrml(
    path: Path, root: Path, base: tuple[str, str], problems: Problems, *, relative: bool = False
) -> tuple[TriplesMap, ...]:
    """Read one YARRRML file.

    base: the base that mappings spell out and the one to put in its place in every data IRI. relative: whether the run
    has a base, so that IRIs may be relative in a file without `base`, too.
    Places name the file relative to `root`. What is wrong is noted in `problems`; what is returned then is read only
    to find what else is wrong.
    """
    return read_yarrrml_document(path, root, base, problems, relative=relative).maps


def read_yarrrml_document(
    path: Path, root: Path, base: tuple[str, str], problems: Problems, *, relative: bool = False
) -> MappingDocument:
    """Read one YARRRML file with its prefixes, base and authors; otherwise like `read_yarrrml`."""
    document = yaml.read(path, root, problems)
    if document is None:
        return MappingDocument(())
    if not isinstance(document, yaml.Map):
        problems.add(
            "a mapping file is a YAML mapping with the keys prefixes and mappings", document.place, "write mappings:"
        )
        return MappingDocument(())
    return _Reader(problems, base, relative).document(document)


@dataclass(slots=True)
class _Reader:
    problems: Problems
    base: tuple[str, str]
    relative: bool
    unsound: set[str] = field(default_factory=set)

    def document(self, written: yaml.Map) -> MappingDocument:
        expander = Expander(self.problems)
        document = expander.document(written)
        self.unsound = expander.unsound
        declared: dict[str, str] = {}
        for name, value in _entries(document.get("prefixes"), self.problems):
            if isinstance(value, yaml.Text) and re.fullmatch(ABSOLUTE_IRI, value):
                declared[str(name)] = str(value)
            else:
                self.problems.add(f"prefix {str(name)!r} must stand for an absolute IRI", name.place, "write it whole")
        base = self._base(document)
        terms = Terms(self.problems, self.base, {name: PREFIXES[name] for name in _NEEDED} | declared)
        terms.appended = base or ("" if self.relative else None)
        for name, value in _entries(document.get("external"), self.problems):
            if isinstance(value, yaml.Text):
                terms.external[str(name)] = str(value)
            else:
                self.problems.add("an external value is a plain text", value.place, "write one text")
        for name, value in _entries(document.get("targets"), self.problems):
            assert isinstance(value, yaml.Map)
            terms.targets[str(name)] = terms.target(value, str(name))
        sources = {
            str(name): read_source(value, str(name), self.problems)
            for name, value in _entries(document.get("sources"), self.problems)
            if isinstance(value, yaml.Map)
        }
        if "mappings" not in document:
            self.problems.add(
                "there is no key mappings, so nothing is mapped", document.place, "add mappings: with a triples map"
            )
        forms = [
            (name, value)
            for name, value in _entries(document.get("mappings"), self.problems)
            if isinstance(value, yaml.Map)
        ]
        names = [str(name) for name, _ in forms]
        read = [self._triples_map(name, value, sources, names, terms) for name, value in forms]
        by_name = {made.name: made for made, _ in read}
        maps = [item for made, inverses in read for item in (made, *_inverse(made, inverses, by_name))]
        return MappingDocument(
            tuple(with_namespaces(maps, declared)),
            tuple(declared.items()),
            base,
            tuple(self._author(item) for item in _maps(document.get("authors"))),
        )

    def _base(self, document: yaml.Map) -> str:
        base = document.get("base")
        if base is None:
            return ""
        if not isinstance(base, yaml.Text) or not re.fullmatch(ABSOLUTE_IRI, base):
            self.problems.add("base must be an absolute IRI", base.place, "write it whole")
            return ""
        return str(base)

    def _author(self, form: yaml.Map) -> Author:
        return Author(**{name: str(form.get(name) or "") for name in ("iri", "name", "email", "website")})

    def _triples_map(
        self,
        name: yaml.Text,
        value: yaml.Map,
        named: dict[str, LogicalSource | None],
        names: list[str],
        terms: Terms,
    ) -> tuple[TriplesMap, list[PredicateObjectMap]]:
        """A triples map, and its pairs of inverse predicates and objects."""
        before = len(self.problems)
        if "sources" not in value and name not in self.unsound:
            self.problems.add(f"triples map {str(name)!r} has no sources", name.place, "add sources:")
        sources = []
        for item in _items(value.get("sources")):
            if isinstance(item, yaml.Map):
                sources.append(read_source(item, "", self.problems))
                continue
            if item not in named:
                fix = nearest(str(item), named) or "add it under sources:, or write [file.csv~csv]"
                self.problems.add(f"there is no source named {str(item)!r}", item.place, fix)
            sources.append(named.get(str(item)))
        subjects = tuple(terms.iri(item) for item in _maps(value.get("subjects")))
        graphs = tuple(terms.iri(item) for item in _maps(value.get("graphs")))
        condition = terms.condition(_items(value.get("condition")))
        pairs = [self._pair(item, names, terms) for item in _maps(value.get("predicateobjects"))]
        own = [terms.condition(_items(item.get("condition"))) for item in _maps(value.get("subjects"))]
        sound = len(self.problems) == before and name not in self.unsound
        fresh = (TermMap((), "blank", name.place),) if sound and not subjects else ()
        made = TriplesMap(
            str(name),
            tuple(source for source in sources if source),
            subjects or fresh,
            graphs,
            tuple(predicate_object for forward, _ in pairs for predicate_object in forward),
            name.place,
            condition=condition or next((found for found in own if found), None),
            base=terms.rebase(terms.appended or ""),
            sound=sound,
        )
        return made, [inverse for _, inverses in pairs for inverse in inverses]

    def _pair(
        self, form: yaml.Map, names: list[str], terms: Terms
    ) -> tuple[list[PredicateObjectMap], list[PredicateObjectMap]]:
        """The predicates and objects forward, and those of inverse predicates, one map for each condition."""
        predicates = tuple(terms.predicate(item) for item in _maps(form.get("predicates")))
        inverse = tuple(terms.predicate(item) for item in _maps(form.get("inversepredicates")))
        graphs = tuple(terms.iri(item) for item in _maps(form.get("graphs")))
        common = terms.condition(_items(form.get("condition")))
        groups: dict[TermMap | None, list[TermMap | ReferencingObjectMap]] = {}
        for item in _maps(form.get("objects")):
            own = None
            if "mapping" in item:
                made: TermMap | ReferencingObjectMap = self._referencing(item, names, terms)
            else:
                made = terms.object(item, predicates or inverse)
                own = terms.condition(_items(item.get("condition")))
            groups.setdefault(own or common, []).append(made)
        both: tuple[list[PredicateObjectMap], list[PredicateObjectMap]] = ([], [])
        for condition, objects in (groups or {common: []}).items():
            if predicates or not inverse:
                both[0].append(PredicateObjectMap(predicates, tuple(objects), graphs, form.place, condition))
            if inverse:
                both[1].append(PredicateObjectMap(inverse, tuple(objects), graphs, form.place, condition))
        return both

    def _referencing(self, form: yaml.Map, names: list[str], terms: Terms) -> ReferencingObjectMap:
        parent = form.get("mapping")
        if parent not in names:
            assert parent is not None
            self.problems.add(
                f"there is no triples map named {str(parent)!r}", parent.place, nearest(str(parent), names)
            )
        joins = []
        for condition in _maps(form.get("condition")):
            joins += self._join(condition, terms)
        return ReferencingObjectMap(str(parent), tuple(joins), form.place, terms.targets_of(form))

    def _join(self, form: yaml.Map, terms: Terms) -> list[Join]:
        """A condition of a join: two values are equal, one of this map's record, one of the other's."""
        if "function" not in form:
            return []
        function = terms.execution(form).function
        parameters = _maps(form.get("parameters"))
        inner = [value for item in parameters if isinstance(value := item.get("value"), yaml.Map)]
        if function == AND and len(inner) == len(parameters):
            return [join for condition in inner for join in self._join(condition, terms)]
        if function != EQUAL or len(parameters) != 2:
            self.problems.add(
                "a join can only compare two values with equal", form.place, "write function: equal with two parameters"
            )
            return []
        sides: dict[str, TermMap] = {}
        for parameter, usual in zip(parameters, ("s", "o"), strict=True):
            side = self._side(parameter) or usual
            if side in sides:
                self.problems.add("both values are of the same record", parameter.place, "mark one s, the other o")
            sides[side] = terms.input(parameter).value
        return [Join(sides["s"], sides["o"])] if len(sides) == 2 else []

    def _side(self, form: yaml.Map) -> str:
        """`s` for the record of this map, `o` for the other's; empty where it is not written."""
        side = form.get("from")
        if side is not None:
            if side not in ("s", "o", "subject", "object"):
                self.problems.add(
                    f"{str(side)!r} is neither s nor o", side.place, "write s for this map, o for the other"
                )
            return str(side)[:1]
        value = form.get("value")
        if isinstance(value, yaml.Map):
            return next((found for item in _maps(value.get("parameters")) if (found := self._side(item))), "")
        return ""


def _inverse(made: TriplesMap, inverses: list[PredicateObjectMap], named: dict[str, TriplesMap]) -> list[TriplesMap]:
    """Triples maps whose subjects are the objects of another: https://rml.io/yarrrml/spec/#inverse-predicates."""
    found: list[TriplesMap] = []
    for pair in inverses:
        for item in pair.objects:
            name = f"{made.name}-inverse-{len(found) + 1}"
            if isinstance(item, TermMap):
                turned = replace(pair, objects=made.subjects)
                found.append(replace(made, name=name, subjects=(item,), predicate_objects=(turned,), place=pair.place))
            elif item.parent in named:
                joins = tuple(Join(join.parent, join.child) for join in item.joins)
                turned = replace(pair, objects=(ReferencingObjectMap(made.name, joins, item.place),))
                parent = named[item.parent]
                found.append(replace(parent, name=name, graphs=made.graphs, predicate_objects=(turned,)))
    return found


def _entries(value: yaml.Value | None, problems: Problems) -> list[tuple[yaml.Text, yaml.Value]]:
    if isinstance(value, yaml.Map):
        return list(value.items())
    if value is not None:
        problems.add("this must be a mapping of names", value.place, "write name: value")
    return []


def _items(value: yaml.Value | None) -> list[yaml.Value]:
    return list(value) if isinstance(value, yaml.List) else []


def _maps(value: yaml.Value | None) -> list[yaml.Map]:
    return [item for item in _items(value) if isinstance(item, yaml.Map)]
