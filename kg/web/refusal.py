"""A request that is not answered, and why: the one error of the web room."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from kg.errors import KgError, Place, Problem

__all__ = ["Refusal"]


class Refusal(KgError):  # noqa: N818  # nothing went wrong here: a request is answered with a no
    """A request that is not answered as it was asked.

    status: HTTP status code. detail: what is wrong, for a person. place: where in the query, None where that says
    nothing. fix: what to do about it. headers: headers that the status asks for, such as Allow.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        place: Place | None = None,
        fix: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Note everything that the answer says."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.place = place
        self.fix = fix
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, status: int, problem: Problem) -> "Refusal":
        """The refusal that tells a problem of the query."""
        return cls(status, problem.message, place=problem.place, fix=problem.fix)

    @property
    def title(self) -> str:
        """The reason phrase of the status."""
        return HTTPStatus(self.status).phrase

    @property
    def document(self) -> dict[str, Any]:
        """The problem details object: https://www.rfc-editor.org/rfc/rfc9457#section-3."""
        told: dict[str, Any] = {"title": self.title, "status": self.status, "detail": self.detail}
        if self.fix:
            told["fix"] = self.fix
        if self.place is not None:
            told |= {"line": self.place.line, "column": self.place.column, "text": self.place.text}
        return told
