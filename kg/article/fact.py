"""One fact or inference of an article file, read into a record."""

from collections.abc import Collection, Mapping

from kg.article.kind import Field, Kind
from kg.article.passage import Passage, PassageReader
from kg.article.registry import ENTITY_ID, Record, Registry
from kg.article.shape import as_map, as_text, as_texts, choice, composed
from kg.article.stance import MODALITIES, POLARITIES, STATUSES, read_ambiguity, read_stance
from kg.errors import Place, Problems, nearest
from kg.language import is_language_tag
from kg.yaml import List, Map, Text, Value, place_of

__all__ = ["MODALITIES", "POLARITIES", "STATUSES", "FactReader"]

_FACT_KEYS = ("kind", "quote", "at", "voices", "modality", "status", "polarity", "ambiguous")
_INFERENCE_KEYS = ("kind", "premises", "why")
_NO_PASSAGE: Record = {
    "sentence": None,
    "passages": [],
    "voices": [],
    "modality": None,
    "polarity": None,
    "status": None,
    "ambiguity": None,
    "readings": [],
}


class FactReader:
    """Reads the facts of one article, and remembers where their parts stand.

    places: by (id, key), and by (id, None) for the fact or inference itself.
    """

    def __init__(
        self,
        slug: str,
        language: str,
        kinds: Mapping[str, Kind],
        registry: Registry,
        passages: PassageReader,
        problems: Problems,
    ) -> None:
        """Read against the kinds and the registry; `passages` reads what the facts rest on."""
        self.slug = slug
        self.language = language
        self.kinds = kinds
        self.registry = registry
        self.passages = passages
        self.problems = problems
        self.places: dict[tuple[str, str | None], Place] = {}

    def fact(self, name: Text, value: Value, passage: Passage) -> Record | None:
        """The record of a fact; None when it cannot be one. Everything wrong is noted."""
        entries = self._open(name, value)
        if entries is None:
            return None
        said = self._say(name, entries, _FACT_KEYS)
        quote, voices = entries.get("quote"), entries.get("voices")
        if quote is None:
            self.problems.add(f"the fact {name} has no quote", name.place, "add quote: and the words that say it")
        spans = [] if quote is None else self.passages.quote(quote, entries.get("at"), passage.sentence)
        chain = passage.voices if voices is None else self.passages.voices(voices, passage.sentence)
        stance = dict(passage.stance) | read_stance(entries, self.problems)
        ambiguity, readings = read_ambiguity(entries.get("ambiguous"), self.problems)
        evidence: Record = {
            "sentence": passage.sentence,
            "passages": spans,
            "voices": chain,
            "modality": stance.get("modality", "reported" if chain else "asserted"),
            "polarity": stance.get("polarity", "positive"),
            "status": stance.get("status", "explicit"),
            "ambiguity": ambiguity,
            "readings": readings,
            "premises": [],
            "rationale": [],
        }
        return self._record(name, said, evidence)

    def inference(self, name: Text, value: Value, facts: Collection[str], inferences: Collection[str]) -> Record | None:
        """The record of an inference from some of the `facts`; None when it cannot be one."""
        entries = self._open(name, value)
        if entries is None:
            return None
        for key in entries:
            if key in _FACT_KEYS and key not in _INFERENCE_KEYS:
                self.problems.add(
                    f"an inference has no {key}", key.place, "it rests on its premises; what a text says is a fact"
                )
        said = self._say(name, entries, (*_INFERENCE_KEYS, *_FACT_KEYS))
        premises = self._premises(name, entries, facts, inferences)
        return self._record(name, said, _NO_PASSAGE | {"premises": premises, "rationale": self._why(name, entries)})

    def _record(self, name: Text, said: tuple[str, Record] | None, evidence: Record) -> Record | None:
        if said is None:
            return None
        kind, values = said
        return {"article": self.slug, "id": str(name), "kind": kind, **values, "language": self.language, **evidence}

    def _open(self, name: Text, value: Value) -> Map | None:
        if not ENTITY_ID.fullmatch(name):
            self.problems.add(
                f"{str(name)!r} cannot be the id of a fact", name.place, "use lower-case letters, digits and hyphens"
            )
        first = self.places.get((name, None))
        if first is not None:
            self.problems.add(
                f"the fact {str(name)!r} is written twice", name.place, f"the first is on line {first.line}: rename one"
            )
            return None
        self.places[name, None] = name.place
        entries = as_map(value, f"the fact {name}", self.problems)
        for key, each in entries.items() if entries else ():
            self.places[name, str(key)] = place_of(each) or key.place
        return entries

    def _say(self, name: Text, entries: Map, keys: Collection[str]) -> tuple[str, Record] | None:
        """The kind and the values of its fields; None when the kind is unknown."""
        value = entries.get("kind")
        if value is None:
            self.problems.add(f"the fact {name} has no kind", name.place, f"add kind: …; {nearest('', self.kinds)}")
            return None
        named = choice(value, "kind", self.kinds, self.problems)
        if named is None:
            return None
        fields = self.kinds[named].fields
        values: Record = {str(key): self._value(fields[key], each) for key, each in entries.items() if key in fields}
        if not self.kinds[named].known:
            return named, values
        unknown = [key for key in entries if key not in fields and key not in keys]
        for key in unknown:
            self.problems.add(
                f"unknown field {str(key)!r} of the kind {named}", key.place, nearest(key, (*fields, *keys))
            )
        missing = [wanted.name for wanted in fields.values() if wanted.required and wanted.name not in values]
        if unknown:
            return named, values
        if fields and not values:
            self.problems.add(
                f"the fact {name} says nothing", name.place, f"give the fields of the kind {named}: {', '.join(fields)}"
            )
        elif missing:
            self.problems.add(f"the fact {name} has no {', '.join(missing)}", name.place, f"the kind {named} needs it")
        return named, values

    def _value(self, wanted: Field, value: Value) -> str | list[str] | None:
        texts = as_texts(value, wanted.name, self.problems)
        for text in texts or ():
            composed(text, wanted.name, self.problems)
            if wanted.type == "entity" and self.registry.lacks(text):
                self.problems.add(f"unknown entity {str(text)!r}", text.place, nearest(text, self.registry))
            wrong = wanted.check(str(text)) if wanted.check else None
            if wrong:
                self.problems.add(f"{wanted.name}: {wrong}", text.place)
        if texts is None:
            return None
        return [str(text) for text in texts] if isinstance(value, List) else str(texts[0])

    def _premises(self, name: Text, entries: Map, facts: Collection[str], inferences: Collection[str]) -> list[str]:
        value = entries.get("premises")
        if value is None:
            self.problems.add(f"the inference {name} has no premises", name.place, "add premises: [ids of facts]")
            return []
        texts = as_texts(value, "premises", self.problems) or []
        for text in texts:
            if text in inferences:
                self.problems.add(
                    f"the premise {str(text)!r} is an inference", text.place, "name the facts that it rests on"
                )
            elif text not in facts:
                self.problems.add(f"the premise {str(text)!r} is no fact", text.place, nearest(text, facts))
        return [str(text) for text in texts]

    def _why(self, name: Text, entries: Map) -> list[Record]:
        value = entries.get("why")
        if value is None:
            self.problems.add(f"the inference {name} has no why", name.place, "add why: {fr: …, en: …}")
            return []
        rationale: list[Record] = []
        for tag, each in (as_map(value, "why", self.problems) or {}).items():
            text = as_text(each, f"why in {tag}", self.problems)
            if not is_language_tag(tag):
                self.problems.add(f"{str(tag)!r} is not a language tag", tag.place, "use a tag such as fr or en")
            if text is not None:
                rationale.append({"language": str(tag), "value": str(text)})
        if isinstance(value, Map) and not value:
            self.problems.add("why is empty", value.place, "say how it follows: {fr: …, en: …}")
        return rationale
