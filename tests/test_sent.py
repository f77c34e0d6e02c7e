"""Facts that machines send: the same quads as by hand, for any size of batch; what they may leave out."""

import gzip
import io
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.claim.evidence import EVIDENCE
from kg.claim.finding import SHOWN, Findings
from kg.claim.ndjson import Form, Lines
from kg.errors import ContentError
from kg.pipeline import build, gates_json, make_quads, read_content, run_gates, sent_facts
from kg.project import Project, example

Record = Mapping[str, Any]
SENT = Path(__file__).parent / "cases/_base"
FORM = Form(EVIDENCE, ("number", "name"))


@pytest.fixture(autouse=True)
def _texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts lie beside the facts."""
    monkeypatch.delenv("KG_TEXTS", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project with an article by hand and one that was sent."""
    shutil.copytree(SENT, tmp_path / "project")
    (tmp_path / "project/queries").mkdir()
    return Project(tmp_path / "project")


def ndjson(records: Sequence[Record], *, ascii_only: bool = False) -> bytes:
    """Records, one a line."""
    return "".join(json.dumps(record, ensure_ascii=ascii_only) + "\n" for record in records).encode()


def quads(project: Project, batch: int = 100) -> list[str]:
    """The lines of the sent facts."""
    out = io.BytesIO()
    told = sent_facts(read_content(project), out, batch=batch)
    told.findings.problems().stop_if_any()
    return out.getvalue().decode().split("\n")[:-1]


