"""What schemathesis is taught: how a query is sent as it is."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/sparql-query")
def as_it_is(_: Any, value: Any) -> bytes:
    """The body of a query."""
    return value if isinstance(value, bytes) else str(value).encode()
