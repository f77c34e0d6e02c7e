"""The token that lets a client change the graph: https://www.rfc-editor.org/rfc/rfc6750."""

import hashlib
import hmac
import os
import re
import stat
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import UsageError

__all__ = ["VARIABLE", "Token", "read_token"]

VARIABLE = "KG_TOKEN"
# Bytes of a file that can hold a token, and characters of one that cannot be guessed.
_LONGEST = 4096
_SHORTEST = 16
_WELL_FORMED = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_MAKE = "make one with: openssl rand -hex 32"


@dataclass(frozen=True, slots=True)
class Token:
    """A secret, of which only the hash is kept."""

    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "Token":
        """The token with that text."""
        return cls(hashlib.sha256(text.encode()).digest())

    def matches(self, text: str) -> bool:
        """Whether it is the same text; how long that takes tells nothing of it."""
        return hmac.compare_digest(self.digest, hashlib.sha256(text.encode()).digest())


def read_token(file: Path | None, environment: MutableMapping[str, str] = os.environ) -> Token:
    """The token in a file, else in the environment, from which it is taken away so that no process started inherits it.

    Raises UsageError where there is none, where it can be guessed, and where others can read the file.
    """
    told = environment.pop(VARIABLE, None)
    if file is not None:
        where, text = str(file), _read(file)
    elif told is not None:
        where, text = VARIABLE, told
    else:
        raise UsageError(f"--writable needs a token: set {VARIABLE}, or give --token-file FILE; {_MAKE}")
    text = text.strip()
    if len(text) < _SHORTEST:
        raise UsageError(f"the token in {where} has {len(text)} characters, and needs {_SHORTEST}; {_MAKE}")
    if not _WELL_FORMED.fullmatch(text):
        raise UsageError(f"the token in {where} has characters that no token has; {_MAKE}")
    return Token.of(text)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"the token cannot be read from {file}: {error.strerror or error}") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"others can read the token in {file}: run chmod 600 {file}")
    if len(content) > _LONGEST:
        raise UsageError(f"{file} holds no token: it is longer than {_LONGEST} bytes")
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise UsageError(f"the token in {file} has characters that no token has; {_MAKE}") from error
