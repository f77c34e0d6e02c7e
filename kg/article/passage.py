"""What a fact rests on: the words that say it, and the words that name who says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kg.article.locate import Locator
from kg.article.registry import Record, Registry
from kg.article.shape import as_list, as_map, as_number, as_text, only_keys
from kg.errors import Problems, nearest
from kg.yaml import List, Map, Text, Value, place_of

__all__ = ["Passage", "PassageReader"]


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands on a passage and holds for its facts unless they say otherwise.

    sentence: its number, None when it cannot be read. stance: modality, status and polarity, where given.
    """

    sentence: int | None
    voices: list[Record] = field(default_factory=list)
    stance: Mapping[str, str] = field(default_factory=dict)


class PassageReader:
    """Reads quotes and voices of one article, and finds them in its text when there is a locator."""

    def __init__(self, registry: Registry, locator: Locator | None, problems: Problems) -> None:
        """Voices are entities of the registry; without a locator no quote is looked up."""
        self.registry = registry
        self.locator = locator
        self.problems = problems

    def voices(self, value: Value, sentence: int | None) -> list[Record]:
        """The chain of voices, outermost first, without the article: {entity, cue, start, end, sentence}.

        An entity that speaks again in a chain does so through another voice, and other words name it there: nobody
        is quoted by themselves, and words name a voice once.
        """
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
            if self.registry.lacks(name):
                self.problems.add(f"the voice {str(name)!r} is no entity", name.place, nearest(name, self.registry))
            voice = self._voice(str(name), cue, sentence)
            if voice is None:
                continue
            if any(_same(step, voice) for step in chain) or (chain and chain[-1]["entity"] == name):
                self.problems.add(
                    f"{name} speaks twice in this chain",
                    name.place,
                    "keep one of the two; who speaks again does so through another voice, named by other words",
                )
            chain.append(voice)
        return chain

    def quote(self, value: Value, at: Value | None, sentence: int | None) -> list[Record]:
        """The segments of a quote, in text order: {start, end, quote, sentence}; empty when it is wrong."""
        segments = self._segments(value, at)
        if segments is None or self.locator is None or sentence is None:
            return []
        spans = self.locator.quote(segments, sentence) or ()
        return [
            {"start": span.start, "end": span.end, "quote": str(words), "sentence": sentence}
            for span, (words, _) in zip(spans, segments, strict=False)
        ]

    def _segments(self, value: Value, at: Value | None) -> list[tuple[Text, int | None]] | None:
        """The words of each segment with its position, where one is given."""
        items: Sequence[Value] = value if isinstance(value, List) else [value]
        if isinstance(value, List) and not value:
            self.problems.add("quote is an empty list", value.place, "give the words that say it")
            return None
        words = [text for text in (as_text(item, "quote", self.problems) for item in items) if text is not None]
        positions: Sequence[Value | None]
        positions = at if isinstance(at, List) else [None] * len(items) if at is None else [at]
        if len(positions) != len(items):
            self.problems.add(
                f"at has {len(positions)} positions for {len(items)} segments",
                place_of(at),
                "give one each, ~ for none",
            )
            return None
        given = [None if each == "~" else each for each in positions]
        offsets = [None if each is None else as_number(each, "at", self.problems) for each in given]
        wrong = any(offset is None and each is not None for offset, each in zip(offsets, given, strict=True))
        return None if wrong or len(words) < len(items) else list(zip(words, offsets, strict=True))

    def _voice(self, entity: str, value: Value, sentence: int | None) -> Record | None:
        """A voice from its cue: words, or {cue: words, at: position} where they stand more than once."""
        at: int | None = None
        if isinstance(value, Map):
            only_keys(value, ("cue", "at"), "a voice", self.problems)
            position, cue = value.get("at"), value.get("cue")
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
        if span is None:
            return None
        return {
            "entity": entity,
            "cue": str(words),
            "start": span.start,
            "end": span.end,
            "sentence": self.locator.sentence_of(span),
        }


def _same(step: Record, other: Record) -> bool:
    """Whether two steps of a chain are one entity, named by the same words at the same place."""
    return all(step[key] == other[key] for key in ("entity", "start", "end"))
