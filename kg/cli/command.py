"""The command `kg`."""

import json
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from kg import __version__
from kg.cli.serving import VARIABLES, options, settings
from kg.cli.terminal import stop, tell, told
from kg.errors import Problems, UsageError
from kg.project import Project, find_project

__all__ = ["main"]

# What a command needs is imported when it runs: `kg --help` and `kg find` need neither Polars nor rdflib.


class _Context:
    """What the options before the command say."""

    def __init__(self, project: Path | None, data: Path | None) -> None:
        self._project = project
        self._data = data

    @property
    def project(self) -> Project:
        try:
            return find_project(self._project, self._project or Path.cwd())
        except (OSError, RuntimeError) as error:
            # Before Python 3.13, pathlib tells a circle of symbolic links by RuntimeError.
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"{self._project or 'the working directory'} cannot be opened: {reason}") from error

    @property
    def home(self) -> Path:
        return self._data or self.project.snapshots

    def snapshot(self) -> Any:  # noqa: ANN401 - kg.snapshot is imported only where it is needed
        """The snapshot made from what the project holds now; built first where there is none."""
        from kg.pipeline import build, fresh

        found = fresh(self.project, self.home)
        return found or build(self.project, home=self.home, tell=tell)


_passed = click.make_pass_decorator(_Context)


class _Commands(click.Group):
    """The commands, with help that tells as they do what cannot be written."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run a command."""
        try:
            return super().main(*args, **extra)
        except OSError as error:
            stop(error)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80, "auto_envvar_prefix": "KG"},
)
@click.version_option(__version__, prog_name="kg", allow_from_autoenv=False)
@click.option(
    "--project", type=click.Path(path_type=Path), help="Folder with sources/. Default: the nearest one upward."
)
@click.option("--data", type=click.Path(path_type=Path), help="Folder for snapshots. Default: .kg in the project.")
@click.pass_context
def main(context: click.Context, project: Path | None, data: Path | None) -> None:
    """Articles, by mappings, into a graph in which every triple shows its words.

    Without a project of your own, every command works on the bundled one.
    """
    context.obj = _Context(project, data)


@main.command()
@click.option("--quiet", is_flag=True, help="Tell nothing but what is wrong.")
@_passed
@told
def build(context: _Context, *, quiet: bool) -> None:
    """Build the graph and make it the current snapshot."""
    from kg.pipeline import build as run

    snapshot = run(context.project, home=context.home, tell=tell if not quiet else lambda _: None)
    if quiet:
        return
    click.echo((snapshot.folder / "report.txt").read_text(encoding="utf-8"), nl=False)
    click.echo(f"\n{snapshot.folder}")


