"""The limit: Polars written by hand for this one mapping, with the checks that pressgraph makes, or with none.

python -m benchmarks.materialize.limit INPUT OUTPUT [--checks] [--graphs]

All ten lines of a record are one text, so that each term is made once. Formats by the name's ending: .csv, .json,
.ndjson; the first and the last are read as a stream.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

__all__ = ["lines", "main"]

V = "https://example.org/vocabulary/"
XSD = "http://www.w3.org/2001/XMLSchema#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SCHEMA = dict.fromkeys(("id", "name", "city", "born", "amount", "children", "homepage", "note"), pl.String)

_NAMED = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
ESCAPES = {chr(c): _NAMED.get(chr(c), f"\\u{c:04X}") for c in (*range(0x20), 0x22, 0x5C, 0x7F)}
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
PERCENT = {chr(c): "".join(f"%{byte:02X}" for byte in chr(c).encode()) for c in range(0xA1) if chr(c) not in UNRESERVED}

DAY = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|[12]\d))"
DATE = rf"^-?(?:[1-9][0-9]{{3,}}|0[0-9]{{3}})-{DAY}(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?$".replace(r"\d", "[0-9]")
DECIMAL = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$"
INTEGER = r"^[+-]?[0-9]+$"
IRI = r"^[a-zA-Z][a-zA-Z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+$"
# What it does not encode, as there is none in the input, is looked for all the same.
NO_IRI_PART = r"^$|[\x{E000}-\x{F8FF}\x{FDD0}-\x{FDEF}\x{FFF0}-\x{FFFF}\x{E0000}-\x{E0FFF}\x{F0000}-\x{10FFFF}]"


def _escaped(name: str) -> pl.Expr:
    return pl.col(name).str.replace_many(list(ESCAPES), list(ESCAPES.values()))


def _encoded(name: str) -> pl.Expr:
    return pl.col(name).str.replace_many(list(PERCENT), list(PERCENT.values()))


def lines(*, graphs: bool, nulls: bool) -> pl.Expr:
    """The ten lines of a record as one text, without the last line break."""
    identifier, name, city = _encoded("id"), _escaped("name"), _escaped("city")
    subject = pl.concat_str(pl.lit("<https://example.org/person/"), identifier)
    end = pl.concat_str(pl.lit(" <https://example.org/graph/"), identifier, pl.lit("> .\n")) if graphs else " .\n"

    def triple(predicate: str, *obj: pl.Expr | str) -> list[pl.Expr | str]:
        return [subject, f"> <{predicate}> ", *obj, end]

    note = triple(V + "note", '"', _escaped("note"), '"')
    pieces = [
        *triple(TYPE, f"<{V}Person>"),
        *triple(V + "identifier", '"', _escaped("id"), '"'),
        *triple(V + "name", '"', name, '"@fr'),
        *triple(V + "born", '"', pl.col("born"), f'"^^<{XSD}date>'),
        *triple(V + "amount", '"', pl.col("amount"), f'"^^<{XSD}decimal>'),
        *triple(V + "children", '"', pl.col("children"), f'"^^<{XSD}integer>'),
        *triple(V + "homepage", "<", pl.col("homepage"), ">"),
        *triple(V + "place", "<https://example.org/place/", _encoded("city"), ">"),
        *triple(V + "label", '"', name, " – ", city, '"'),
    ]
    return _joined([*pieces, _joined(note).fill_null("")] if nulls else [*pieces, *note])


def _joined(pieces: Iterable[pl.Expr | str]) -> pl.Expr:
    """The pieces as one text, constants that follow each other made one."""
    merged: list[pl.Expr | str] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return pl.concat_str([pl.lit(piece) if isinstance(piece, str) else piece for piece in merged])


def bad() -> pl.Expr:
    """Whether a record makes a term that is none: what pressgraph checks of this mapping."""
    col = pl.col
    return pl.any_horizontal(
        ~col("born").str.contains(DATE),
        ~col("amount").str.contains(DECIMAL),
        ~col("children").str.contains(INTEGER),
        ~col("homepage").str.contains(IRI),
        col("id").str.contains(NO_IRI_PART),
        col("city").str.contains(NO_IRI_PART),
    )


def _scan(path: Path) -> pl.LazyFrame:
    if path.suffix == ".csv":
        return pl.scan_csv(path, infer_schema=False, empty_string_is_null=False)
    if path.suffix == ".ndjson":
        return pl.scan_ndjson(path, schema=SCHEMA)
    return pl.read_json(path, schema=SCHEMA).lazy()


def main(arguments: Sequence[str]) -> None:
    """Read, check and write; raises `SystemExit` at the first batch with a bad record."""
    path, out = map(Path, arguments[:2])
    text = lines(graphs="--graphs" in arguments, nulls=path.suffix != ".csv")
    checks = "--checks" in arguments
    frame = _scan(path).select(text.alias("lines"), *([bad().alias("bad")] if checks else []))
    with out.open("wb") as file:
        for batch in frame.collect_batches(chunk_size=50_000, maintain_order=True):
            if checks and batch["bad"].any():
                raise SystemExit("a record makes a term that is none")
            batch.select("lines").write_csv(file, include_header=False, quote_style="never", line_terminator="")


if __name__ == "__main__":
    main(sys.argv[1:])
