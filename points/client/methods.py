"""Methods of clients: each makes a call and sends it."""

from collections.abc import Awaitable, Callable
from typing import Generic, ParamSpec, Protocol, Self, TypeVar, overload

from pydantic import BaseModel

from points.client.calls import Call

P = ParamSpec("P")
T = TypeVar("T", bound=BaseModel)


class Sends(Protocol):
    """A client that waits for its answers."""

    def send(self, call: Call[T]) -> T:
        """Send a call."""
        ...


class SendsLater(Protocol):
    """A client for asyncio."""

    async def send(self, call: Call[T]) -> T:
        """Send a call."""
        ...


class Method(Generic[P, T]):
    """A method of a client that makes a call and sends it."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make, self.__doc__ = make, make.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: Sends, owner: type) -> Callable[P, T]: ...

    def __get__(self, client: Sends | None, owner: type) -> "Self | Callable[P, T]":
        if client is None:
            return self

        def send(*args: P.args, **kwargs: P.kwargs) -> T:
            return client.send(self._make(*args, **kwargs))

        return send


class AsyncMethod(Generic[P, T]):
    """The same for asyncio."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make, self.__doc__ = make, make.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: SendsLater, owner: type) -> Callable[P, Awaitable[T]]: ...

    def __get__(self, client: SendsLater | None, owner: type) -> "Self | Callable[P, Awaitable[T]]":
        if client is None:
            return self

        def send(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
            return client.send(self._make(*args, **kwargs))

        return send
