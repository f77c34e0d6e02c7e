"""Language tags, as every part of the project accepts them: https://www.rfc-editor.org/rfc/rfc5646#section-2.1."""

import re

__all__ = ["LANGUAGE_TAG", "is_language_tag"]

LANGUAGE_TAG = (
    "^(?:"
    "(?:[a-zA-Z]{2,3}(?:-[a-zA-Z]{3}){0,3}|[a-zA-Z]{4,8})"  # language, extlang
    "(?:-[a-zA-Z]{4})?"  # script
    "(?:-(?:[a-zA-Z]{2}|[0-9]{3}))?"  # region
    "(?:-(?:[a-zA-Z0-9]{5,8}|[0-9][a-zA-Z0-9]{3}))*"  # variants
    "(?:-[0-9a-wyzA-WYZ](?:-[a-zA-Z0-9]{2,8})+)*"  # extensions
    "(?:-[xX](?:-[a-zA-Z0-9]{1,8})+)?"  # private use
    "|[xX](?:-[a-zA-Z0-9]{1,8})+"
    ")$"
)
"""A well-formed tag, as a pattern that Polars and Python both read.

The tags that RFC 5646 lists as irregular (i-klingon, en-GB-oed) have a modern form, and do not match.
"""


def is_language_tag(tag: str) -> bool:
    """Whether a language tag is well-formed: https://www.rfc-editor.org/rfc/rfc5646#section-2.2.9.

    >>> is_language_tag("fr-CA"), is_language_tag("french language")
    (True, False)
    """
    return re.fullmatch(LANGUAGE_TAG, tag) is not None
