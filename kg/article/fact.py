"""One fact or inference of an article file, read into a record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kg.article.kind import Field, Kind
from kg.article.locate import Locator
from kg.article.registry import ENTITY_ID, Record, Registry, is_language_tag
from kg.article.shape import as_list, as_map, as_number, as_text, as_texts, choice, composed, get, key_place
from kg.errors import Place, Problems, nearest
from kg.yaml import List, Map, Text, Value, place_of

__all__ = ["MODALITIES", "POLARITIES", "STATUSES", "FactReader", "Passage"]

MODALITIES = ("asserted", "reported", "evaluated", "mandated", "intended", "predicted", "agreed")
STATUSES = ("explicit", "presupposed")
POLARITIES = ("positive", "negative")

_FACT_KEYS = ("kind", "quote", "at", "voices", "modality", "status", "polarity", "ambiguous")
_INFERENCE_KEYS = ("kind", "premises", "why")
_STANCE: Mapping[str, Collection[str]] = {"modality": MODALITIES, "status": STATUSES, "polarity": POLARITIES}


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands on a passage and holds for its facts unless they say otherwise.

    sentence: its number, None when it cannot be read. stance: modality, status and polarity, where given.
    """

    sentence: int | None
    voices: list[Record] = field(default_factory=list)
    stance: Mapping[str, str] = field(default_factory=dict)


