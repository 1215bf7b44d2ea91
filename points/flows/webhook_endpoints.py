"""Where messages go: register an endpoint, change it, give it another secret, end it.

A secret is drawn from the request's id under a key of the installation: whoever lost the answer
asks again and gets the same one, and it stands nowhere but sealed.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from hashlib import blake2b

from points.activities.errors import ReasonNeeded
from points.engine import Decision, Flow
from points.flows.context import Context, context
from points.flows.wording import refuse_wording
from points.identity.feeds import PREFIX, SECRET_BYTES
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import ALPHABET, Actor, AssociationId, OperationId, PartnerId
from points.unit_of_work import Keys, WorkingSet
from points.webhooks.errors import (
    WebhookEnded,
    WebhookKinds,
    WebhooksTooMany,
    WebhookUnchanged,
    WebhookUrl,
)
from points.webhooks.model import (
    DESCRIPTION_LENGTH_MAX,
    ENDPOINTS_MAX,
    FOR_PARTNERS,
    OVERLAP,
    SUBSCRIBED,
    Endpoint,
    Kind,
    Secret,
    Standing,
    url_fits,
)

NO_ENDPOINT = NotFound(noun="webhook", noun_zh="消息接收地址")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWebhook:
    """Let messages go to an address.

    Attributes:
        endpoint_id: As :func:`drawn` has it.
        partner_id: Whose it is; None for the association's own.
        kinds: What it is told.
        sealed: Its first secret, sealed.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    endpoint_id: str
    partner_id: PartnerId | None = None
    url: str
    description: str = ""
    kinds: tuple[str, ...]
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWebhook:
    """Let an endpoint stand otherwise from now on; what is None stays as it is.

    Attributes:
        owner: Whose it has to be; None where whoever asks may change everybody's.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    endpoint_id: str
    owner: PartnerId | None = None
    url: str | None = None
    description: str | None = None
    kinds: tuple[str, ...] | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhookSecret:
    """Sign with another secret; the former one signs beside it for a day.

    Attributes:
        owner: Whose it has to be; None where whoever asks may change everybody's.
        sealed: The new secret, sealed.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    endpoint_id: str
    owner: PartnerId | None = None
    sealed: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A fresh endpoint's name and secret.

    Attributes:
        spelled: As its holder keeps it, ``whsec_…``.
        sealed: As it is kept here.
    """

    endpoint_id: str
    spelled: str
    sealed: str


def drawn(
    known: Context, association: AssociationId, operation: OperationId, endpoint_id: str = ""
) -> Drawn:
    """Return what a request to register or rotate draws; the same request draws the same.

    Args:
        known: Holds the installation's keys.
        association: Whose.
        operation: The request's name.
        endpoint_id: The endpoint, where there is one already.
    """
    about = f"{association}|{operation}".encode()
    name = blake2b(about, key=known.index_key, digest_size=26, person=b"webhook id").digest()
    secret = blake2b(
        about, key=known.index_key, digest_size=SECRET_BYTES, person=b"webhook secret"
    ).digest()
    endpoint = endpoint_id or "".join(ALPHABET[byte % 32] for byte in name)
    return Drawn(
        endpoint_id=endpoint,
        spelled=f"{PREFIX}{b64encode(secret).decode()}",
        sealed=known.feed_seal.close(secret, sealed_for(association, endpoint)),
    )


def sealed_for(association: AssociationId, endpoint_id: str) -> str:
    """Return for whom an endpoint's secrets are sealed."""
    return f"{association}|webhook|{endpoint_id}"


def needs_register(command: RegisterWebhook, keys: Keys) -> None:
    """Count what the owner has, and look whether the name is taken and the partner known."""
    keys.webhooks.endpoints.add(command.endpoint_id)
    keys.webhooks.owners.add(command.partner_id or "")
    if command.partner_id is not None:
        # Held: two requests at once count one after the other.
        keys.partners.partners.add(command.partner_id)


def needs_change(command: ChangeWebhook | RotateWebhookSecret, keys: Keys) -> None:
    """Lock the endpoint."""
    keys.webhooks.endpoints.add(command.endpoint_id)


