"""The lock: everything an article needs where its text is not, and nothing of the text itself."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.article import Lock, Span, compute_lock, lock_path, read_lock, write_lock
from kg.article.lock import LockEvidence, coverage_digest, render_lock
from kg.article.quote import TextEvidence
from kg.errors import Problems, UsageError

TEXT = "The mayor spoke. The council’s port, the mayor said, stays open."
WORDS = ("The mayor", "port", "the mayor said")
SPANS = (Span(0, 9), Span(31, 35), Span(37, 51))


def lock() -> Lock:
    """The lock of three quotes."""
    return compute_lock(TEXT, "en", WORDS, SPANS)


def test_a_lock_file_has_one_line_a_quote_and_one_a_word(tmp_path: Path) -> None:
    """Stable and easy to compare: sorted by position, content words as dots."""
    write_lock(tmp_path / "a.lock", lock())
    lines = (tmp_path / "a.lock").read_text(encoding="utf-8").splitlines()
    digests = {entry.length: entry.sha256 for entry in lock().quotes}
    assert lines[1] == f"text: {{sha256: {lock().sha256}, length: 64}}"
    assert lines[3:] == [
        "quotes:",
        f"- {{at: [0], length: 9, sha256: {digests[9]}}}",
        f"- {{at: [31], length: 4, sha256: {digests[4]}}}",
        f"- {{at: [37], length: 14, sha256: {digests[14]}}}",
        "uncovered:",
        '- [10, "·····"]',
        '- [17, "The"]',
        '- [21, "·······"]',
        '- [28, "’s"]',
        '- [53, "·····"]',
        '- [59, "····"]',
        "seal: 46844a1eb97c83e6d69ae5a5e32f2514377bb050b87f44b9c6f5fc7bfb12ae88",
    ]


def test_a_lock_without_quotes_reads_back(tmp_path: Path) -> None:
    """An article just begun has none."""
    empty = compute_lock("", "en", (), ())
    write_lock(tmp_path / "a.lock", empty)
    assert read_lock(tmp_path / "a.lock", tmp_path, Problems()) == empty


def test_the_order_of_quotes_does_not_matter() -> None:
    """The same facts in another order give the same file."""
    assert render_lock(compute_lock(TEXT, "en", reversed(WORDS), reversed(SPANS))) == render_lock(lock())


def test_writing_says_whether_the_file_changed(tmp_path: Path) -> None:
    """And leaves no file beside it."""
    path = tmp_path / "a.lock"
    assert [write_lock(path, lock()), write_lock(path, lock())] == [True, False]
    assert write_lock(path, compute_lock(TEXT, "en", (), ()))
    assert [file.name for file in tmp_path.iterdir()] == ["a.lock"]


def test_a_lock_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole or not at all."""
    path = tmp_path / "a.lock"
    write_lock(path, lock())
    before = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(UsageError, match=r"the lock .*a\.lock could not be written: No space left on device"):
        write_lock(path, compute_lock(TEXT, "en", (), ()))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.lock"]


@pytest.mark.parametrize("path", ["folder/a.lock", "folder"])
def test_a_lock_with_no_place_to_be_written_to_is_told(tmp_path: Path, path: str) -> None:
    """A read-only or missing folder, or something else in its place."""
    (tmp_path / path).mkdir(parents=True)
    with pytest.raises(UsageError, match=r"the lock .* could not be written: Is a directory"):
        write_lock(tmp_path / path, lock())


TEXTS = st.text(alphabet="abé’ .\u0301\U0001f6a2", min_size=1, max_size=40)


@given(TEXTS, st.data())
def test_a_lock_answers_as_the_text_does(text: str, data: st.DataObject) -> None:
    """Every locked string stands at all its positions, and the file reads back as the same lock."""
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=5))
    spans = [Span(start, data.draw(st.integers(start + 1, len(text)))) for start in starts]
    words = [text[span.start : span.end] for span in spans]
    made = compute_lock(text, "fr", words, spans)
    evidence, truth = LockEvidence(made), TextEvidence(text)
    assert [list(evidence.occurrences(each)) for each in words] == [list(truth.occurrences(each)) for each in words]
    assert list(evidence.occurrences("never quoted")) == []
    assert parsed(render_lock(made)) == made


def parsed(content: str) -> Lock | None:
    """The lock in a string."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.lock"
        path.write_text(content, encoding="utf-8", newline="")
        return read_lock(path, Path(folder), Problems())


def test_coverage_depends_on_the_spans_the_language_and_the_text() -> None:
    """Not on their order: a lock written for other quotes is recognised as old."""
    base = coverage_digest("ab", "en", SPANS)
    assert coverage_digest("ab", "en", reversed(SPANS)) == base
    others = {
        coverage_digest("ab", "en", SPANS[1:]),
        coverage_digest("ab", "fr", SPANS),
        coverage_digest("cd", "en", SPANS),
    }
    assert len(others | {base}) == 4


def test_no_lock_is_no_problem(tmp_path: Path) -> None:
    """Where the text is at hand none is needed."""
    problems = Problems()
    assert read_lock(tmp_path / "a.lock", tmp_path, problems) is None
    assert problems == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("coverage: ", "cover: ", "the lock needs all of text, coverage, quotes, uncovered, seal"),
        ("seal: ", "seals: ", "the lock needs all of text, coverage, quotes, uncovered, seal"),
        ("length: 64", "length: sixty", "length must be a whole number, not 'sixty'"),
        ("length: 64", "lenght: 64", "an entry of the lock needs sha256 and length"),
        ("at: [0]", "at: [x]", "a position must be a whole number, not 'x'"),
        ("at: [0]", f"at: [{'9' * 5000}]", "a position must be a whole number, not '999999999999...9999999999999'"),
        ("at: [37]", "at: [40]", "the seal does not fit the rest of the lock"),
        ('- [53, "·····"]\n', "", "the seal does not fit the rest of the lock"),
        ('[28, "’s"]', "[28]", "an uncovered word is [position, word]"),
        ("quotes:\n", "quotes:\n- a\n", "a quote of the lock must be a mapping"),
        ("quotes:\n", "quotes: [\n", "not YAML: while parsing a flow node, did not find expected node content"),
    ],
)
def test_a_damaged_lock_is_told_and_not_used(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A merge gone wrong must not pass for evidence."""
    path = tmp_path / "a.lock"
    assert old in render_lock(lock())
    path.write_text(render_lock(lock()).replace(old, new, 1), encoding="utf-8")
    problems = Problems()
    assert read_lock(path, tmp_path, problems) is None
    assert message in [problem.message for problem in problems]
    assert {problem.fix for problem in problems} == {
        "the lock is damaged: restore it, or remove it and run `kg check` where the text is"
    }


@given(st.data())
def test_a_lock_with_any_digit_changed_is_not_used(data: st.DataObject) -> None:
    """Without the text a lock is trusted as a whole or not at all: its seal is a digest of all that it holds."""
    content = render_lock(lock())
    start = data.draw(st.sampled_from([n for n, character in enumerate(content) if character.isdigit()]))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != content[start]))
    assert parsed(content) == lock()
    assert parsed(content[:start] + other + content[start + 1 :]) is None


def test_the_comments_and_line_ends_of_a_lock_do_not_matter() -> None:
    """Version control may change them on the way."""
    assert parsed("# mine\n" + render_lock(lock()).replace("\n", "\r\n")) == lock()


def test_the_lock_lies_beside_the_article() -> None:
    """With the article's slug."""
    assert lock_path(Path("sources/articles/harbour.yaml")) == Path("sources/articles/harbour.lock")
