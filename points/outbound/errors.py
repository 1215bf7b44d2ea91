"""Why a request did not leave, or brought nothing back."""

from points.kernel.errors import PointsError, Unavailable


class OutboundRefused(PointsError):
    """A request that may not leave; trying again does not help.

    Attributes:
        code: Which rule it breaks. The address itself is never said.
    """

    code: str = "outbound.refused"  # type: ignore[misc]  # one class, many stable codes

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class OutboundFailed(Unavailable):
    """A request that may leave and brought no usable answer.

    Attributes:
        code: ``outbound.timeout``, ``outbound.no_address``, ``outbound.no_answer``,
            ``outbound.too_large``, ``outbound.redirect`` or ``outbound.encoded``.
    """

    code: str = "outbound.no_answer"  # type: ignore[misc]  # one class, many stable codes

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
