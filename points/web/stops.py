"""What ends the answering of a page before its end."""

from points.identity.policy import Action
from points.kernel.errors import Refusal


class Stop(Exception):
    """Something other than the page is to be shown."""


class Missing(Stop):
    """There is no such thing here, or it is another's: never said which."""


class Denied(Stop):
    """Somebody may not have this page.

    Attributes:
        why: What is said.
        action: What they wanted to do.
    """

    def __init__(self, why: Refusal, action: Action) -> None:
        super().__init__(why.code)
        self.why, self.action = why, action


class Stale(Stop):
    """A form that this session did not give out, or a session that has ended meanwhile."""


class Turned(Stop):
    """Somebody has to go elsewhere first.

    Attributes:
        where: A path of ours.
    """

    def __init__(self, where: str) -> None:
        super().__init__("elsewhere")
        self.where = where


class ProofWanted(Stop):
    """The second factor has to be proved first; then what was asked for goes on.

    Attributes:
        refusal: Why a proof that was tried did not do, if one was.
    """

    def __init__(self, refusal: Refusal | None = None) -> None:
        super().__init__("second factor")
        self.refusal = refusal
