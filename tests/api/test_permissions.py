"""Every operation × every role × own, other and another association's: generated, default deny."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from points.api.app import ROUTES
from points.api.route import Route
from points.audit.reads import find_head
from points.flows.correcting import to_replace
from points.flows.keep_photo import KeepPhoto, encoded
from points.flows.note_access import NoteAccess
from points.flows.open_device import OpenDevice
from points.flows.open_gate import OpenGate
from points.flows.propose import ProposeGrant
from points.flows.propose_handout import ProposeHandout
from points.flows.record import Record
from points.flows.save_draft import SaveDraft
from points.flows.watch_day import JudgeDay
from points.identity.model import Principal
from points.identity.policy import ACTIONS, TABLE, Action, Needs, Scope
from points.identity.roles import AT_OUTLET, Grant, Kind, Level, Role, kind_of
from points.identity.segregation import PERSONS_ONLY
from points.identity.sessions import read_token
from points.kernel.amounts import Points
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, RewardId
from points.ledger.model import Measure
from points.watch.model import Finding
from points.watch.model import Kind as WatchKind
from points.wiring import authored
from tests.api.market import capture, give, named, open_market, redeem, till, voucher
from tests.api.served import HERE, THERE, Served, problem, served
from tests.flows import corrections, drafts
from tests.flows.offline import POLICY
from tests.flows.town import RULES as RULES_DIR
from tests.people import old_key, sign_in

UNKNOWN = "0" * 26
RULES = """
ruleset: party
version: 1
effective: {from: "2026-01-01", until: "2027-01-01"}
timezone: Asia/Shanghai
title: {zh: 规则, en: Rules}
measures: [wallet]
rules: [{id: R1, title: {zh: 甲, en: A}, on: volunteer.shift, points: 1}]
"""
KEYED = [role for role in Role if role is not Role.CONSOLE]  # nobody sits at the machine over HTTP
OPERATIONS = {f"{route.method} {route.path}": route for route in ROUTES}


@dataclass
class Town:
    """Somebody with one of everything, somebody else, and keys for all of them."""

    here: Served
    owner: str
    stranger: str
    names: dict[str, str]
    keys: dict[tuple[AssociationId, Role, str], str] = field(default_factory=dict)

    def key(
        self, role: Role, who: str, association: AssociationId = HERE, *, person: bool = False
    ) -> str:
        """Return a key of somebody who has one role and no other, or a session of the person."""
        subjects = {
            Role.MEMBER: {"own": self.owner, "other": self.stranger},
            Role.PARTNER: {"own": "YF", "other": "KM"},
            Role.TILL: {"own": "YF", "other": "KM"},
            Role.OFFICE: {"own": "YF", "other": "KM"},
            Role.SOURCE: {"own": "venue_qr", "other": "other_feed"},
        }
        subject = subjects.get(role, {"own": f"li-{role}", "other": f"zhao-{role}"})[who]
        outlet = f"{subject}01" if role in AT_OUTLET else None
        # A member logs in each time: some of what is asked here ends all of their sessions.
        if role is Role.MEMBER or (person and role in AT_OUTLET):
            engine, kind = self.here.installation.engine, kind_of(role)
            grants = (Grant(role=role),) if outlet else ()
            return sign_in(engine, association, subject, grants, kind=kind, outlet=outlet)
        if (association, role, who) not in self.keys and outlet and association is not HERE:
            # The partner is not there: what is asked with its key must find nothing.
            caller = Principal(
                association_id=association,
                kind=kind_of(role),
                subject=subject,
                outlet=outlet,
                grants=(Grant(role=role),),
            )
            self.keys[association, role, who] = old_key(self.here.installation.engine, caller)
        if (association, role, who) not in self.keys:
            self.keys[association, role, who] = self.here.key(
                kind_of(role),
                subject,
                association=association,
                outlet=outlet,
                grants=(Grant(role=role),),
            )
        return self.keys[association, role, who]

    def abroad(self, role: Role, *, person: bool = False) -> str:
        """Return a key of another association that stands for the very same subject."""
        return self.key(role, "own", THERE, person=person)

    def limited(self, role: Role, action: Action) -> str:
        """Return a key of somebody that lets them do one thing only."""
        outlet = "limited01" if role in AT_OUTLET else None
        return self.here.key(
            kind_of(role),
            "limited",
            outlet=outlet,
            grants=(Grant(role=role),),
            actions=frozenset({action.value}),
        )

    def ask(self, route: Route, key: str | None, *, unknown: bool = False) -> Any:
        names = dict.fromkeys(self.names, UNKNOWN) if unknown else self.names
        if route.path.endswith(":erase") and not unknown:
            # Whoever may, does: each time it is somebody new, and never the owner of the rest.
            names = names | {"member_id": self.here.person()}
        # A voucher that is captured has no QR, and one with a token out has none either.
        if route.path.endswith("/qr"):
            names = names | {"voucher_id": names["unused"]}
        elif route.path.endswith("/offline-token"):
            names = names | {"voucher_id": names["reserved"]}
        path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], route.path)
        query = self.query(route, names)
        answer = self.here.ask(route.method, path + query, key, json=self.body(route, names))
        if path == "/v1/session":  # whoever logged out asks nothing more
            self.keys = {whose: kept for whose, kept in self.keys.items() if kept != key}
        return answer

    def query(self, route: Route, names: dict[str, str]) -> str:
        return {
            "/v1/members/{member_id}/statement": "?measure=health.wallet",
            "/v1/members/{member_id}/expiring": "?measure=health.wallet",
            "/v1/duties/report": "?since=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z",
            "/v1/hardship-fund/entries": "?programme=health",
            "/v1/vouchers": f"?member_id={names['member_id']}",
            "/v1/counter/sessions": f"?partner_id={names['partner_id']}",
            "/v1/counter/policy": f"?partner_id={names['partner_id']}",
            "/v1/counter/hours": f"?partner_id={names['partner_id']}",
            "/v1/statements": f"?partner_id={names['partner_id']}",
            "/v1/statements:draft": f"?partner_id={names['partner_id']}&day=2026-04-20",
        }.get(route.path, "")

    def body(self, route: Route, names: dict[str, str]) -> Any:
        if route.method != "POST":
            return None
        at = (self.here.clock.now() - timedelta(days=1)).isoformat()
        activity = {
            "type": "volunteer.shift",
            "member_id": names["member_id"],
            "occurred_at": at,
            "fields": {"hours": "1", "verified": True},
        }
        counter = {"outlet_id": "YF01"}
        login = {"operator": "7", "pin": "000000"}
        return {
            "/v1/counter/sessions": login,
            "/v1/counter/operators:set-up": {"operator": "7", "pin": "804163", "code": "x"},
            "/v1/counter/operators": {"outlet_id": "YF02", "operator_id": f"9{self.here.count:08}"},
            "/v1/members": {"name": "钱七", "phone": f"137{self.here.count:08}", "kind": "rider"},
            "/v1/activities": activity | {"external_id": self.here.next()},
            "/v1/activities:batch": {"items": [activity | {"external_id": self.here.next()}]},
            "/v1/claims": activity,
            "/v1/claims/{activity_id}/reviews": {"verdict": "approve"},
            "/v1/publicity": {"activity_ids": [names["activity_id"]], "batch": "x", "working_days": 5},
            "/v1/objections": {"activity_id": names["activity_id"], "reason": "有异议"},
            "/v1/objections/{activity_id}/answer": {"upheld": True, "reason": "成立"},
            "/v1/freezes": {"member_id": names["member_id"], "programme": "party", "reason": "r", "notice": "n"},
            "/v1/freezes:thaw": {"member_id": names["member_id"], "programme": "party", "reason": "r", "notice": "n"},
            "/v1/batches/{batch}:approve": {"seen": "x"},
            "/v1/proposals": {"kind": "grant", "reason": "goodwill", "note": "n", "member_id": names["member_id"], "measure": "party.wallet", "points": 1},
            "/v1/proposals/{proposal_id}:approve": {},
            "/v1/pools/{programme}/fundings": {"amount_fen": 1, "source": "union"},
            "/v1/pools/{programme}/returns": {"amount_fen": 1, "source": "union", "note": "n"},
            "/v1/returns/{return_id}:approve": {},
            "/v1/alerts/{alert_id}:look": {},
            "/v1/alerts/{alert_id}:answer": {"verdict": "explained", "note": "n"},
            "/v1/returns/{return_id}:reject": {"reason": "n"},
            "/v1/returns/{return_id}:withdraw": {},
            "/v1/proposals/{proposal_id}:reject": {"reason": "n"},
            "/v1/proposals/{proposal_id}:withdraw": {},
            "/v1/me/wishes": {"reward_id": "C02"},
            "/v1/me/wishes/{reward_id}:remove": {},
            "/v1/me/donations": {"programme": "health", "points": 10},
            "/v1/hardship-fund/donations/{donation_id}:return": {"reason": "donated_in_error", "note": "n"},
            "/v1/me/inbox:read": {"notices": [UNKNOWN]},
            "/v1/me/relations": {"member_id": names["member_id"], "kind": "spouse"},
            "/v1/staff/{staff}/relations:withdraw": {"member_id": names["member_id"]},
            "/v1/redemptions": {"reward_id": "C02", "programme": "health", "member_id": names["member_id"]},
            "/v1/redemptions:quote": {"reward_id": "C02", "programme": "health", "member_id": names["member_id"]},
            "/v1/rewards/photos": {"content": "x"},
            "/v1/rewards/versions": {"text": "version: 1"},
            "/v1/rewards/versions:lint": {"text": "version: 1"},
            "/v1/members/{member_id}/gates": {"reward_id": "C09"},
            "/v1/members/{member_id}/gates/{grant_id}:close": {},
            "/v1/counter/authorisations": counter | {"code": "TKX1-TC24-9Y1Q-D"},
            "/v1/counter/captures": counter | {"code": "TKX1-TC24-9Y1Q-D", "request_no": self.here.next()},
            "/v1/vouchers/{voucher_id}/offline-token": {"outlet_id": "YF01"},
            "/v1/counter/offline-captures": counter | {"items": [{"token": "3123", "request_no": self.here.next(), "handed_at": at}]},
            "/v1/offline-conflicts/{use_id}:rule": {"decision": "refused", "reason": "r"},
            "/v1/counter/voids": counter | {"request_no": names["request_no"], "void_no": self.here.next()},
            "/v1/statements:draw-up": {"partner_id": names["partner_id"], "day": "2026-03-02"},
            "/v1/statements/{statement_id}/lines/{line}:dispute": {"claims_fen": 1, "reason": "amount_wrong"},
            "/v1/statements/{statement_id}/lines/{line}:answer": {"verdict": "accept"},
            "/v1/statements/{statement_id}:confirm": {},
            "/v1/statements/{statement_id}:countersign": {},
            "/v1/statements/{statement_id}:pay": {"amount_fen": 1, "reference": "B-1000", "paid_on": "2026-04-01"},
            "/v1/partners/{partner_id}/adjustments": {"amount_fen": 1, "programme": "health", "reason": "other", "note": "n"},
            "/v1/partners/{partner_id}/adjustments/{adjustment_id}:decide": {"verdict": "approve"},
            "/v1/partners/{partner_id}/adjustments/{adjustment_id}:withdraw": {},
            "/v1/partners/{partner_id}/contracts": {"starts_on": "2027-01-01", "cycle": "month"},
            "/v1/counter/authorisations/{authorisation_id}:release": counter,
            "/v1/counter/tills": {"outlet_id": "YF02", "device_id": self.here.next()},
            "/v1/counter/tills/{outlet}/{till}:disable": {},
            "/v1/counter/tills/{outlet}/{till}:enable": {},
            "/v1/counter/policy": {"partner_id": names["partner_id"], "operator_voids_max": 5, "outlet_voids_max": self.here.count % 1000},
            "/v1/sandbox": {"partner_id": names["partner_id"]},
            "/v1/sandbox/vouchers": {"outlet_id": "YF01"},
            "/v1/sandbox/reset": {"outlet_id": "YF01"},
            "/v1/rulesets:lint": {"text": "ruleset: party"},
            "/v1/rulesets:backtest": {"since": "2026-01-01", "until": "2026-02-01", "programme": "party"},
            "/v1/rulesets:diff": {"old": RULES, "new": RULES},
            "/v1/rulesets:examine": {"programme": "party", "type": "volunteer.shift", "occurred_at": at, "fields": {"hours": "1", "verified": True}},
            "/v1/rulesets/drafts": {"programme": "party", "text": "x"},
            "/v1/rulesets/drafts:import": {"bundle": {}},
            "/v1/rulesets/drafts/{draft_id}/revisions": {"programme": "party", "text": "x", "revision": 1},
            "/v1/rulesets/drafts/{draft_id}:check": {},
            "/v1/rulesets/drafts/{draft_id}:submit": {"revision": 1},
            "/v1/rulesets/drafts/{draft_id}:approve": {"revision": 1},
            "/v1/rulesets/drafts/{draft_id}:reject": {"revision": 1, "reason": "n"},
            "/v1/rulesets/drafts/{draft_id}:withdraw": {},
            "/v1/rulesets/versions/{programme}/{version}:retire": {"reason": "n"},
            "/v1/corrections:preview": {"draft_id": names["draft_id"]},
            "/v1/corrections": {"draft_id": names["draft_id"], "note": "n"},
            "/v1/corrections/{correction_id}:approve": {},
            "/v1/corrections/{correction_id}:reject": {"reason": "n"},
            "/v1/corrections/{correction_id}:withdraw": {},
            "/v1/corrections/{correction_id}:reverse": {"note": "n"},
            "/v1/vouchers/{voucher_id}:reissue": {"reason": "手机丢失"},
            "/v1/vouchers/{voucher_id}:offer": {"member_id": UNKNOWN},
            "/v1/vouchers/{voucher_id}:reassign": {"member_id": UNKNOWN, "reason": "登记错人"},
            "/v1/voucher-offers/{offer_id}:accept": {},
            "/v1/voucher-offers/{offer_id}:decline": {},
            "/v1/voucher-offers/{offer_id}:withdraw": {},
            "/v1/handouts": {"reward_id": "C02", "programme": "party", "where": "true", "note": "慰问"},
            "/v1/handouts/{handout_id}:approve": {},
            "/v1/handouts/{handout_id}:reject": {"reason": "n"},
            "/v1/handouts/{handout_id}:withdraw": {},
            "/v1/handouts/{handout_id}:print": {},
            "/v1/keys/{key_id}:rotate": {"overlap_seconds": 60},
            "/v1/keys": {"roles": ["source"], "subject": "x"},
            "/v1/webhooks": {"url": "https://pos.example.cn/in", "kinds": ["catalogue.published"]},
            "/v1/webhooks/{endpoint_id}:change": {"description": self.here.next()},
            "/v1/webhooks/{endpoint_id}:rotate": {},
            "/v1/webhooks/{endpoint_id}:test": {},
            "/v1/webhooks/{endpoint_id}:replay": {"messages": [names["message_id"]]},
            "/v1/audit:verify": {},
            "/v1/members/{member_id}/consents": {"purpose": "contact", "notice": 1},
            "/v1/members/{member_id}/consents:withdraw": {"purpose": "contact"},
            "/v1/members/{member_id}:unmask": {"fields": ["name"], "reason": "review", "words": "核对"},
            "/v1/members/{member_id}:erase": {"ground": "court"},
            "/v1/members/{member_id}/erasure-request:end": {"reason": "撤回"},
            "/v1/session:verify": {"code": "000000"},
            "/v1/staff": {"account": self.here.next(), "roles": ["officer"]},
            "/v1/staff/{account}:disable": {},
            "/v1/staff/{account}:enable": {},
            "/v1/staff/{account}:reset": {},
            "/v1/staff/{account}:grant": {"role": "treasurer"},
            "/v1/staff/{account}:revoke": {"role": "treasurer"},
            "/v1/staff/{account}:link": {"person": None},
            "/v1/staff/{account}:link-sign-on": {"subject": "x"},
            "/v1/break-glass": {"role": "approver", "minutes": 5, "reason": "系统故障"},
            "/v1/me/password": {"present": "x", "chosen": "x"},
            "/v1/me/second-factor:confirm": {"code": "000000"},
        }.get(route.path)  # fmt: skip


def device_of(here: Served, member: str) -> str:
    """Log a member in on a device; return its id."""
    opened = OpenDevice(
        association_id=HERE,
        operation_id=OperationId("system:log-in:town"),
        actor=Actor("system:log-in"),
        member_id=MemberId(member),
        device_id=here.installation.ids.next(),
        name="手机",
        thumbprint="t" * 43,
        token_hash="h" * 64,
    )
    return str(here.submit(opened)["device_id"])


@pytest.fixture(scope="module")
def town(module_sqlite_url: str) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patched, ExitStack() as opened:
        patched.setattr(authored, "load_offline_policy", lambda _: POLICY)
        here = opened.enter_context(served(module_sqlite_url))
        open_market(here)
        owner, stranger = here.person(), here.person()
        give(here, owner, 1000)
        drawn = redeem(here, owner).json()
        captured = capture(here, drawn["codes"]["code"], "req-1", amount_fen=2000).json()
        assert captured["owed_fen"] == 2000
        shift = {
            "external_id": "row-1",
            "type": "volunteer.shift",
            "member_id": owner,
            "occurred_at": (here.clock.now() - timedelta(days=3)).isoformat(),
            "fields": {"hours": "2", "verified": True},
        }
        source = here.key(Kind.SOURCE, "venue_qr")
        activity = here.ask("POST", "/v1/activities", source, json=shift).json()
        assert (
            here.staff(
                "POST", "/v1/staff", json={"account": "temp", "roles": ["officer"]}
            ).status_code
            == 201
        )
        issued = here.staff(
            "POST", "/v1/keys", json={"roles": ["officer"], "subject": "sheets"}
        ).json()
        here.clock.advance(timedelta(days=40))
        here.submit(
            Record(
                **named(here, type="volunteer.shift", source="sheet", external_id="row-2"),
                member_id=MemberId(owner),
                occurred_at=here.clock.now() - timedelta(days=2),
                fields={"hours": "2", "verified": True},
                batch_id="sheet-1",
            )
        )
        proposed = here.submit(
            ProposeGrant(
                **named(here, measure=Measure("health", "wallet"), points=Points(5)),
                member_id=MemberId(owner),
                reason="goodwill",
                note="感谢",
            )
        )
        body = {"partner_id": "YF", "day": "2026-03-02"}
        closed = here.staff("POST", "/v1/statements:draw-up", json=body).json()
        clerk = {"outlet_id": "YF02", "operator_id": "07"}
        assert here.staff("POST", "/v1/counter/operators", json=clerk).status_code == 201
        handout = ProposeHandout(
            **named(here, reward_id=RewardId("C02"), programme="party", note="慰问"),
            members=(MemberId(owner),),
        )
        money = {"amount_fen": 100, "source": "union"}
        assert here.staff("POST", "/v1/pools/party/fundings", json=money).status_code == 201
        back = here.staff("POST", "/v1/pools/party/returns", json=money | {"note": "n"}).json()
        draft = SaveDraft(**named(here), programme="party", text="x", cases={})
        listens = {"url": "https://pos.example.cn/in", "kinds": ["voucher.captured"]}
        ours = here.key(Kind.PARTNER, "YF")
        hook = here.ask("POST", "/v1/webhooks", ours, json=listens).json()
        tried = here.ask("POST", f"/v1/webhooks/{hook['endpoint_id']}:test", ours, json={}).json()
        names = {
            "member_id": owner,
            "transaction_id": drawn["transaction_id"],
            "activity_id": activity["activity_id"],
            "voucher_id": drawn["voucher_id"],
            "offer_id": UNKNOWN[:-1] + "1",
            "handout_id": str(here.submit(handout)["handout_id"]),
            "request_no": "req-1",
            "reward_id": "C09",
            "donation_id": UNKNOWN,
            "use_id": UNKNOWN,
            "statement_id": closed["statement_id"],
            "partner_id": "YF",
            "line": "1",
            "key_id": issued["key_id"],
            "device_id": device_of(here, owner),
            "account": "temp",
            "session_id": read_token(
                sign_in(here.installation.engine, HERE, owner, kind=Kind.MEMBER)
            ).session_id,
            "notice_id": UNKNOWN[:-1] + "1",
            "endpoint_id": hook["endpoint_id"],
            "message_id": tried["message_id"],
            "measure": "party.rating",
            "batch": "sheet-1",
            "proposal_id": str(proposed["proposal_id"]),
            "draft_id": str(here.submit(draft)["draft_id"]),
            "programme": "party",
            "version": str(publish(here)),
            "catalogue_version": "1",
            "sha256": str(keep_photo(here)),
            "grant_id": str(open_gate(here, owner)),
            "correction_id": correct(here),
            "return_id": back["return_id"],
            "adjustment_id": adjust(here),
            "alert_id": odd(here),
            "staff": "li",
            "outlet": "YF02",
            "operator": "07",
            "till": "pos-1",
            "void_no": "void-1",
            "key": "auth-1",
            "authorisation_id": UNKNOWN[:-1] + "2",
            "till_session": read_token(
                sign_in(here.installation.engine, HERE, "YF", kind=Kind.PARTNER, outlet="YF02")
            ).session_id,
            "sequence": str(long_trail(here)),
        }
        names |= at_the_counter(here, owner)
        yield Town(here, owner, stranger, names)


def adjust(here: Served) -> str:
    """Pay a partner a fen more, by two people."""
    asked = {"amount_fen": 1, "programme": "health", "reason": "other", "note": "n"}
    path = "/v1/partners/YF/adjustments"
    done = here.staff("POST", path, json=asked).json()
    lin = sign_in(here.installation.engine, HERE, "lin", (Grant(role=Role.APPROVER),))
    decided = here.ask(
        "POST", f"{path}/{done['adjustment_id']}:decide", lin, json={"verdict": "approve"}
    )
    assert decided.status_code == 200, decided.text
    return str(done["adjustment_id"])


def at_the_counter(here: Served, owner: str) -> dict[str, str]:
    """Void a capture, authorise one, and draw two vouchers: one stays free, one has a token out."""
    code = voucher(here)["codes"]["code"]
    assert capture(here, code, "req-2", amount_fen=100).status_code == 200
    undone = {"request_no": "req-2", "void_no": "void-1"}
    assert here.ask("POST", "/v1/counter/voids", till(here), json=undone).status_code == 200
    asked = {"code": voucher(here)["codes"]["code"]}
    authorised = here.ask(
        "POST",
        "/v1/counter/authorisations",
        till(here),
        json=asked,
        idempotency_key="auth-1",
    )
    assert authorised.status_code == 200, authorised.text
    drawn = {}
    for name, reward in ("unused", "C02"), ("reserved", "C12"):
        drawn[name] = redeem(here, owner, reward).json()["voucher_id"]
    path = f"/v1/vouchers/{drawn['reserved']}/offline-token"
    token = here.member(owner, "POST", path, json={"outlet_id": "YF01"})
    assert token.status_code == 201, token.text
    return drawn


def odd(here: Served) -> str:
    """Raise an alert, and return its id."""
    finding = Finding(
        kind=WatchKind.BUSY,
        window="2026-03-01",
        subject="outlet:YF01",
        figures={},
        threshold={},
        events=(),
    )
    here.submit(
        JudgeDay(
            **named(here, day="2026-03-01", findings=(finding,), seen=0, policy_sha256="0" * 64)
        )
    )
    return finding.alert_id


def publish(here: Served) -> int:
    """Publish a version that another association does not have."""
    people = drafts.Town(engine=here.installation.engine, clock=here.clock, association=HERE)
    day = (here.clock.now() + timedelta(days=3)).date().isoformat()
    return int(drafts.published(people, drafts.rules(2, day))["version"])


def keep_photo(here: Served) -> str:
    """Keep a photo that another association does not have."""
    content = encoded((RULES_DIR / "photos" / "c12.webp").read_bytes())
    return str(here.submit(KeepPhoto(**named(here), content=content))["sha256"])


def open_gate(here: Served, member: str) -> str:
    """Open a gate for a member."""
    command = OpenGate(**named(here), member_id=MemberId(member), reward_id=RewardId("C09"))
    return str(here.submit(command)["grant_id"])


def correct(here: Served) -> str:
    """Propose a correction that another association does not have."""
    people = drafts.Town(engine=here.installation.engine, clock=here.clock, association=HERE)
    draft = corrections.replacing(people, drafts.rules(9, "2026-01-01"))
    wish = to_replace(people.engine, HERE, draft)
    return str(corrections.proposed(people, corrections.previewed(people, wish)))


def long_trail(here: Served) -> int:
    """Return an event that another association, which counts from one as well, does not reach."""
    notes = [NoteAccess(**named(here), action="export_members") for _ in range(200)]
    here.installation.engine.submit_many(notes)
    with here.installation.engine.reading(HERE) as connection:
        return find_head(connection, HERE).sequence


def people(route: Route) -> bool:
    """Return whether only people who logged in are asked to do it."""
    return ACTIONS[route.allows].needs is not Needs.NOTHING


def own_only(route: Route, role: Role) -> bool:
    return TABLE[route.allows].get(role) in {Scope.PARTNER, Scope.OUTLET, Scope.SELF}


@pytest.mark.parametrize("name", OPERATIONS)
def test_without_a_key_nothing(town: Town, name: str) -> None:
    problem(town.ask(OPERATIONS[name], None), 401, "unauthenticated")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_role_that_may_not_is_forbidden(town: Town, name: str) -> None:
    route = OPERATIONS[name]
    for role in KEYED:
        answer = town.ask(route, town.key(role, "other", person=people(route)))
        assert answer.status_code < 500, answer.text
        if role not in TABLE[route.allows]:
            assert answer.status_code == 403, (role, answer.text)
            problem(answer, 403, "forbidden")
        elif not own_only(route, role):
            assert answer.status_code != 403 or answer.json()["code"] != "forbidden", answer.text


THINGS = [
    name
    for name, route in OPERATIONS.items()
    if ("{" in route.path or "member_id" in name or name == "GET /v1/counter/sessions" or route.path in {"/v1/vouchers", "/v1/statements", "/v1/statements:draft", "/v1/redemptions", "/v1/redemptions:quote", "/v1/claims"})
]  # fmt: skip


THEIR_OWN = "/v1/pools/{programme}"
"""Every association has a pool of each programme: what is asked for there is its own."""


EMPTY = ("items", "expiring", "places", "allowed")


def bare(answer: Any) -> tuple[int, bytes]:
    return answer.status_code, answer.content


OWN = [
    (name, role)
    for name in THINGS
    for role in KEYED
    if own_only(OPERATIONS[name], role) and OPERATIONS[name].allows is not Action.FEED_ACTIVITY
]


@pytest.mark.parametrize(("name", "role"), OWN)
def test_anothers_and_unknown_things_answer_alike(town: Town, name: str, role: Role) -> None:
    route = OPERATIONS[name]
    key = town.key(role, "other", person=people(route))
    anothers, unknown = town.ask(route, key), town.ask(route, key, unknown=True)
    assert anothers.status_code == 404, anothers.text
    assert bare(anothers) == bare(unknown)


@pytest.mark.parametrize("name", [n for n in THINGS if THEIR_OWN not in n])
def test_another_association_has_none_of_it(town: Town, name: str) -> None:
    route = OPERATIONS[name]
    for role in (each for each in KEYED if each in TABLE[route.allows]):
        key = town.abroad(role, person=people(route))
        answer, unknown = town.ask(route, key), town.ask(route, key, unknown=True)
        if answer.status_code == 200:
            # Only lists, which are empty there, and a quote that says no.
            body = answer.json()
            assert [body[name] for name in EMPTY if name in body] in ([[]], [False])
        else:
            assert answer.status_code in {404, 409}, answer.text
            # Whoever has only their own is, there, the owner of what does not exist there.
            assert own_only(route, role) or bare(answer) == bare(unknown)


def test_another_associations_pool_is_another_pool(town: Town) -> None:
    treasurer = town.abroad(Role.TREASURER)
    money = {"amount_fen": 1, "source": "union"}
    before = town.here.staff("GET", "/v1/pools/party").json()
    there = town.here.ask("GET", "/v1/pools/party", treasurer).json()
    assert there["funded_fen"] < before["funded_fen"]
    town.here.ask("POST", "/v1/pools/party/fundings", treasurer, json=money)
    assert town.here.staff("GET", "/v1/pools/party").json() == before
    entries = town.here.ask("GET", "/v1/pools/party/entries", treasurer).json()["items"]
    assert {each["funded_fen"] for each in entries} == {1}
    assert town.here.ask("GET", "/v1/pools/party/returns", treasurer).json()["items"] == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_reviewer_of_one_branch_sees_nothing_of_another(town: Town, name: str) -> None:
    """The member is of no branch, so nothing of theirs is this reviewer's."""
    route = OPERATIONS[name]
    if TABLE[route.allows].get(Role.REVIEWER) is not Scope.AREA or "/" not in name:
        return
    limited = Grant(role=Role.REVIEWER, level=Level.BRANCH, place="第一支部")
    key = town.here.key(Kind.STAFF, "sun", grants=(limited,))
    answer = town.ask(route, key)
    if answer.status_code == 200:
        body = answer.json()
        assert [body[name] for name in EMPTY if name in body] == [[]], answer.text
    else:
        problem(answer, 404, "not_found")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_key_limited_to_actions_has_no_others(town: Town, name: str) -> None:
    route = OPERATIONS[name]
    for role in (each for each in KEYED if each in TABLE[route.allows].keys() - PERSONS_ONLY):
        other = next(each for each in Action if each is not route.allows)
        problem(town.ask(route, town.limited(role, other)), 403, "forbidden")


def test_the_owner_may(town: Town) -> None:
    """Else the tests above would pass against a server that refuses everything."""
    asked = 0
    for name in THINGS:
        route = OPERATIONS[name]
        if route.method != "GET":
            continue
        for role in KEYED:
            if own_only(route, role):
                answer = town.ask(route, town.key(role, "own", person=people(route)))
                assert answer.status_code == 200, (name, role, answer.text)
                asked += 1
    assert asked > 10
