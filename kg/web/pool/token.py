"""The token that lets a client change the graph: https://www.rfc-editor.org/rfc/rfc6750."""

import base64
import hashlib
import hmac
import os
import re
import stat
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import UsageError

__all__ = ["LOGIN", "VARIABLE", "Token", "read_login", "read_token"]

VARIABLE = "KG_TOKEN"
LOGIN = "KG_LOGIN"
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


def read_login(file: Path | None, environment: MutableMapping[str, str] = os.environ) -> str:
    """The value of the header Authorization for a store elsewhere; empty where it asks for none.

    It stands in a file, else in the environment, from which it is taken away: `user:password`, or a token.
    Raises UsageError for what is neither, and where others can read the file.
    """
    told = environment.pop(LOGIN, "")
    where, text = (LOGIN, told) if file is None else (str(file), _read(file))
    text = text.strip()
    if ":" in text and text.isprintable():
        # https://www.rfc-editor.org/rfc/rfc7617#section-2
        return f"Basic {base64.b64encode(text.encode()).decode()}"
    if text and not _WELL_FORMED.fullmatch(text):
        raise UsageError(f"the login in {where} is none: write user:password, or a token")
    if file is not None and not text:
        raise UsageError(f"there is no login in {where}: write user:password, or a token")
    return f"Bearer {text}" if text else ""


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
