"""Alerts with their evidence and with what those in them are called, as channels show them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from points.engine import Engine
from points.kernel.ids import AlertId, AssociationId, MemberId, OutletId
from points.members.reads import masked_names
from points.partners.store import Shop, shops
from points.vouchers.watching import Traded, traded
from points.watch.model import Finding, Kind
from points.watch.signs import EVENTS_OF
from points.watch.store import Filed, find_alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What those in alerts are called.

    Attributes:
        members: Masked names; whoever was erased is left out.
        shops: Outlets, each with its partner.
    """

    members: Mapping[MemberId, str] = field(default_factory=dict)
    shops: Mapping[OutletId, Shop] = field(default_factory=dict)


class Noun(StrEnum):
    """What an alert is about."""

    OUTLET = "outlet"
    PARTNER = "partner"
    OPERATOR = "operator"
    MEMBER = "member"
    TILL = "till"
    VOUCHER = "voucher"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of those that an alert is about.

    Attributes:
        code: Its own code or id; empty of a member, who is shown by name alone.
        name: What it is called; of a member masked, empty where there is no name.
    """

    noun: Noun
    code: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An alert, the captures and voids that show it, and what those in it are called.

    Attributes:
        evidence: In order of time; empty where the evidence is of another kind.
    """

    filed: Filed
    evidence: tuple[Traded, ...]
    known: Known


def shown(
    engine: Engine,
    association: AssociationId,
    alert_id: AlertId,
    opens: Any,  # noqa: ANN401 - what opens names
) -> Shown | None:
    """Return an alert with its evidence, or None."""
    with engine.reading(association) as connection:
        filed = find_alert(connection, association, alert_id)
        if filed is None:
            return None
        finding = filed.alert.finding
        trades = finding.kind in EVENTS_OF
        evidence = tuple(traded(connection, association, finding.events if trades else ()))
    known = names_in(engine, association, [finding], opens, evidence)
    return Shown(filed=filed, evidence=evidence, known=known)


def names_in(
    engine: Engine,
    association: AssociationId,
    findings: Collection[Finding],
    opens: Any,  # noqa: ANN401 - what opens names
    evidence: Iterable[Traded] = (),
) -> Known:
    """Return what the members, outlets and partners in findings and their evidence are called."""
    members = {each.member_id for each in findings if each.member_id}
    outlets = {each.outlet_id for each in findings if each.outlet_id}
    for each in findings:
        members |= set(sharing(each))
    for event in evidence:
        members.add(event.member_id)
        outlets.add(event.outlet_id)
    with engine.reading(association) as connection:
        return Known(
            members=dict(masked_names(connection, association, members, opens)),
            shops=shops(connection, association, outlets),
        )


def sharing(finding: Finding) -> tuple[MemberId, ...]:
    """Return the members who share a phone; none where the finding is of another kind."""
    events = finding.events if finding.kind is Kind.SHARED_PHONE else ()
    return tuple(MemberId(each) for each in events)


def about(finding: Finding, known: Known) -> tuple[Part, ...]:
    """Return what a finding is about, part by part, each by its name where it has one."""
    noun, _, rest = finding.subject.partition(":")
    member = [] if finding.member_id is None else [_member(finding.member_id, known)]
    match noun:
        case "member":
            outlet = rest.partition("@")[2]
            return (*member, *(_shop(outlet, known) if outlet else ()))
        case "pair" | "operator":
            outlet, _, who = rest.partition("/")
            operator = who.removesuffix(f"/{finding.member_id}")
            return (
                *_shop(outlet, known),
                Part(noun=Noun.OPERATOR, code=operator),
                *member[: noun == "pair"],
            )
        case "till":
            place, _, device = rest.partition("/")
            till = Part(noun=Noun.TILL, code=device)
            if finding.kind is Kind.MOVING_TILL:
                return (till, *_partner(place, finding, known))
            return (till, *_shop(place, known))
        case "outlet":
            return _shop(rest, known)
        case _:
            return (Part(noun=Noun(noun), code=rest), *member)


def _member(who: MemberId, known: Known) -> Part:
    return Part(noun=Noun.MEMBER, name=known.members.get(who, "…"))


def _shop(outlet: str, known: Known) -> tuple[Part, ...]:
    shop = known.shops.get(OutletId(outlet))
    if shop is None:
        return (Part(noun=Noun.OUTLET, code=outlet),)
    return (
        Part(noun=Noun.OUTLET, code=outlet, name=shop.name),
        Part(noun=Noun.PARTNER, code=shop.partner_id, name=shop.partner),
    )


def _partner(partner: str, finding: Finding, known: Known) -> tuple[Part, ...]:
    shop = None if finding.outlet_id is None else known.shops.get(finding.outlet_id)
    return (Part(noun=Noun.PARTNER, code=partner, name="" if shop is None else shop.partner),)


def subject_of(finding: Finding, known: Known) -> str:
    """Return what a finding is about for programs: with a masked name for a member's id."""
    who = finding.member_id
    return (
        finding.subject
        if who is None
        else finding.subject.replace(who, known.members.get(who, "…"))
    )


def cursor_of(filed: Filed) -> str:
    """Return the key of a page that goes on after an alert."""
    return f"{filed.alert.day}~{filed.alert.alert_id}"


def read_cursor_of(key: str) -> tuple[str, str] | None:
    """Return the day and the id of a page's key; None for the first page."""
    day, _, alert_id = key.partition("~")
    return (day, alert_id) if day and alert_id else None
