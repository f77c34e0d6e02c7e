"""The project that `kg init --example` copies: an article in English over the bundled mappings and ontology."""

import contextlib
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.article import content_words
from kg.cli import main
from kg.errors import ContentError
from kg.graph.store import PREFIXES, memory_store, query
from kg.pipeline import Content, Snapshot, build, read_content, run_gates
from kg.project import DEFAULT_BASE, Project, bundled, example

BASE = "https://example.org/harbour/"
SLUG = "lindmoor-east-quay"
ARTICLE = f"sources/articles/{SLUG}.yaml"


@dataclass(frozen=True)
class Built:
    """A copy of the example, what was read of it, and the snapshot that was built."""

    project: Project
    content: Content
    snapshot: Snapshot

    @property
    def quads(self) -> bytes:
        """The bytes of graph.nq."""
        return (self.snapshot.folder / "graph.nq").read_bytes()

    def ask(self, text: str) -> list[tuple[str, ...]]:
        """The rows of a SELECT: IRIs without the base or the namespace of the vocabulary, literals as they stand."""
        rows = []
        for solution in query(memory_store(self.quads), text, base=BASE):  # type: ignore[union-attr]
            values = [str(term.value) for term in solution]
            rows.append(tuple(value.removeprefix(f"{BASE}id/").removeprefix(PREFIXES["kg"]) for value in values))
        return sorted(rows)

    def states(self, triple: str) -> bool:
        """Whether a triple stands plainly in the default graph."""
        return bool(query(memory_store(self.quads), f"ASK {{ {triple} }}", base=BASE))

    def claims(self, subject: str, predicate: str) -> list[tuple[str, ...]]:
        """Object, polarity, modality and last voice of each claim of a property of an entity."""
        return self.ask(
            f"""SELECT ?object ?polarity ?modality ?voice WHERE {{
                ?claim a kg:Claim ; rdf:subject <id/{subject}> ; rdf:predicate kg:{predicate} ; rdf:object ?object ;
                  kg:polarity ?polarity ; kg:modality ?modality ; kg:lastVoice ?voice .
                FILTER EXISTS {{ GRAPH ?claim {{ <id/{subject}> kg:{predicate} ?object }} }}
            }}"""
        )


def built_from(folder: Path) -> Built:
    """Build the project in a folder."""
    project = Project(folder)
    snapshot = build(project)
    return Built(project, read_content(project), snapshot)