def change(project: Project, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change every sent record."""
    path = project.root / "sources/facts/sent.ndjson"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for record in records:
        edit(record)
    path.write_bytes(ndjson(records))


def as_sent(folder: Path, *, ascii_only: bool = False) -> tuple[Project, set[str]]:
    """The example with its article as a machine would send it, and its quads by hand."""
    shutil.copytree(example(), folder, ignore=shutil.ignore_patterns(".kg"))
    by_hand = Project(folder)
    content = read_content(by_hand)
    expected = set(make_quads(content))
    facts = folder / "sources/facts"
    facts.mkdir()
    (facts / "articles.ndjson").write_bytes(ndjson([article.record for article in content.articles]))
    (facts / "all.ndjson").write_bytes(ndjson(content.records(), ascii_only=ascii_only))
    for path in (folder / "sources/articles").glob("*.txt"):
        path.rename(facts / path.name)
    shutil.rmtree(folder / "sources/articles")
    return Project(folder), expected


@pytest.mark.parametrize("ascii_only", [False, True])
def test_sent_facts_make_the_quads_of_facts_by_hand(tmp_path: Path, ascii_only: bool) -> None:  # noqa: FBT001
    """The same records as NDJSON: the same snapshot, line by line, none twice, however JSON escapes."""
    project, expected = as_sent(tmp_path / "project", ascii_only=ascii_only)
    snapshot = build(project, home=tmp_path / "home")
    lines = (snapshot.folder / "graph.nq").read_text(encoding="utf-8").split("\n")[:-1]
    assert sorted(expected) == sorted(lines)
    assert len(expected) == snapshot.manifest["quads"]


def test_report_counts_sent_facts_like_those_by_hand(tmp_path: Path) -> None:
    """Every count but those of coverage is the same."""
    shutil.copytree(example(), tmp_path / "hand", ignore=shutil.ignore_patterns(".kg"))
    by_hand = build(Project(tmp_path / "hand"), home=tmp_path / "one").report
    project, _ = as_sent(tmp_path / "sent")
    sent = build(project, home=tmp_path / "other").report
    for report in (by_hand, sent):
        del report["coverage"], report["sent"]
    assert by_hand == sent


@settings(max_examples=12, deadline=None)
@given(batch=st.integers(1, 70))
def test_any_size_of_batch_gives_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, batch: int) -> None:
    """Batches end where articles do, and neither order nor repetition depends on where."""
    root = tmp_path_factory.mktemp("sent") / "project"
    shutil.copytree(SENT, root)
    project = Project(root)
    path = root / "sources/facts/sent.ndjson"
    facts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    article = json.loads((root / "sources/facts/articles.ndjson").read_text(encoding="utf-8"))
    slugs = [f"pier-{number}" for number in range(15)]
    (root / "sources/facts/articles.ndjson").write_bytes(ndjson([{**article, "article": slug} for slug in slugs]))
    path.write_bytes(ndjson([{**fact, "article": slug} for slug in slugs for fact in facts]))
    for slug in slugs:
        shutil.copy(root / "sources/facts/pier.txt", root / f"sources/facts/{slug}.txt")
    whole = quads(project, 1000)
    assert whole == quads(project, batch)
    assert len(whole) == len(set(whole))


def test_a_triple_that_articles_share_stands_once(project: Project) -> None:
    """What an article by hand asserts already is not written again in the default graph."""
    lines = set(make_quads(read_content(project)))
    snapshot = build(project, home=project.root / "home")
    whole = (snapshot.folder / "graph.nq").read_text(encoding="utf-8").split("\n")[:-1]
    assert len(set(whole)) == len(whole)
    assert any(line in lines for line in quads(project))


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_packed_files(project: Project, ending: str) -> None:
    """A file may be packed with gzip or zstd."""
    path = project.root / "sources/facts/sent.ndjson"
    expected = quads(project)
    pack = gzip.compress if ending == ".gz" else zstandard.compress
    path.with_name(path.name + ending).write_bytes(pack(path.read_bytes()))
    path.unlink()
    assert expected == quads(project)


def test_what_may_be_left_out(project: Project) -> None:
    """The defaults are those of an article file."""
    expected = quads(project)

    def spell_out(record: dict[str, Any]) -> None:
        record.setdefault("voices", [])
        record["modality"] = "reported" if record["voices"] else "asserted"
        record |= {"status": "explicit", "polarity": record.get("polarity", "positive"), "language": "en"}
        record |= {"ambiguity": None, "readings": [], "premises": [], "rationale": []}
        record["sentence"] = record["passages"][0]["sentence"]

    change(project, spell_out)
    assert expected == quads(project)


def test_ids_that_are_left_out(project: Project) -> None:
    """An id is made of kind, fields and positions: not of the order of keys or records, or of who says it."""
    facts = project.root / "sources/facts/sent.ndjson"
    change(project, lambda record: record.pop("id"))
    lines = [line for line in facts.read_text(encoding="utf-8").splitlines() if '"denial"' not in line]
    facts.write_text("\n".join(lines), encoding="utf-8")
    expected = {line for line in quads(project) if "/fact/" in line}
    assert any("<https://w3id.org/pressgraph/fact/pier/f-" in line for line in expected)
    records = [dict(reversed(json.loads(line).items())) for line in reversed(lines)]
    facts.write_bytes(ndjson([{**record, "status": "presupposed"} for record in records]))
    assert expected == {line for line in quads(project) if "/fact/" in line}


def test_ids_are_the_same_in_every_release(project: Project) -> None:
    """A pinned one: whoever links to a fact without an id finds it again."""
    change(project, lambda record: record.pop("id") if record["kind"] == "seat" else None)
    assert any("fact/pier/f-de804a4cfee2c926>" in line for line in quads(project))


@pytest.mark.parametrize("number", ["3", "-0", "007", "1e3", "2.50", "12345678901234567890123"])
def test_numbers_keep_their_written_form(number: str) -> None:
    """A JSON number is the text that stands in the file, or an error where JSON does not know it."""
    lines = Lines("f", pl.Series([1]), pl.Series([f'{{"article": "a", "number": {number}}}']))
    findings = Findings()
    table = FORM.read(lines, findings)
    if number == "007":
        assert {"no JSON": 1} == findings.counts
    else:
        assert [number] == table["number"].to_list()


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None)
@given(
    names=st.lists(st.one_of(_TEXT, st.none(), st.lists(_TEXT, min_size=1, max_size=3)), max_size=8),
    ascii_only=st.booleans(),
)
def test_texts_come_back_as_they_were_sent(names: list[Any], ascii_only: bool) -> None:  # noqa: FBT001
    """Any Unicode, escaped or not, beside quotes that look like keys."""
    records = [{"article": "a", "name": name, "ambiguity": '": "id": null'} for name in names]
    text = ndjson(records, ascii_only=ascii_only).decode().split("\n")[:-1]
    lines = Lines("f", pl.Series(range(1, len(text) + 1), dtype=pl.Int64), pl.Series(text, dtype=pl.String))
    findings = Findings()
    table = FORM.read(lines, findings)
    assert not findings
    has_lists = any(isinstance(name, list) for name in names)
    expected = [[name] if has_lists and isinstance(name, str) else name for name in names]
    assert expected == table["name"].to_list()


@pytest.mark.parametrize("twice", ['"name": "a", "name": "b"', '"number": null, "number": "1"'])
def test_a_key_that_stands_twice_is_an_error(twice: str) -> None:
    """Readers of JSON disagree about which of the two holds, so neither does."""
    findings = Findings()
    FORM.read(Lines("f", pl.Series([1]), pl.Series([f'{{"article": "a", {twice}}}'])), findings)
    assert {"no JSON": 1} == findings.counts


def test_many_mistakes_of_a_kind_are_counted(project: Project) -> None:
    """Five are shown, and how many more there are, whatever the size of the batches."""
    path = project.root / "sources/facts/sent.ndjson"
    (line,) = (line for line in path.read_text(encoding="utf-8").splitlines() if '"seat"' in line)
    fact = {**json.loads(line), "body": "counsel"}
    path.write_bytes(ndjson([{**fact, "id": f"seat-{number}"} for number in range(23)]))
    for batch in (1, 7, 100):
        with pytest.raises(ContentError) as raised:
            quads(project, batch)
        assert SHOWN + 1 == len(raised.value.problems)
        assert "unknown entity: and 18 more" == raised.value.problems[-1].message


def test_lock_vouches_where_the_texts_are_not(project: Project) -> None:
    """Without the text the quads are the same."""
    expected = quads(project)
    (project.root / "sources/facts/pier.txt").unlink()
    assert expected == quads(project)


def test_gates_know_sent_facts(project: Project) -> None:
    """Their quotes are counted with the text, and not checked without; a made-up quote fails."""

    def quotes() -> tuple[str, str]:
        gate = next(gate for gate in json.loads(gates_json(run_gates(project))) if gate["gate"] == "quotes")
        return gate["state"], gate["detail"]

    assert ("holds", "17 quotes and cues stand in the text of 2 articles") == quotes()
    (project.root / "sources/facts/pier.txt").rename(project.root / "pier.txt")
    assert "not checked" == quotes()[0]
    (project.root / "pier.txt").rename(project.root / "sources/facts/pier.txt")
    change(project, lambda record: record["passages"][0].update(quote="?" * len(record["passages"][0]["quote"])))
    assert "fails" == quotes()[0]


def test_check_renews_the_lock(project: Project) -> None:
    """Where the texts are, the lock follows the file; `--strict` calls that a failure."""
    lock = project.root / "sources/facts/sent.lock"
    before = lock.read_bytes()
    change(project, lambda record: record.update(status="presupposed"))
    states = {gate.name: gate.state for gate in run_gates(project, strict=True)}
    assert ("fails", True) == (states["quotes"], before != lock.read_bytes())
    assert "holds" == {gate.name: gate.state for gate in run_gates(project, strict=True)}["quotes"]


def test_shape_violation_names_the_line_of_a_sent_fact(project: Project) -> None:
    """The fact is not held, and still found again for the message."""
    change(project, lambda record: record.update(place="mayor") if record["kind"] == "seat" else None)
    with pytest.raises(ContentError, match=r"sources/facts/sent\.ndjson:2:"):
        build(project, home=project.root / "home")
