"""From the words of a quote or cue to their one position in the text, or a Problem that says why there is none."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from kg.article.quote import Evidence, Span
from kg.errors import Problems
from kg.yaml import Text

__all__ = ["LONGEST_QUOTE", "Locator"]

_LISTED = 8
LONGEST_QUOTE = 160
"""Code points that one segment of a quote, or one cue, may take of a text whose rights are `quotes`.

A sentence of news has about 150: more than that, and the text could be read from its quotes. The headline is shown
with its article in any case, so words of it may be as many as it has.
"""


class Locator:
    """Finds quotes and cues by the sentences of an article, and remembers what was found."""

    def __init__(
        self, evidence: Evidence, sentences: Sequence[Span], problems: Problems, shown: str | None = None
    ) -> None:
        """Look in `evidence`; sentences are numbered from 1 in the order given.

        shown: the headline, where the rest of the text may be shown in quotes of at most `LONGEST_QUOTE` only; None
        where all of it may be published.
        """
        self.evidence = evidence
        self.sentences = sentences
        self.problems = problems
        self.shown = shown
        self.spans: set[Span] = set()
        self.words: set[str] = set()

    def quote(self, segments: Sequence[tuple[Text, int | None]], sentence: int) -> list[Span] | None:
        """The spans of a quote's segments (words, `at`) within a sentence, in text order; None if one is wrong."""
        spans = [self._segment(words, at, sentence) for words, at in segments]
        found = [span for span in spans if span is not None]
        if len(found) < len(spans):
            return None
        for (before, after), (words, _) in zip(pairwise(found), segments[1:], strict=True):
            if after.start < before.end:
                how = "overlaps the one before it" if after.end > before.start else "stands before the one before it"
                self.problems.add(
                    f"the segment “{words}” {how}", words.place, "write the segments in the order of the text, apart"
                )
                return None
        self.spans.update(found)
        self.words.update(str(words) for words, _ in segments)
        return found

    def cue(self, words: Text, at: int | None, sentence: int) -> Span | None:
        """The span of a cue: in the sentence if it stands there, else where it stands once in the text."""
        found = self._spans(words)
        inside = self._inside(found, sentence)
        span = self._one(words, at, inside or found, sentence, found)
        if span is not None:
            self.spans.add(span)
            self.words.add(str(words))
        return span

    def sentence_of(self, span: Span) -> int | None:
        """The number of the sentence that holds the span, None when none does."""
        for number, sentence in enumerate(self.sentences, 1):
            if sentence.start <= span.start and span.end <= sentence.end:
                return number
        return None

    def _segment(self, words: Text, at: int | None, sentence: int) -> Span | None:
        found = self._spans(words)
        return self._one(words, at, self._inside(found, sentence), sentence, found)

    def _one(
        self, words: Text, at: int | None, allowed: Sequence[Span], sentence: int, found: Sequence[Span]
    ) -> Span | None:
        """The one allowed span, or the one at `at`."""
        if self.shown is not None and len(words) > LONGEST_QUOTE and words not in self.shown:
            self.problems.add(
                f"“{words[:20]}…” has {len(words)} characters; the article's rights allow quotes of {LONGEST_QUOTE}",
                words.place,
                "quote the fewest words that say it, in several segments where they stand apart",
            )
        elif not found:
            message, fix = self.evidence.absent(words, self.sentences[sentence - 1])
            self.problems.add(f"“{words}” {message}", words.place, fix)
        elif not allowed:
            self._elsewhere(words, found, sentence)
        elif at is not None:
            chosen = next((span for span in found if span.start == at), None)
            if chosen in allowed:
                return chosen
            if chosen is not None:
                self._elsewhere(words, [chosen], sentence)
            else:
                self.problems.add(
                    f"“{words}” does not stand at {at}", words.place, f"it stands at {self._listed(allowed)}"
                )
        elif len(allowed) == 1:
            return allowed[0]
        else:
            where = f"in sentence {sentence}" if self._inside(allowed, sentence) else "in the text"
            self.problems.add(
                f"“{words}” stands {len(allowed)} times {where}",
                words.place,
                f"say which with `at:`, one of {self._listed(allowed)}; or quote more words",
            )
        return None

    def _elsewhere(self, words: Text, found: Iterable[Span], sentence: int) -> None:
        places = []
        for span in found:
            number = self.sentence_of(span)
            place = f"in sentence {number}" if number else "across the borders of the sentences"
            places.append(f"{place}, at {span.start}")
        self.problems.add(
            f"“{words}” stands outside sentence {sentence}",
            words.place,
            f"it stands {'; '.join(places[:_LISTED])}: move the fact to that sentence, or quote other words",
        )

    def _spans(self, words: str) -> list[Span]:
        return [Span(start, start + len(words)) for start in self.evidence.occurrences(words)]

    def _inside(self, spans: Iterable[Span], sentence: int) -> list[Span]:
        low, high = self.sentences[sentence - 1].start, self.sentences[sentence - 1].end
        return [span for span in spans if low <= span.start and span.end <= high]

    def _listed(self, spans: Sequence[Span]) -> str:
        shown = [f"{span.start} {self.evidence.around(span)}".rstrip() for span in spans[:_LISTED]]
        return ", ".join(shown) + (", …" if len(spans) > _LISTED else "")
