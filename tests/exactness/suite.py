"""The exactness suite as data: what is laid out for a processor, and what it must write."""

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FOLDER", "FORMS", "Form", "expected", "lay_out"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Form:
    """The values in one format.

    data: the file. formulation, iterator: how it is read. key: the reference of the value's name. kind: ends the names
    of the mapping and of the expected output. left_out: how many lines the format cannot give.
    """

    data: str
    formulation: str
    iterator: str = ""
    key: str = "id"
    kind: str = ""
    left_out: int = 0

    @property
    def name(self) -> str:
        """The data, and the kind where it tells more."""
        kind = self.kind.removeprefix("-")
        return self.data if kind in self.data else f"{self.data} as {kind}"


FORMS = (
    Form("values.csv", "CSV"),
    Form("values.tsv", "CSV"),
    Form("values-crlf.csv", "CSV"),
    Form("values-bare.csv", "CSV", left_out=14),
    Form("values.json", "JSONPath", "$[*]"),
    Form("values-escaped.json", "JSONPath", "$[*]"),
    Form("values.ndjson", "JSONPath", "$"),
    Form("values.yaml", "JSONPath", "$[*]", left_out=4),
    Form("values.xml", "XPath", "/values/item", "@id", left_out=5),
    Form("values.parquet", "CSV"),
    Form("values.sql", "", kind="-sql", left_out=1),
    Form("numbers.json", "JSONPath", "$[*]", kind="-numbers"),
    Form("numbers.ndjson", "JSONPath", "$", kind="-numbers"),
    Form("values.csv", "CSV", kind="-literals"),
    Form("values.ndjson", "JSONPath", "$", kind="-literals"),
    Form("templates.csv", "CSV", kind="-templates"),
    Form("templates.ndjson", "JSONPath", "$", kind="-templates"),
    Form("iris.csv", "CSV", kind="-iris"),
    Form("iris.ndjson", "JSONPath", "$", kind="-iris"),
)


def lay_out(form: Form, folder: Path) -> Path:
    """Copy the data of a form to a folder and write the mapping, whose path is returned, beside it."""
    shutil.copy(FOLDER / form.data, folder)
    own = FOLDER / f"mapping{form.kind}.ttl"
    text = (own if own.exists() else FOLDER / "mapping.ttl").read_text(encoding="utf-8")
    if form.data.endswith(".sql"):
        connection = sqlite3.connect(folder / "values.sqlite")
        connection.executescript((FOLDER / form.data).read_bytes().decode())
        connection.close()
    for mark, put in (
        ("SOURCE", form.data),
        ("FORMULATION", form.formulation),
        ("ITERATOR", form.iterator),
        ("ID", form.key),
        ("DATABASE", "sqlite:values.sqlite"),
    ):
        text = text.replace(f"%{mark}%", put)
    mapping = folder / "mapping.ttl"
    mapping.write_text(text, encoding="utf-8")
    return mapping


def expected(form: Form) -> set[str]:
    """The lines, in canonical N-Quads, that a processor must write; some of them, where the format cannot hold all."""
    own = FOLDER / f"expected{form.kind}.nq"
    return set((own if own.exists() else FOLDER / "expected.nq").read_bytes().decode().split("\n")[:-1])
