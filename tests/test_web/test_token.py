"""The token: where it comes from, and what is none."""

import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import UsageError
from kg.web.pool.token import LOGIN, VARIABLE, Token, read_login, read_token

GOOD = "0123456789abcdef"


def written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """A file of that content."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_of_the_environment() -> None:
    """It is taken away, so that no process which is started has it."""
    environment = {VARIABLE: GOOD, "PATH": "/"}
    assert read_token(None, environment).matches(GOOD)
    assert environment == {"PATH": "/"}


def test_of_a_file(tmp_path: Path) -> None:
    """The file wins over the environment, which is emptied all the same; the line break is no part of it."""
    environment = {VARIABLE: "another-token-of-the-tests"}
    token = read_token(written(tmp_path / "token", GOOD.encode() + b"\n"), environment)
    assert (True, False, {}) == (token.matches(GOOD), token.matches("another-token-of-the-tests"), environment)


def test_it_does_not_show() -> None:
    """Neither in a log nor in a trace."""
    assert repr(Token.of(GOOD)) == "Token()"


@pytest.mark.parametrize(
    "content", ["", "\n", "Xy7", GOOD[1:], f"{GOOD} {GOOD}", f"{GOOD}\n{GOOD}", "é" * 20, "=" * 20]
)
def test_what_is_no_token(content: str, tmp_path: Path) -> None:
    """Empty, short, or not what a header can hold; in a file and in the environment. The text itself is not told."""
    for file, environment in (
        (written(tmp_path / "token", content.encode()), {}),
        (None, {VARIABLE: content}),
    ):
        with pytest.raises(UsageError, match="openssl rand") as raised:
            read_token(file, environment)
        assert content.strip() in {"", "é" * 20} or content.strip() not in str(raised.value).replace(str(tmp_path), "")


def test_none_at_all(tmp_path: Path) -> None:
    """It says how one is given; a file that is not there, or is far too long, is told by its name."""
    with pytest.raises(UsageError, match="--token-file"):
        read_token(None, {})
    for file in (tmp_path / "none", tmp_path, written(tmp_path / "long", b"a" * 5000)):
        with pytest.raises(UsageError, match=str(file)):
            read_token(file, {})


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes here")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_file_that_others_reach(mode: int, tmp_path: Path) -> None:
    """It is refused, with the command that helps."""
    with pytest.raises(UsageError, match="chmod 600"):
        read_token(written(tmp_path / "token", GOOD.encode(), mode), {})


@given(st.text(), st.text(alphabet=string.ascii_letters, min_size=16))
def test_only_the_same_text_matches(text: str, token: str) -> None:
    """Whatever is sent."""
    assert Token.of(token).matches(text) == (text == token)
    assert Token.of(token).matches(token)


@pytest.mark.parametrize(
    ("written", "header"),
    [("me:sécret", "Basic bWU6c8OpY3JldA=="), ("abc.DEF-9", "Bearer abc.DEF-9"), ("", "")],
)
def test_a_login_is_a_name_with_a_password_or_a_token(written: str, header: str) -> None:
    """Taken out of the environment as a token is."""
    environment = {LOGIN: written}
    assert (header, {}) == (read_login(None, environment), environment)


def test_a_login_of_a_file_is_nobody_elses(tmp_path: Path) -> None:
    """A file that others may read is refused, and so is an empty one."""
    assert "Basic bWU6eA==" == read_login(written(tmp_path / "good", b"me:x\n"), {})
    for path, told in (
        (written(tmp_path / "open", b"me:x", 0o644), "chmod 600"),
        (written(tmp_path / "empty", b""), "there is no login"),
        (written(tmp_path / "wrong", b"two words"), "write user:password, or a token"),
    ):
        with pytest.raises(UsageError, match=told):
            read_login(path, {})