def decide_register(command: RegisterWebhook, on: WorkingSet) -> Decision:
    """Take the endpoint up."""
    partner = command.partner_id
    if partner is not None and partner not in on.contracts.partners:
        return NotFound(noun="partner", noun_zh="合作单位")
    kinds = _kinds(command.kinds, partner)
    if isinstance(kinds, Refusal):
        return kinds
    if refusal := _unfit(command.url, command.description, on):
        return refusal
    if on.outbox.kept.get(partner or "", 0) >= ENDPOINTS_MAX:
        return WebhooksTooMany(most=ENDPOINTS_MAX)
    endpoint = Endpoint(
        endpoint_id=command.endpoint_id,
        partner_id=partner,
        url=command.url,
        description=command.description.strip(),
        kinds=kinds,
        standing=Standing.ENABLED,
    )
    on.outbox.put(endpoint, command.actor, on.now)
    on.outbox.new_secrets.append(
        Secret(endpoint_id=endpoint.endpoint_id, number=1, sealed=command.sealed, drawn_at=on.now)
    )
    on.trail.note("register_webhook", endpoint.endpoint_id, after=_said(endpoint))
    return {"endpoint_id": endpoint.endpoint_id}


def decide_change(command: ChangeWebhook, on: WorkingSet) -> Decision:
    """Change what is to be changed."""
    before = _owned(command.endpoint_id, command.owner, on)
    if isinstance(before, Refusal):
        return before
    kinds = before.kinds if command.kinds is None else _kinds(command.kinds, before.partner_id)
    if isinstance(kinds, Refusal):
        return kinds
    url = before.url if command.url is None else command.url
    description = before.description if command.description is None else command.description
    if refusal := _unfit(url, description, on):
        return refusal
    after = replace(
        before,
        url=url,
        description=description.strip(),
        kinds=kinds,
        standing=command.standing or before.standing,
    )
    if after == before:
        return WebhookUnchanged()
    after = replace(after, version=before.version + 1)
    on.outbox.put(after, command.actor, on.now)
    on.trail.note("change_webhook", after.endpoint_id, before=_said(before), after=_said(after))
    return {"endpoint_id": after.endpoint_id, "version": after.version}


def decide_rotate(command: RotateWebhookSecret, on: WorkingSet) -> Decision:
    """Add the new secret."""
    before = _owned(command.endpoint_id, command.owner, on)
    if isinstance(before, Refusal):
        return before
    number = before.secret_no + 1
    after = replace(before, version=before.version + 1, secret_no=number)
    on.outbox.put(after, command.actor, on.now)
    on.outbox.new_secrets.append(
        Secret(
            endpoint_id=after.endpoint_id,
            number=number,
            sealed=command.sealed,
            drawn_at=on.now,
        )
    )
    on.trail.note("rotate_webhook_secret", after.endpoint_id, after={"secret_no": number})
    return {
        "endpoint_id": after.endpoint_id,
        "former_until": (on.now + OVERLAP).isoformat(),
    }


def _owned(endpoint_id: str, owner: PartnerId | None, on: WorkingSet) -> Endpoint | Refusal:
    """Return an endpoint that may be changed; another's is answered as one that is not there."""
    endpoint = on.outbox.endpoints.get(endpoint_id)
    if endpoint is None or (owner is not None and endpoint.partner_id != owner):
        return NO_ENDPOINT
    return WebhookEnded() if endpoint.standing is Standing.ENDED else endpoint


def _kinds(named: tuple[str, ...], partner: PartnerId | None) -> tuple[Kind, ...] | Refusal:
    """Return what is subscribed to, in the order of the list of kinds."""
    known = [kind for kind in SUBSCRIBED if partner is None or kind in FOR_PARTNERS]
    if not named or not set(named).issubset(known):
        return WebhookKinds(known=", ".join(known))
    return tuple(kind for kind in known if kind.value in named)


def _unfit(url: str, description: str, on: WorkingSet) -> Refusal | None:
    if not url_fits(url, insecure=context(on).trial):
        return WebhookUrl()
    if len(description) > DESCRIPTION_LENGTH_MAX:
        return ReasonNeeded(length_max=DESCRIPTION_LENGTH_MAX)
    return refuse_wording(description, needed=False)


def _said(endpoint: Endpoint) -> dict[str, object]:
    """Return what the trail keeps of an endpoint: its host, for a path may hold a secret."""
    return {
        "partner_id": endpoint.partner_id,
        "host": endpoint.host,
        "kinds": [kind.value for kind in endpoint.kinds],
        "standing": endpoint.standing.value,
    }


REGISTER = Flow("register_webhook", needs_register, decide_register, audited=True)
CHANGE = Flow("change_webhook", needs_change, decide_change, audited=True)
ROTATE = Flow("rotate_webhook_secret", needs_change, decide_rotate, audited=True)
