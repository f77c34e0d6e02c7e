"""The beginning of an article file, written from the text: hash, length, proposed sentences."""

from kg.article.quote import digest
from kg.article.sentence import propose_sentences
from kg.errors import UsageError
from kg.language import is_language_tag

__all__ = ["skeleton"]


def skeleton(text: str, slug: str, language: str) -> str:
    """An article file, as YAML, with a passage for each proposed sentence and no fact yet.

    text: as `read_text` gives it. slug: of the file. language: tag of the text. No sentence is written out but
    the first, which is proposed as headline. Raises `UsageError` when the language is no tag.
    """
    if not is_language_tag(language):
        raise UsageError(f"{language!r} is not a language tag: use one such as fr, en or zh-Hans (RFC 5646)")
    sentences = propose_sentences(text, language)
    headline = text[sentences[0].start : sentences[0].end] if sentences else ""
    lines = [
        f"# {slug}: look over the headline and the sentence ranges, then write the facts under their sentences.",
        "article:",
        f"  language: {language}",
        f"  headline: {_quoted(headline)}",
        "  rights: quotes",
        f"  text: {{sha256: {digest(text)}, length: {len(text)}}}",
        "  sentences:" if sentences else "  sentences: []",
        *(f"  - [{span.start}, {span.end}]" for span in sentences),
        "",
        "passages:" if sentences else "passages: []",
        *(f"- sentence: {number}\n  facts: {{}}" for number in range(1, len(sentences) + 1)),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A double-quoted scalar on one line: https://yaml.org/spec/1.2.2/#731-double-quoted-style."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
