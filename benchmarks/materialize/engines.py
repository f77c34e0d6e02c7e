"""The engines: which cases each can do, and the command that does one."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peer import UnavailableError, install_java, install_python

__all__ = ["ENGINES", "TOP", "Case", "Engine", "Job", "version"]

TOP = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).with_name("peers")


@dataclass(frozen=True, slots=True)
class Case:
    """What is materialized: so many rows in a form of `inputs.FORMATS`, with a graph for each row or none."""

    form: str
    rows: int
    graphs: bool = False

    @property
    def name(self) -> str:
        """The name of its folder, and its key in the results."""
        return f"{self.form}-{self.rows}{'-graphs' if self.graphs else ''}"


@dataclass(frozen=True, slots=True)
class Job:
    """A case for an engine. source, mapping: file names in `folder`; environment: what installing it gave."""

    case: Case
    folder: Path
    source: str
    mapping: str
    environment: Path
    out: str = "out.nq"

    def written(self, name: str, text: str) -> str:
        """The name of a file of this job, written with this text."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


def _installed_nothing(_cache: Path) -> Path:
    return Path(sys.executable)


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine.

    language: one of `mappings.LANGUAGES`, or empty. forms: that it reads. graphs: whether it makes a graph for each
    row. install: answers where it is, or raises `UnavailableError`. command: what to run in a job's folder. ours:
    pressgraph itself and the limit, which need no installation. out: the file that it writes. extra: environment
    variables.
    """

    title: str
    language: str
    command: Callable[[Job], Sequence[str]]
    install: Callable[[Path], Path] = _installed_nothing
    forms: frozenset[str] = frozenset({"csv", "csv-flat", "json"})
    graphs: bool = True
    ours: bool = False
    out: str = "out.nq"
    extra: dict[str, str] = field(default_factory=dict)

    def does(self, case: Case) -> bool:
        """Whether it claims to do the case."""
        return case.form in self.forms and (self.graphs or not case.graphs)


def _pressgraph(*options: str) -> Callable[[Job], Sequence[str]]:
    return lambda job: [str(job.environment), "-m", "kg", "materialize", job.mapping, "-o", job.out, *options]


def _limit(*options: str) -> Callable[[Job], Sequence[str]]:
    def command(job: Job) -> Sequence[str]:
        graphs = ["--graphs"] if job.case.graphs else []
        module = "benchmarks.materialize.limit"
        return [str(job.environment), "-m", module, job.source, job.out, *graphs, *options]

    return command


def _morph_kgc(job: Job) -> Sequence[str]:
    # No text stands for none, as in the other engines; everything else is as it comes.
    text = (
        f"[CONFIGURATION]\noutput_file={job.out}\noutput_format=N-QUADS\nna_values=\n[people]\nmappings={job.mapping}\n"
    )
    return [str(job.environment), "-m", "morph_kgc", job.written("morph-kgc.ini", text)]


def _sdm_rdfizer(job: Job) -> Sequence[str]:
    # Without `enrichment`, which takes NA and null for no value; without `remove_duplicate`, as there are none.
    text = (
        f"[default]\nmain_directory: .\n[datasets]\nnumber_of_datasets: 1\noutput_folder: .\nall_in_one_file: no\n"
        f"remove_duplicate: no\nenrichment: no\nname: people\nordered: no\noutput_format: n-triples\n"
        f"[dataset1]\nname: out\nmapping: {job.mapping}\n"
    )
    return [str(job.environment), "-m", "rdfizer", "-c", job.written("sdm-rdfizer.ini", text)]


def _maplib(job: Job) -> Sequence[str]:
    return [str(job.environment), str(PEERS / "maplib_run.py"), job.source, job.mapping, job.out]


def _rmlmapper(job: Job) -> Sequence[str]:
    main = ["be.ugent.rml.cli.Main", "-m", job.mapping, "-o", job.out, "-s", "nquads"]
    return ["java", "-cp", f"{job.environment}/*", *main]


def _carml(job: Job) -> Sequence[str]:
    return ["java", "-cp", f"{job.environment}:{job.environment}/*", "Carml", job.mapping, job.out]


def _flexrml(job: Job) -> Sequence[str]:
    return [str(job.environment), "-m", job.mapping, "-o", f"./{job.out}"]


def _named(_cache: Path) -> Path:
    raise UnavailableError("it is in no registry: name its binary with --flexrml")


def _python(name: str) -> Callable[[Path], Path]:
    return lambda cache: install_python(PEERS, name, cache)


def _java(name: str) -> Callable[[Path], Path]:
    return lambda cache: install_java(PEERS, name, cache)


_ALL = frozenset({"csv", "csv-flat", "json", "ndjson"})
_PATH = {"PYTHONPATH": str(TOP)}

ENGINES: dict[str, Engine] = {
    "pressgraph": Engine("pressgraph", "yarrrml", _pressgraph(), forms=_ALL, ours=True, extra=_PATH),
    "polars-checked": Engine("Polars by hand, same checks", "", _limit("--checks"), forms=_ALL, ours=True, extra=_PATH),
    "polars": Engine("Polars by hand, no checks", "", _limit(), forms=_ALL, ours=True, extra=_PATH),
    "morph-kgc": Engine("Morph-KGC", "older-rml", _morph_kgc, _python("morph-kgc")),
    "sdm-rdfizer": Engine("SDM-RDFizer", "older-rml", _sdm_rdfizer, _python("sdm-rdfizer"), out="out.nt"),
    "maplib": Engine("maplib", "stottr", _maplib, _python("maplib"), forms=_ALL, graphs=False),
    "rmlmapper": Engine("RMLMapper", "older-rml", _rmlmapper, _java("rmlmapper")),
    "carml": Engine("CARML", "older-rml", _carml, _java("carml")),
    "flexrml": Engine("FlexRML", "rml", _flexrml, _named),
}


def version(name: str) -> str:
    """The version that peers/ pins; empty for one that it does not."""
    for path in (PEERS / f"{name}.txt", PEERS / f"{name}.xml"):
        if path.exists():
            pin = {"sdm-rdfizer": "rdfizer", "carml": "carml-engine"}.get(name, name)
            match = re.search(rf"{pin}(?:==|</artifactId><version>)([^\s<]+)", path.read_text(encoding="utf-8"))
            assert match is not None
            return match[1]
    return ""
