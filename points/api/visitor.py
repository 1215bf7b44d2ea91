"""Somebody who is not known yet: asks to be let in, and gets nothing else."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from points.api.caller import Installation
from points.api.possession import Proofs, prove
from points.api.problems import Problem
from points.audit.model import Origin
from points.flows.member_login import MemberDoor
from points.identity.errors import TooManyCodes
from points.identity.proofs import Proof
from points.kernel.errors import Refusal


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Who asks without a key.

    Attributes:
        door: Where members log in.
        proofs: Which proofs of possession were used.
        request: As it came, for the proof in its headers.
        origin: From where.
        later: Does something behind the back of the request.
        headers: What the answer says besides its body.
    """

    installation: Installation
    language: str
    door: MemberDoor
    proofs: Proofs
    request: Request
    origin: Origin
    later: Callable[[Callable[[], None]], None]
    headers: dict[str, str] = field(default_factory=dict)

    def prove(self) -> Proof:
        """Return the proof that the visitor holds a key.

        Raises:
            Problem: 401, there is none that is right.
        """
        return prove(self.request, self.installation.clock.now())

    def refused(self, refusal: Refusal) -> Problem:
        """Return the problem of a refusal, with how long to wait where it is too often."""
        problem = Problem.of(refusal)
        if isinstance(refusal, TooManyCodes):
            left = datetime.fromisoformat(refusal.until) - self.installation.clock.now()
            problem.headers["Retry-After"] = str(max(math.ceil(left.total_seconds()), 1))
        return problem


def _described() -> None:
    """Stand where the route puts the visitor; never called, for routes bind arguments."""


Visiting = Annotated[Visitor, Depends(_described)]
"""The parameter of every endpoint that takes somebody unknown."""