@pytest.fixture(scope="module", autouse=True)
def _no_texts() -> Iterator[None]:
    """Texts of other articles are no part of this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KG_TEXTS", raising=False)
        yield


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A copy of the example, built."""
    return built_from(shutil.copytree(example(), tmp_path_factory.mktemp("example") / "harbour"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the example, not built."""
    return shutil.copytree(example(), tmp_path / "harbour")


def test_example_uses_what_is_bundled(harbour: Built) -> None:
    """The project has no mapping and no ontology of its own, and names the bundled ones as if it had."""
    assert [] == [name for name in ("mappings", "ontology") if (example() / name).exists()]
    assert [("mappings/facts.yaml",)] == harbour.ask("SELECT DISTINCT ?file WHERE { ?claim kg:mappingFile ?file }")


def test_data_iris_follow_the_base(harbour: Built) -> None:
    """Every subject and graph of the data lies under the project's base; under the default one lie only the terms."""
    iris = set(re.findall(r"<([^>]*)>", harbour.quads.decode()))
    ontology = f" <{BASE}graph/ontology> ."
    lines = [line for line in harbour.quads.decode().splitlines() if not line.endswith(ontology)]
    assert [] == sorted(iri for iri in iris if iri.startswith(DEFAULT_BASE) and not iri.startswith(f"{DEFAULT_BASE}ns"))
    assert [] == [line for line in lines if not line.startswith(f"<{BASE}")]
    assert {f"{BASE}graph/inferred"} == {iri for iri in iris if iri.startswith(f"{BASE}graph/inf")}


def test_nothing_of_this_machine_is_built_in(harbour: Built) -> None:
    """No path of a folder stands in the graph."""
    assert b"sources/articles/" not in harbour.quads
    assert str(harbour.project.root).encode() not in harbour.quads
    assert f"{bundled().root}/".encode() not in harbour.quads


def test_denied_statement_is_a_negative_claim_only(harbour: Built) -> None:
    """What the guild says, the mayor denies and the minutes confirm: three claims, and no plain triple."""
    expected = [
        ("pilots-guild", "negative", "reported", "lindmoor-mayor"),
        ("pilots-guild", "positive", "reported", "minutes"),
        ("pilots-guild", "positive", "reported", "pilots-guild"),
    ]
    assert expected == harbour.claims("survey", "hasParticipant")
    assert not harbour.states("<id/survey> kg:hasParticipant ?who")


def test_denial_and_confirmation_lead_to_the_same_claim(harbour: Built) -> None:
    """That the mayor denies and the minutes confirm is the article's own statement, about the guild's claim."""
    claim = f"<claim/{SLUG}/guild-took-part.hasParticipant.pilots-guild>"
    assert harbour.states(
        f"<id/lindmoor-mayor> kg:denies {claim} . <id/minutes> kg:confirms {claim} . {claim} a kg:Claim"
    )


def test_speakers_who_disagree_both_stand(harbour: Built) -> None:
    """Two numbers for one thing are two claims, and neither is a plain triple."""
    expected = [("32", "positive", "reported", "harbour-master"), ("57", "positive", "reported", "pilots-guild")]
    assert expected == harbour.claims("quay-cracks", "count")
    assert not harbour.states("<id/quay-cracks> kg:count ?number")


def test_negative_report_is_no_plain_triple(harbour: Built) -> None:
    """“its floor is not” is a negative claim of the report; “safe” in the headline is claimed both ways."""
    assert [("cracked", "negative", "reported", "survey-report")] == harbour.claims("quay-floor", "describedAs")
    assert ["negative", "positive"] == [row[1] for row in harbour.claims("east-quay", "describedAs")]
    assert not harbour.states("?anything kg:describedAs ?word")


@pytest.mark.parametrize("modality", ["agreed", "evaluated", "intended", "predicted", "reported"])
def test_only_what_is_asserted_is_a_plain_triple(harbour: Built, modality: str) -> None:
    """The example has claims of each modality; what is not asserted stands in no default graph."""
    claimed = f"?claim kg:modality kg:{modality} ; rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o"
    assert harbour.states(claimed)
    assert not harbour.states(f"{claimed} . ?s ?p ?o")


def test_what_the_article_asserts_is_a_plain_triple(harbour: Built) -> None:
    """What only the article says, outright or as taken for granted, stands in the default graph."""
    assert harbour.states(
        "<id/pilots-guild> kg:hasCloseRelationsWith <id/lindmoor-council> ; kg:hasMembers <id/pilots>"
    )
    assert [("2024-03-12",)] == harbour.ask("SELECT ?day WHERE { <id/march-meeting> kg:startsOn ?day }")


def test_regret_takes_its_object_for_granted(harbour: Built) -> None:
    """The mayor regrets that the survey was late: that it was late is presupposed, in the mayor's voice."""
    expected = [("late", "lindmoor-mayor")]
    assert expected == harbour.ask(
        """SELECT ?word ?voice WHERE {
            ?claim rdf:subject <id/survey> ; rdf:object ?word ; kg:status kg:presupposed ; kg:lastVoice ?voice
        }"""
    )


def test_expression_in_quotation_marks_is_reported(harbour: Built) -> None:
    """The quay is called “the widow” by the guild, not by the article."""
    assert [("the widow", "positive", "reported", "pilots-guild")] == harbour.claims("east-quay", "quotedAs")


def test_quote_that_stands_twice_is_told_apart(harbour: Built) -> None:
    """“the council” stands twice in its sentence: the fact rests on the second, and without `at` it is refused."""
    second = harbour.ask(
        f"""SELECT ?start WHERE {{
            <claim/{SLUG}/council-ferry.attachesImportanceTo.ferry> kg:passage ?passage .
            ?passage kg:quote "the council"@en ; oa:start ?start
        }}"""
    )
    text = (harbour.project.root / ARTICLE).with_suffix(".txt").read_text("utf-8")
    sentence = text.index("The guild has close ties")
    assert [(str(text.rindex("the council", sentence, text.index("the ferry.", sentence))),)] == second


def test_quote_that_stands_twice_needs_its_position(copy: Path) -> None:
    """Without `at`, the two places of “the council” are an error that names both."""
    path = copy / ARTICLE
    path.write_text(re.sub(r"\n +at: .*", "", path.read_text("utf-8")), "utf-8")
    with pytest.raises(ContentError, match="“the council” stands 2 times in sentence 10"):
        read_content(Project(copy))


def test_reported_document_has_two_voices_after_the_article(harbour: Built) -> None:
    """The harbour master reads out what the report says: the claim is of both, and the report speaks last."""
    expected = [("harbour-master", "survey-report", "survey-report")]
    assert expected == harbour.ask(
        """SELECT ?who ?document ?last WHERE {
            ?claim rdf:subject <id/quay-wall> ; kg:attributedTo ?who ; kg:accordingTo ?document ; kg:lastVoice ?last
        }"""
    )


def test_ambiguous_statement_keeps_its_readings(harbour: Built) -> None:
    """Who is in charge of lighting can be read in two ways, and the claim says which."""
    expected = [("The harbour office is in charge of lighting.",), ("The pilots’ guild is in charge of lighting.",)]
    assert expected == harbour.ask("SELECT ?reading WHERE { ?claim kg:ambiguity ?why ; kg:reading ?reading }")


def test_year_that_the_article_does_not_say_is_inferred(harbour: Built) -> None:
    """The day stands as written; with its year it stands in the graph of inferences alone."""
    assert [("--04-09",)] == harbour.ask("SELECT ?day WHERE { <id/april-meeting> kg:startsOn ?day }")
    assert [("2024-04-09",)] == harbour.ask(
        "SELECT ?day WHERE { GRAPH <graph/inferred> { <id/april-meeting> kg:startsOn ?day } }"
    )


def test_lock_is_what_the_text_gives(copy: Path) -> None:
    """The lock that is in the repository is the one that a build writes where the text is."""
    lock = (copy / ARTICLE).with_suffix(".lock")
    lock.unlink()
    build(Project(copy))
    assert (example() / ARTICLE).with_suffix(".lock").read_bytes() == lock.read_bytes()


def test_text_changes_no_byte_of_the_graph(harbour: Built, copy: Path) -> None:
    """Without the text, verified against the lock, the build writes the same graph."""
    (copy / ARTICLE).with_suffix(".txt").unlink()
    away = built_from(copy)
    assert ["lock"] == [article.verified for article in away.content.articles]
    assert harbour.quads == away.quads


def test_every_sentence_and_content_word_is_covered(harbour: Built) -> None:
    """No sentence is without a fact, and the words under no quote are function words."""
    (article,) = harbour.content.articles
    assert ("text", "text") == (article.verified, article.metadata.rights)
    assert 12 == len(article.metadata.sentences)
    assert set(range(1, 13)) == article.covered
    assert article.uncovered
    assert () == content_words(article.uncovered, "en")


def test_every_gate_holds(harbour: Built) -> None:
    """`kg check --strict` holds: quotes, coverage, shapes, questions and all the rest."""
    assert 5 == len(harbour.content.questions)
    assert [] == [gate for gate in run_gates(harbour.project) if gate.state != "holds"]


# ------------------------------------------------------------------------------------------------- the tutorial

README = (example() / "README.md").read_text("utf-8")


@dataclass
class Reader:
    """Somebody who follows the tutorial: the folder they are in, and what they last saw."""

    folder: Path
    seen: str = ""

    def follow(self, language: str, note: str, block: str) -> None:
        """Do what a code block says: run it, edit or write the file it names, or look for it on the screen."""
        if language == "sh":
            self.run(block, 1 if note == "fails" else 0)
        elif language == "diff":
            self.edit(self.folder / note, block)
        elif note:
            (self.folder / note).write_text(block, "utf-8")
        else:
            assert block.strip() in self.seen

    def run(self, block: str, code: int) -> None:
        """Run each line of a block, whose last command ends with the exit code."""
        for line in block.splitlines():
            command, *arguments = shlex.split(line)
            if command == "cd":
                (moved,) = arguments
                self.folder = self.folder / moved
                continue
            assert "kg" == command
            with contextlib.chdir(self.folder):
                result = CliRunner().invoke(main, arguments)
            self.seen = result.output
            assert code == result.exit_code, f"{line}\n{result.output}\n{result.exception!r}"

    def edit(self, path: Path, block: str) -> None:
        """Replace what a diff takes away, which must stand there once, by what it adds."""
        lines = block.splitlines()
        before = "\n".join(line[1:] for line in lines if line[0] in " -")
        after = "\n".join(line[1:] for line in lines if line[0] in " +")
        text = path.read_text("utf-8")
        assert 1 == text.count(before)
        path.write_text(text.replace(before, after), "utf-8")


def test_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """Whoever follows the README of the example sees what it says they see."""
    reader = Reader(tmp_path)
    blocks = re.findall(r"^```(\w+) ?(.*)\n((?:.*\n)*?)```$", README, re.MULTILINE)
    assert "sh" == blocks[0][0]
    for language, note, block in blocks:
        reader.follow(language, note, block)


def test_commands_of_the_tutorial_exist() -> None:
    """Every command that the running text of the README names is a command."""
    named = set(re.findall(r"`kg ([a-z-]+)", README))
    assert named
    assert set() == named - set(main.commands)
