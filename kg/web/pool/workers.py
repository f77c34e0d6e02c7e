"""The processes of one server, whichever snapshot it serves: a task names the store that it is about."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from kg.web.limits import LIMITS, Limits
from kg.web.pool.pool import Pool

__all__ = ["Workers"]

# Questions of the pages that are evaluated at once.
_OWN = 2


class Workers(AbstractAsyncContextManager["Workers"]):
    """Pools that start when they are entered, and end when they are left.

    public: where the public's queries are evaluated. own: where the questions of the pages are evaluated, so that they
    never wait behind the public's queries.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        """Begin without processes."""
        self.public = Pool.of(limits.workers, limits.megabytes)
        self.own = Pool.of(_OWN, limits.megabytes)

    @property
    def pools(self) -> Mapping[str, Pool]:
        """Both, by name."""
        return {"public": self.public, "own": self.own}

    async def __aenter__(self) -> Self:
        """Begin to start processes."""
        self.public.warm()
        self.own.warm()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them all."""
        await self.public.close()
        await self.own.close()
