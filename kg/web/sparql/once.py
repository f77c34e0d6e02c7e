"""What is worked out when it is first asked for, once for all who ask."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

__all__ = ["Once"]

T = TypeVar("T")


class Once(Generic[T]):
    """A value that is made on demand; whoever asks meanwhile waits for it, and none who leaves stops the making.

    What fails is told to all who wait, and made anew for the next.
    """

    def __init__(self, make: Callable[[], Coroutine[Any, Any, T]]) -> None:
        """Make nothing yet."""
        self._make = make
        self._made: tuple[T] | None = None
        self._making: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """The value, as soon as it is made."""
        if self._made is None:
            if self._making is None:
                self._making = asyncio.create_task(self._make())
                self._making.add_done_callback(self._done)
            return await asyncio.shield(self._making)
        return self._made[0]

    def _done(self, task: asyncio.Task[T]) -> None:
        self._making = None
        if not task.cancelled() and task.exception() is None:
            self._made = (task.result(),)
