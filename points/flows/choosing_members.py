"""To whom something is handed out: a list that staff have, or a condition on members."""

from collections.abc import Collection, Iterator
from typing import TypeVar

from points.engine import Engine
from points.flows.catalogue_file import MEMBER_SCOPE, eligibility
from points.flows.context import Context
from points.flows.import_.files.opening import open_file
from points.handouts.errors import HandoutTooLarge, MemberConditionInvalid, MembersUnknown
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, MemberId
from points.members.identifiers import phone_ok
from points.members.model import Member
from points.members.reads import by_phones, member_ids, members
from points.rules.check import check
from points.rules.compile import NO_PAST, Compiled
from points.rules.lexer import BadExpression
from points.rules.parser import parse
from points.rules.scope import MEMBER_FIELDS
from points.rules.types import BOOLEAN

PAGE = 1000
EVERY_FIELD = frozenset(f"member.{name}" for name in MEMBER_FIELDS)
"""Nobody has to ask first whether a field is filled in."""

FORMATS, ENCODINGS = ("xlsx", "csv"), ("utf-8-sig", "gb18030")

Chosen = tuple[MemberId, ...]
T = TypeVar("T")


def listed(engine: Engine, association: AssociationId, named: Collection[str]) -> Chosen | Refusal:
    """Return whom a list names by member id or telephone number; who is no member spoils it.

    Nothing that the list holds is said again in a refusal: it may be anybody's number.
    """
    wanted = sorted({each.strip() for each in named if each.strip()})
    phones = [each for each in wanted if phone_ok(each)]
    ids = [MemberId(each) for each in wanted if not phone_ok(each)]
    known: Context = engine.context_of(association)
    found: set[MemberId] = set()
    with engine.reading(association) as connection:
        for numbers in _pages(phones):
            people = by_phones(connection, association, numbers, known)
            found.update(person.member_id for person in people.values())
        unknown = len(phones) - len(found)
        for page in _pages(ids):
            there = members(connection, association, page, known)
            found.update(there)
            unknown += len(page) - len(there)
    return MembersUnknown(count=unknown) if unknown > 0 else tuple(sorted(found))


def _pages(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), PAGE):
        yield items[start : start + PAGE]


def in_sheet(content: bytes) -> list[str]:
    """Return the first cell of each row that looks like a member's id or telephone number.

    Raises:
        Unreadable: It is no sheet, or not a safe one.
    """
    opened = open_file(content, FORMATS, ENCODINGS)
    cells = (
        str(row.cells[0]).strip()
        for table in opened.tables
        for row in table.rows
        if row.cells and row.cells[0] is not None
    )
    return [cell for cell in cells if cell and any(c.isdigit() for c in cell)]


def conditioned(
    engine: Engine, association: AssociationId, programme: str, condition: str
) -> Chosen | Refusal:
    """Return the members of a programme of whom a condition holds, as rules put it: page by page.

    Args:
        engine: Where to look.
        association: Whose members.
        programme: Who is enrolled in it.
        condition: As ``member.party_member && member.branch == "快递支部"``.
    """
    compiled = _sound(condition)
    if isinstance(compiled, Refusal):
        return compiled
    known: Context = engine.context_of(association)
    most, found, after = known.vouchers.bulk_members, list[MemberId](), ""
    with engine.reading(association) as connection:
        while page := member_ids(connection, association, after=after, limit=PAGE):
            there = members(connection, association, page, known)
            found.extend(
                each
                for each in page
                if there[each].enrolled(programme) and _holds(compiled, there[each])
            )
            if len(found) > most:
                return HandoutTooLarge(members_max=most)
            after = page[-1]
    return tuple(found)


def _sound(condition: str) -> Compiled | MemberConditionInvalid:
    """Return the condition compiled, or the first thing that is wrong with it.

    What is no yes or no would hold of everybody.
    """
    try:
        _, faults = check(parse(condition), MEMBER_SCOPE, known=EVERY_FIELD, expected=BOOLEAN)
    except BadExpression as bad:
        faults = [bad.fault]
    for fault in faults:
        return MemberConditionInvalid(zh_why=fault.zh, en_why=fault.en)
    return eligibility(condition)


def _holds(condition: Compiled, member: Member) -> bool:
    """Return whether a condition holds of a member.

    It does not of what nobody filled in, nor where it has no answer, as where it divides by zero.
    """
    try:
        return bool(condition.run({}, member.profile.facts(), NO_PAST))
    except (KeyError, ArithmeticError):
        return False
