"""The processes of one server, whichever snapshot it serves: a task names the store that it is about."""

import asyncio
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

    def __init__(self, limits: Limits = LIMITS, own: int = _OWN) -> None:
        """Begin without processes. own: how many questions of the pages are evaluated at once."""
        self.public = Pool.of(limits.workers, limits.megabytes)
        self.own = Pool.of(own, limits.megabytes)
        self._loop: asyncio.AbstractEventLoop | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that asks them, once they are entered."""
        assert self._loop is not None
        return self._loop

    @property
    def pools(self) -> Mapping[str, Pool]:
        """Both, by name."""
        return {"public": self.public, "own": self.own}

    async def __aenter__(self) -> Self:
        """Begin to start processes."""
        self._loop = asyncio.get_running_loop()
        self.public.warm()
        self.own.warm()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them all."""
        await self.public.close()
        await self.own.close()