@main.command()
@click.option("--strict", is_flag=True, help="What could not be checked counts as a failure.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
@_passed
@told
def check(context: _Context, *, strict: bool, as_json: bool) -> int:
    """Check quotes, coverage, shapes, questions, links, ontology.

    Exit code 0: nothing fails; 1: something does; 2: the check could not run.
    """
    from kg.pipeline import gates_json, render_gates, run_gates

    gates = run_gates(context.project, strict=strict, words=sys.stdout.isatty() and not as_json)
    click.echo(gates_json(gates) if as_json else render_gates(gates))
    failing = {"fails", "not checked"} if strict else {"fails"}
    return int(any(gate.state in failing for gate in gates))


@main.command()
@click.argument("question", required=False)
@click.option("--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the question.")
@click.option(
    "--format", "-f", "syntax", help="csv, json, tsv, xml; ttl, nt, rdf, jsonld for CONSTRUCT. Default: a table."
)
@click.option("--lang", default="en", show_default=True, help="Language of labels and titles.")
@_passed
@told
def query(context: _Context, question: str | None, params: tuple[str, ...], syntax: str | None, lang: str) -> None:
    """Ask a question: its name, a .rq file, or - for standard input.

    Without a question, the names and titles of all are listed.
    """
    from kg.cli.answer import ask, list_questions

    if question is None:
        click.echo(list_questions(context.project, lang))
        return
    values = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals:
            raise UsageError(f"--param {param}: write NAME=VALUE")
        values[name] = value
    ask(context.snapshot(), context.project, question, values, syntax=syntax, language=lang)


@main.command()
@click.option(
    "--format",
    "-f",
    "syntax",
    default="trig",
    show_default=True,
    help="trig, nq, jsonld: everything; ttl, nt, rdf, ttl12: one graph.",
)
@click.option(
    "--graph", "-g", default="default", show_default=True, help="default, inferred, links, ontology, open/NAME"
)
@_passed
@told
def dump(context: _Context, syntax: str, graph: str) -> None:
    """Write the graph to standard output."""
    from kg.graph.store import reading
    from kg.pipeline import read_dataset, write_dump

    problems = Problems()
    dataset = read_dataset(context.project, problems)
    problems.stop_if_any()
    snapshot = context.snapshot()
    with reading(snapshot.store, snapshot.manifest["quads"]) as store:
        write_dump(store, sys.stdout.buffer, syntax, graph, context.project, dataset)


@main.command(epilog=VARIABLES)
@options
@click.option("--watch", is_flag=True, help="Build anew whenever what the graph is made from is saved.")
@click.option("--writable", is_flag=True, help="Let who has the token change a working copy.")
@click.option(
    "--token-file", type=click.Path(path_type=Path), metavar="FILE", help="Where the token is.  [the variable KG_TOKEN]"
)
@click.option(
    "--fresh",
    is_flag=True,
    # Said once, not at each start.
    allow_from_autoenv=False,
    help="Begin the working copy anew, and set the old one aside.",
)
@_passed
@told
def serve(
    context: _Context,
    /,
    *,
    watch: bool,
    writable: bool,
    token_file: Path | None,
    fresh: bool,
    **asked: Any,  # noqa: ANN401 - as its options say
) -> None:
    """Serve the graph: pages, questions and SPARQL, read-only.

    To everybody who reaches the address, which is this machine unless --host
    says otherwise. A new build is served as soon as it is there.

    With --writable, whoever sends the token changes a working copy of the
    snapshot, by SPARQL Update and the Graph Store Protocol. It is served until
    --fresh begins a new one.

    With --store, the same pages, questions, limits and cache stand in front of
    a store elsewhere; the questions and texts are those of the project.
    """
    from kg.cli.remote import refuse_options_of_remote, serve_remote
    from kg.cli.watch import watching
    from kg.cli.working import refuse_options, serve_working_copy, tell_of_working_copy
    from kg.pipeline import current
    from kg.web import serve as run
    from kg.web.pool.token import read_login, read_token

    chosen = settings(asked)
    project, home = context.project, context.home
    refuse_options(writable=writable, watch=watch, fresh=fresh, token_file=token_file)
    refuse_options_of_remote(asked, own=writable or watch)
    if asked["store"] is not None:
        login = read_login(asked["login_file"])
        serve_remote(project, asked["store"], login, asked["max_age"], chosen, tell=tell, ready=_ready)
        return
    if writable:
        token = read_token(token_file)
        serve_working_copy(home, context.snapshot().folder, token, chosen, fresh=fresh, tell=tell, ready=_ready)
        return
    tell_of_working_copy(home, tell)

    def folder() -> Path | None:
        snapshot = current(home)
        return snapshot.folder if snapshot else None

    # Who watches sees problems where they are made, beside what was served before.
    if not (watch and folder()):
        context.snapshot()
    with watching(project, home, tell) if watch else nullcontext():
        run(folder, chosen, _ready)


def _ready(url: str) -> None:
    click.echo(f"{click.style(url, bold=True)}   (SPARQL at {url}sparql; stop with Ctrl-C)")


@main.command()
@click.argument("words")
@_passed
@told
def find(context: _Context, words: str) -> int:
    """Print where words stand in the texts of the articles."""
    from kg.cli.author import find_words

    return find_words(context.project, words, click.echo)


@main.group()
def article() -> None:
    """Write articles."""


@article.command("new")
@click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", default="fr", show_default=True, help="Language tag of the text.")
@_passed
@told
def new(context: _Context, text: Path, language: str) -> None:
    """Write the skeleton of an article for the text in the file TEXT."""
    from kg.cli.author import new_article

    path = new_article(context.project, text, language)
    click.echo(f"{path}\nWrite its facts there; kg schema describes them; kg check verifies them.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--example", "with_example", is_flag=True, help="Copy the small fictional article.")
@told
def init(folder: Path, *, with_example: bool) -> None:
    """Start a project of your own in FOLDER."""
    from kg.cli.author import start_project

    for path in start_project(folder, with_example=with_example):
        click.echo(path)
    click.echo(f"\nkg --project {folder} build")


@main.command()
@_passed
@told
def schema(context: _Context) -> None:
    """Write the JSON Schema of article files, for editors."""
    from kg.article import article_schema
    from kg.pipeline import read_content

    content = read_content(context.project)
    click.echo(json.dumps(article_schema(content.kinds, content.registry), ensure_ascii=False, indent=2))


@main.command()
@click.argument("mapping", type=click.Path(path_type=Path))
@click.option("--out", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Named .nq or .nt; .gz, .xz, .zst.")
@click.option("--store", type=click.Path(path_type=Path), metavar="DIR", help="Load them into a new Oxigraph store.")
@click.option("--source", "-s", "sources", multiple=True, metavar="NAME=PATH", help="File, database or address.")
@click.option("--functions", "-f", multiple=True, metavar="FILE", help="Python file or module of functions to call.")
@click.option("--allow", "allowed", multiple=True, metavar="ADDRESS", help="Fetch sources that begin with this.")
@click.option("--base", default="", metavar="IRI", help="What relative IRIs are appended to.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip", "quarantine"]),
    default="stop",
    show_default=True,
    help="About a record that makes no valid term.",
)
@click.option("--quarantine", type=click.Path(path_type=Path), metavar="FILE", help="NDJSON of such records.")
@click.option("--sort", is_flag=True, help="Sort the quads, each once.")
@click.option("--shards", type=click.IntRange(1), default=1, metavar="N", help="Write OUT-1, OUT-2, … OUT-N.")
@click.option("--batch", type=click.IntRange(1), default=None, metavar="N", help="Records held at a time.  [50000]")
@click.option("--low-memory", is_flag=True, help="Use less than 200 MB: --batch 5000.")
@told
def materialize(mapping: Path, out: Path | None, **settings: Any) -> int:  # noqa: ANN401
    """Write the quads that MAPPING makes of files and databases.

    To standard output, or to FILE, or into a store. What is told goes to
    standard error.

    Exit code 0: all quads are written; 1: something is wrong with the mapping,
    a source or a record, and no file is written; 2: the command cannot run so;
    3: what was wrong was left out, as --on-error says.
    """
    from kg.cli.bulk import Job, run
    from kg.temporary import clear

    def progress(line: str) -> None:
        if sys.stderr.isatty():
            click.secho(f"\r\x1b[2K  {line}" if line else "\r\x1b[2K", dim=True, err=True, nl=False)

    settings["batch"] = settings["batch"] or 0
    # Stopped so, it removes what it has begun, as after Ctrl-C.
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        return run(Job(mapping, out, **settings), tell, progress)
    finally:
        clear()
        signal.signal(signal.SIGTERM, before)


@main.command("mapping")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "language", type=click.Choice(["yarrrml", "rml", "rml-old", "r2rml"]), help="Write it so.")
@click.option("--explain", "explained", is_flag=True, help="Say in plain words what it does.")
@click.option("--functions", "-f", multiple=True, metavar="FILE", help="Python file or module of functions to call.")
@click.option("--base", default="", metavar="IRI", help="What relative IRIs will be appended to.")
@told
def mapping_(file: Path, language: str | None, functions: tuple[str, ...], base: str, *, explained: bool) -> None:
    """Check a mapping; say what it does, or write it in another language.

    FILE is RML or R2RML where its name ends in .ttl, .nt or .rml, YARRRML
    otherwise.
    """
    from kg.cli.mapping import convert, describe, read_document

    document = read_document(file, relative=bool(base))
    if language is None or explained:
        click.echo(describe(document, file, functions, explained=explained), nl=False)
    if language is not None:
        click.echo(convert(document, language), nl=False)
