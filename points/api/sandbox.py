"""A sandbox: opened by the association, and used by partners with keys of its own."""

from datetime import datetime

from pydantic import Field

from points.api.caller import Asking, Caller
from points.api.counter import AtTill, Title, desk_of, till_of
from points.api.gate import Keyed
from points.api.problems import Problem
from points.api.route import post
from points.api.vouchers import Codes
from points.api.wire import Answer, Body, Id
from points.flows.counter import Till
from points.flows.mint import Wanted
from points.flows.neutral import told
from points.flows.open_sandbox import Opener
from points.flows.sandbox import Playground
from points.identity.errors import SandboxOnly
from points.identity.keys import is_sandbox
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import PartnerId
from points.partners.errors import OutletUnknown
from points.partners.store import list_outlets


class NewSandbox(Body):
    """Whose sandbox to open; opening it again issues fresh keys and leaves what is in it."""

    partner_id: Id


class SandboxKey(Answer):
    """A key of the sandbox; without an outlet it is the head office's."""

    outlet_id: str | None = None
    key: str = Field(repr=False, description="shown once; begins with pk_test_")


class OpenedSandbox(Answer):
    """A sandbox: an association beside the one that counts."""

    association: str
    partner_id: str
    keys: list[SandboxKey]


class NewTestVoucher(AtTill):
    """A voucher to try with."""

    wanted: Wanted = Field(
        default=Wanted.GOOD, strict=False, description="what the counter is to answer"
    )


class TestVoucher(Answer):
    """A voucher to try with, and its code in both spellings."""

    __test__ = False  # no class of tests, whatever its name begins with

    voucher_id: str
    wanted: str
    kind: str
    title: Title
    valid_until: datetime
    codes: Codes


class SandboxReset(Answer):
    """How many open vouchers were closed; call again where it is 500."""

    ended: int


def open_sandbox(caller: Asking, body: NewSandbox) -> OpenedSandbox:
    """Open a partner's sandbox and issue keys for it: the head office's, and one an outlet."""
    opener = Opener(
        engine=caller.engine,
        ids=caller.ids,
        association=caller.association,
        actor=caller.actor,
        origin=caller.origin,
    )
    opened = opener.open(caller.fresh_operation, PartnerId(body.partner_id))
    if isinstance(opened, Refusal):
        raise Problem.of(opened)
    return OpenedSandbox(
        association=opened.association_id,
        partner_id=opened.partner_id,
        keys=[SandboxKey(outlet_id=each.outlet_id, key=each.key) for each in opened.keys],
    )


def mint_voucher(caller: Asking, body: NewTestVoucher) -> TestVoucher:
    """Make a voucher to try with; a head office's key makes it at the partner's first outlet."""
    minted = _playground(caller).mint(_till(caller, body), caller.key or "", body.wanted)
    if isinstance(minted, Refusal):
        raise Problem.of(told(caller.principal.kind, minted))
    return TestVoucher.model_validate(minted.result | {"codes": minted.codes.shown()})


def reset_sandbox(caller: Asking, body: AtTill) -> SandboxReset:
    """Close the vouchers that were made and not used, and open tills that guesses had closed."""
    ended = _playground(caller).reset(_till(caller, body))
    if isinstance(ended, Refusal):
        raise Problem.of(told(caller.principal.kind, ended))
    return SandboxReset(ended=ended)


def _playground(caller: Caller) -> Playground:
    return Playground(caller.engine, desk_of(caller), caller.ids)


def _till(caller: Caller, body: AtTill) -> Till:
    if not is_sandbox(caller.association):
        raise Problem.of(SandboxOnly())
    if body.outlet_id is not None or caller.principal.outlet is not None:
        return till_of(caller, body)
    partner_id = PartnerId(caller.principal.subject)
    with caller.engine.reading(caller.association) as connection:
        outlets = list_outlets(connection, caller.association, partner_id, most=1)
    if not outlets:
        raise Problem.of(OutletUnknown())
    return till_of(caller, body.model_copy(update={"outlet_id": outlets[0].outlet_id}))


ROUTES = (
    post(
        "/v1/sandbox",
        open_sandbox,
        allows=Action.OPEN_SANDBOX,
        zh="为合作商户开通测试环境并发放测试密钥",
        status=201,
        keyed=Keyed.NOT,
    ),
    post(
        "/v1/sandbox/vouchers",
        mint_voucher,
        allows=Action.USE_SANDBOX,
        zh="生成测试券",
        status=201,
    ),
    post(
        "/v1/sandbox/reset",
        reset_sandbox,
        allows=Action.USE_SANDBOX,
        zh="清理测试环境",
        keyed=Keyed.NOT,
    ),
)
