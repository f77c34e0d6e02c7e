"""Names of tables as mappings write them, and which table of a database each of them means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Path", "TableName", "quoted", "shown"]

# A table with what it lies in, outermost first: the catalog and the schema, as far as the database has them.
Path = tuple[str, ...]

_PART = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<bare>[^".]*[^".\s]))\s*(?:\.(?!\s*\Z)|\Z)')


@dataclass(frozen=True, slots=True)
class TableName:
    """A name, and what stands before it: https://www.w3.org/TR/r2rml/#dfn-sql-identifier.

    parts: (text, whether it was quoted), outermost first.
    """

    parts: tuple[tuple[str, bool], ...]

    @classmethod
    def of(cls, text: str) -> "TableName | None":
        """What was written; None where it is no name.

        >>> TableName.of('sales."My Orders"').parts
        (('sales', False), ('My Orders', True))
        >>> TableName.of('"a" UNION SELECT 1') is None
        True
        """
        parts, at = [], 0
        while at < len(text):
            found = _PART.match(text, at)
            if found is None:
                return None
            whole = found["quoted"]
            parts.append((found["bare"], False) if whole is None else (whole.replace('""', '"'), True))
            at = found.end()
        return cls(tuple(parts)) if parts else None

    def choose(self, tables: Mapping[Path, bool]) -> Path | None:
        """The table that is meant; None where there is none, or more than one.

        tables: whether each needs nothing before its name. A quoted part has its case, any other one has not.
        """
        known = [path for path, near in tables.items() if near or len(self.parts) > 1]
        exact = [path for path in known if self._fits(path, bare_folds=False)]
        found = exact or [path for path in known if self._fits(path, bare_folds=True)]
        return found[0] if len(found) == 1 else None

    def _fits(self, path: Path, *, bare_folds: bool) -> bool:
        ends = path[-len(self.parts) :]
        return len(ends) == len(self.parts) and all(
            name == text or (bare_folds and not whole and name.lower() == text.lower())
            for name, (text, whole) in zip(ends, self.parts, strict=True)
        )


def quoted(path: Path) -> str:
    """A table as SQL names it, whatever its name.

    >>> print(quoted(("main", 'a"b')))
    "main"."a""b"
    """
    return ".".join('"{}"'.format(part.replace('"', '""')) for part in path)


def shown(tables: Mapping[Path, bool]) -> Sequence[str]:
    """The names by which people know tables: bare ones where these are enough, else with their schemas."""
    return [path[-1] if near else ".".join(path[-2:]) for path, near in tables.items()]