class FactReader:
    """Reads the facts of one article, and remembers where their parts stand."""

    def __init__(
        self,
        slug: str,
        language: str,
        kinds: Mapping[str, Kind],
        registry: Registry,
        locator: Locator | None,
        problems: Problems,
    ) -> None:
        """Read against kinds and registry; quotes are looked up when there is a `locator`."""
        self.slug = slug
        self.language = language
        self.kinds = kinds
        self.registry = registry
        self.locator = locator
        self.problems = problems
        self.places: dict[tuple[str, str | None], Place] = {}

    def fact(self, name: Text, value: Value, passage: Passage) -> Record | None:
        """The record of a fact; None when it cannot be one. Everything wrong is noted."""
        entries = self._open(name, value)
        if entries is None:
            return None
        kind, values = self._say(name, entries, _FACT_KEYS)
        passages = self._quote(name, entries, passage.sentence)
        voices = get(entries, "voices")
        chain = passage.voices if voices is None else self.voices(voices, passage.sentence)
        stance = dict(passage.stance) | self.stance(entries)
        ambiguity, readings = self._ambiguous(get(entries, "ambiguous"))
        return (
            None
            if kind is None
            else {
                "article": self.slug,
                "id": str(name),
                "kind": kind,
                **values,
                "language": self.language,
                "sentence": passage.sentence,
                "passages": passages,
                "voices": chain,
                "modality": stance.get("modality", "reported" if chain else "asserted"),
                "polarity": stance.get("polarity", "positive"),
                "status": stance.get("status", "explicit"),
                "ambiguity": ambiguity,
                "readings": readings,
                "premises": [],
                "rationale": [],
            }
        )

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
        kind, values = self._say(name, entries, (*_INFERENCE_KEYS, *_FACT_KEYS))
        premises = self._premises(name, entries, facts, inferences)
        rationale = self._why(name, entries)
        return (
            None
            if kind is None
            else {
                "article": self.slug,
                "id": str(name),
                "kind": kind,
                **values,
                "language": self.language,
                "sentence": None,
                "passages": [],
                "voices": [],
                "modality": None,
                "polarity": None,
                "status": None,
                "ambiguity": None,
                "readings": [],
                "premises": premises,
                "rationale": rationale,
            }
        )

    def stance(self, entries: Map) -> dict[str, str]:
        """Modality, status and polarity, as far as they are written."""
        found: dict[str, str] = {}
        for key, allowed in _STANCE.items():
            value = get(entries, key)
            word = None if value is None else choice(value, key, allowed, self.problems)
            if word is not None:
                found[key] = word
        return found

    def voices(self, value: Value, sentence: int | None) -> list[Record]:
        """The chain of voices, outermost first, without the article: {entity, cue, start, end, sentence}."""
        chain: list[Record] = []
        for item in as_list(value, "voices", self.problems) or ():
            entries = as_map(item, "a voice", self.problems)
            if entries is None:
                continue
            if len(entries) != 1:
                self.problems.add(
                    "a voice is one `entity: the words that name it`", item.place, "start each voice with its own dash"
                )
                continue
            ((name, cue),) = entries.items()
            if name not in self.registry:
                self.problems.add(f"the voice {str(name)!r} is no entity", name.place, nearest(name, self.registry))
            voice = self._cue(str(name), cue, sentence)
            if voice is not None:
                chain.append(voice)
        return chain

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

    def _say(self, name: Text, entries: Map, keys: Collection[str]) -> tuple[str | None, Record]:
        """The kind, None when it is unknown, and the values of its fields."""
        value = get(entries, "kind")
        if value is None:
            self.problems.add(f"the fact {name} has no kind", name.place, f"add kind: {nearest('', self.kinds)}")
            return None, {}
        named = choice(value, "kind", self.kinds, self.problems)
        if named is None:
            return None, {}
        fields = self.kinds[named].fields
        values: Record = {}
        for key, each in entries.items():
            if key in fields:
                values[str(key)] = self._value(fields[key], each)
            elif key not in keys:
                self.problems.add(
                    f"unknown field {str(key)!r} of the kind {named}", key.place, nearest(key, (*fields, *keys))
                )
        if not values:
            self.problems.add(
                f"the fact {name} says nothing", name.place, f"give the fields of the kind {named}: {', '.join(fields)}"
            )
        for needed in fields.values():
            if values and needed.required and needed.name not in values:
                self.problems.add(f"the fact {name} has no {needed.name}", name.place, f"a {named} needs it")
        return named, values

    def _value(self, wanted: Field, value: Value) -> str | list[str] | None:
        texts = as_texts(value, wanted.name, self.problems)
        for text in texts or ():
            composed(text, wanted.name, self.problems)
            if wanted.type == "entity" and text not in self.registry:
                self.problems.add(f"unknown entity {str(text)!r}", text.place, nearest(text, self.registry))
            wrong = wanted.check(str(text)) if wanted.check else None
            if wrong:
                self.problems.add(f"{wanted.name}: {wrong}", text.place)
        if texts is None:
            return None
        return [str(text) for text in texts] if isinstance(value, List) else str(texts[0])

    def _quote(self, name: Text, entries: Map, sentence: int | None) -> list[Record]:
        value = get(entries, "quote")
        if value is None:
            self.problems.add(f"the fact {name} has no quote", name.place, "add quote: and the words that say it")
            return []
        segments = self._segments(value, get(entries, "at"))
        if segments is None or self.locator is None or sentence is None:
            return []
        spans = self.locator.quote(segments, sentence) or ()
        return [
            {"start": span.start, "end": span.end, "quote": str(words), "sentence": sentence}
            for span, (words, _) in zip(spans, segments, strict=False)
        ]

    def _segments(self, value: Value, at: Value | None) -> list[tuple[Text, int | None]] | None:
        items: Sequence[Value] = value if isinstance(value, List) else [value]
        words = [as_text(item, "quote", self.problems) for item in items]
        if isinstance(value, List) and not value:
            self.problems.add("quote is an empty list", value.place, "give the words that say it")
        positions: Sequence[Value] = at if isinstance(at, List) else [] if at is None else [at]
        if at is not None and len(positions) != len(items):
            self.problems.add(
                f"at has {len(positions)} positions for {len(items)} segments",
                place_of(at),
                "give one each, ~ for none",
            )
            return None
        offsets = [None if each == "~" else as_number(each, "at", self.problems) for each in positions]
        if at is None:
            offsets = [None] * len(words)
        elif any(offset is None and each != "~" for offset, each in zip(offsets, positions, strict=True)):
            return None
        segments = [(text, offset) for text, offset in zip(words, offsets, strict=True) if text is not None]
        return segments if segments and len(segments) == len(words) else None

    def _cue(self, entity: str, value: Value, sentence: int | None) -> Record | None:
        """A cue is words, or {cue: words, at: position} where they stand more than once."""
        at: int | None = None
        if isinstance(value, Map):
            for key in value:
                if key not in ("cue", "at"):
                    self.problems.add(f"unknown key {str(key)!r} of a voice", key.place, nearest(key, ("cue", "at")))
            position, cue = get(value, "at"), get(value, "cue")
            if cue is None:
                self.problems.add(f"the voice {entity} has no cue", value.place, "add cue: and the words that name it")
                return None
            at = None if position is None else as_number(position, "at", self.problems)
        else:
            cue = value
        words = as_text(cue, f"the cue of {entity}", self.problems)
        if words is None or self.locator is None or sentence is None:
            return None
        span = self.locator.cue(words, at, sentence)
        return (
            None
            if span is None
            else {
                "entity": entity,
                "cue": str(words),
                "start": span.start,
                "end": span.end,
                "sentence": self.locator.sentence_of(span),
            }
        )

    def _ambiguous(self, value: Value | None) -> tuple[str | None, list[str]]:
        entries = None if value is None else as_map(value, "ambiguous", self.problems)
        if entries is None:
            return None, []
        for key in entries:
            if key not in ("why", "readings"):
                self.problems.add(
                    f"unknown key {str(key)!r} in ambiguous", key.place, nearest(key, ("why", "readings"))
                )
        why, readings = get(entries, "why"), get(entries, "readings")
        if why is None or readings is None:
            self.problems.add(
                "ambiguous needs why and readings", entries.place, "ambiguous: {why: …, readings: [one, another]}"
            )
            return None, []
        texts = as_texts(readings, "readings", self.problems)
        if texts is not None and len(texts) < 2:
            self.problems.add("ambiguous has a single reading", place_of(readings), "give at least two")
        reason = as_text(why, "why", self.problems)
        return None if reason is None else str(reason), [str(text) for text in texts or ()]

    def _premises(self, name: Text, entries: Map, facts: Collection[str], inferences: Collection[str]) -> list[str]:
        value = get(entries, "premises")
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
        value = get(entries, "why")
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
            self.problems.add("why is empty", key_place(entries, "why"), "say how it follows: {fr: …, en: …}")
        return rationale
