"""The way to the issuer of single sign-on."""

from points.flows.issuer import Ask
from points.identity.oidc import NotGood
from points.outbound.client import Outbound
from points.outbound.errors import OutboundFailed, OutboundRefused

FORM = "application/x-www-form-urlencoded"


def asking(way: Outbound) -> Ask:
    """Return what asks the issuer through the one way out."""

    def ask(method: str, url: str, body: bytes) -> tuple[int, bytes]:
        headers = {"accept": "application/json", **({"content-type": FORM} if body else {})}
        try:
            answer = way.request(method, url, headers, body)
        except (OutboundFailed, OutboundRefused):
            raise NotGood("no answer") from None
        return answer.status, answer.content

    return ask
