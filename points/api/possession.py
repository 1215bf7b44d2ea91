"""Proofs of possession at the door: read, checked against the request, and good once (RFC 9449)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from points.api.problems import Problem
from points.db.redis import Swift
from points.engine import Engine
from points.flows.spend_proof import spend
from points.identity.errors import ProofInvalid, ProofUsed
from points.identity.proofs import ALGORITHMS, SKEW_SECONDS, Asked, Proof, read_proof
from points.identity.sessions import PresentedToken
from points.kernel.errors import Refusal

CHALLENGE = f'DPoP algs="{" ".join(ALGORITHMS)}"'
READS = frozenset({"GET", "HEAD"})
REMEMBERED_SECONDS = 2 * SKEW_SECONDS + 5


def prove(request: Request, now: datetime, token: str = "") -> Proof:
    """Return the proof that came with a request.

    Raises:
        Problem: 401, there is none, or more than one, or it is not about this request, now.
    """
    given = request.headers.getlist("dpop")
    asked = Asked(
        method=request.method,
        host=request.headers.get("host", ""),
        path=request.scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1"),
        token=token,
    )
    proof = read_proof(given[0], asked, now) if len(given) == 1 else None
    if proof is None:
        raise unproved(ProofInvalid())
    return proof


def unproved(refusal: Refusal) -> Problem:
    """Return the problem of a proof that does not do."""
    problem = Problem.of(refusal)
    problem.headers["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_dpop_proof"'
    return problem


@dataclass(frozen=True, slots=True)
class Proofs:
    """Remembers which proofs were used.

    A proof that comes again is refused. Where it would write something the database decides,
    whichever process it comes to, and no answer from it means no. A read that is seen twice shows
    little that the thief did not see the first time: this process remembers, or Redis for all.
    """

    engine: Engine
    swift: Swift

    async def spend(self, method: str, token: PresentedToken, proof: Proof) -> None:
        """Use a proof up.

        Raises:
            Problem: 401, it was used before.
        """
        fresh = (
            await run_in_threadpool(self._seen_first, proof)
            if method in READS
            else await run_in_threadpool(self._spent_first, token, proof)
        )
        if not fresh:
            raise unproved(ProofUsed())

    def _seen_first(self, proof: Proof) -> bool:
        return self.swift.hit(f"proof:{proof.name}", 1, REMEMBERED_SECONDS).allowed

    def _spent_first(self, token: PresentedToken, proof: Proof) -> bool:
        ends_at = datetime.fromtimestamp(proof.ends_at, UTC)
        return spend(self.engine, token.association_id, token.session_id, proof.name, ends_at)
