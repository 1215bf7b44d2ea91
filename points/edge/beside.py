"""Two applications behind one edge: the operations for programs, and the pages beside them."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from points.edge.refused import Refused


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another application on the same host.

    Attributes:
        app: Answers.
        owns: Says which paths are its own.
        say_no: Gives a refusal of the edge its form.
    """

    app: ASGIApp
    owns: Callable[[str], bool]
    say_no: Callable[[Request, Refused], Response]


class Beside:
    """ASGI middleware: what belongs to the neighbour is answered by the neighbour."""

    def __init__(self, app: ASGIApp, *, neighbour: Neighbour) -> None:
        """Stand before an application and its neighbour."""
        self._app, self._neighbour = app, neighbour

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the one whose path it is."""
        theirs = scope["type"] == "http" and self._neighbour.owns(scope["path"])
        await (self._neighbour.app if theirs else self._app)(scope, receive, send)
