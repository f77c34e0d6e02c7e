"""maplib as a command: python maplib_run.py INPUT TEMPLATE OUTPUT.

maplib takes tables and templates; what a mapping of RML says of templates and datatypes is done to the table before.
"""

import sys
from pathlib import Path

import polars as pl
from maplib import Model, RDFType, SolutionMappings

XSD = "http://www.w3.org/2001/XMLSchema#"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
PERCENT = {chr(c): "".join(f"%{byte:02X}" for byte in chr(c).encode()) for c in range(0xA1) if chr(c) not in UNRESERVED}
FIELDS = ("id", "name", "city", "born", "amount", "children", "homepage", "note")


def encoded(name: str) -> pl.Expr:
    """A field as part of an IRI."""
    return pl.col(name).str.replace_many(list(PERCENT), list(PERCENT.values()))


def main() -> None:
    """Read, map, write."""
    path, template, out = sys.argv[1:]
    schema = dict.fromkeys(FIELDS, pl.String)
    if path.endswith(".csv"):
        table = pl.read_csv(path, infer_schema=False)
    else:
        table = (pl.read_ndjson if path.endswith(".ndjson") else pl.read_json)(path, schema=schema)
    rows = table.select(
        subject="https://example.org/person/" + encoded("id"),
        identifier="id",
        name=pl.struct(pl.col("name").alias(f"<{LANG_STRING}>"), pl.lit("fr").alias("l")),
        born=pl.col("born").str.to_date(),
        amount=pl.col("amount").cast(pl.Decimal(38, 12)),
        children=pl.col("children").cast(pl.Int64),
        homepage="homepage",
        place="https://example.org/place/" + encoded("city"),
        label=pl.format("{} – {}", "name", "city"),
        note="note",
    )
    kinds = {"subject": RDFType.IRI, "homepage": RDFType.IRI, "place": RDFType.IRI}
    kinds |= {"name": RDFType.Literal(LANG_STRING)}
    kinds |= {name: RDFType.Literal(XSD + "string") for name in ("identifier", "label", "note")}
    typed = {"born": "date", "amount": "decimal", "children": "integer"}
    kinds |= {name: RDFType.Literal(XSD + datatype) for name, datatype in typed.items()}
    model = Model()
    model.add_template(Path(template).read_text(encoding="utf-8"))
    model.map("https://example.org/vocabulary/Row", SolutionMappings(rows, kinds))
    model.write(out, format="ntriples")


if __name__ == "__main__":
    main()
