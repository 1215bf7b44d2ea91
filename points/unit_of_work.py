"""One batch's view of the world: what it needs, what it loaded, and what it will append."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from points import announcing
from points.activities.docket import Docket
from points.activities.outcome_store import lock_shared
from points.activities.store import ActivityKeys, load_docket, save_docket, used_keys
from points.adjustments.book import AdjustmentBook
from points.adjustments.store import AdjustmentKeys, load_adjustments, save_adjustments
from points.audit.store import AuditKeys, load_trail, save_trail
from points.audit.trail import Trail
from points.benefits.card_store import CardKeys, load_cards, save_cards
from points.benefits.cards import CardBook
from points.benefits.hardship import HardshipBook
from points.benefits.store import HardshipKeys, load_hardship, save_hardship
from points.catalogue.shelf import Shelf
from points.catalogue.store import CatalogueKeys, load_shelf, save_shelf
from points.corrections.batches import Batches
from points.corrections.store import CorrectionKeys, load_batches, save_batches
from points.db.scope import narrowed, scope_statement
from points.db.together import ask
from points.duties.roster import Roster
from points.duties.store import DutyKeys, load_roster, save_roster
from points.funds.model import Return
from points.funds.store import FundsKeys, load_returns, save_returns
from points.handouts.pile import Pile
from points.handouts.store import HandoutKeys, load_pile, read_among, save_pile
from points.identity.keyring import Keyring
from points.identity.reception import Reception
from points.identity.reception_store import ReceptionKeys, load_reception, save_reception
from points.identity.session_book import SessionBook
from points.identity.session_store import SessionKeys, load_sessions, save_sessions
from points.identity.staff_store import StaffKeys, load_staffroom, save_staffroom
from points.identity.staffroom import Staffroom
from points.identity.store import IdentityKeys, load_keyring, save_keyring
from points.inbox.box import Inbox
from points.inbox.store import InboxKeys, load_inbox, save_inbox
from points.kernel.ids import AssociationId, IdSource
from points.kernel.two_people import Proposals
from points.ledger.appends import save_books
from points.ledger.books import Books
from points.ledger.store import LedgerKeys, load_books
from points.members.register import Register
from points.members.store import MemberKeys, load_register, save_register
from points.offline.book import TokenBook
from points.offline.store import TokenKeys, load_tokens, save_tokens
from points.partners.appends import save_contracts
from points.partners.contracts import Contracts
from points.partners.operator_store import OperatorKeys, load_operators, save_operators
from points.partners.operators import OperatorBook
from points.partners.store import PartnerKeys, events_behind, load_contracts, read_corrected
from points.privacy.dossier import Dossier
from points.privacy.store import PrivacyKeys, load_dossier, save_dossier
from points.proposals.agenda import Agenda
from points.proposals.store import ProposalKeys, load_agenda, save_agenda
from points.rulebook.press import Press
from points.rulebook.reads import revision_of_book, revision_statement
from points.rulebook.store import RulebookKeys, load_press, save_press
from points.vouchers.appends import save_drawer
from points.vouchers.drawer import Drawer
from points.vouchers.store import VoucherKeys, lock_drawer, read_drawer, requests_behind
from points.watch.alerts import Alerts
from points.watch.store import WatchKeys, load_alerts, save_alerts
from points.webhooks.outbox import Outbox
from points.webhooks.store import WebhookKeys, load_outbox, save_outbox
from points.wishes.store import WishKeys, load_wishes, save_wishes
from points.wishes.wish_list import WishLists


@dataclass(slots=True)
class Keys:
    """What the commands of a batch need, gathered before anything is locked.

    ``context`` is what the composition root gives; which caps apply is known from the rules alone.
    """

    context: Any = None
    identity: IdentityKeys = field(default_factory=IdentityKeys)
    staff: StaffKeys = field(default_factory=StaffKeys)
    sessions: SessionKeys = field(default_factory=SessionKeys)
    reception: ReceptionKeys = field(default_factory=ReceptionKeys)
    members: MemberKeys = field(default_factory=MemberKeys)
    activities: ActivityKeys = field(default_factory=ActivityKeys)
    proposals: ProposalKeys = field(default_factory=ProposalKeys)
    duties: DutyKeys = field(default_factory=DutyKeys)
    rulebook: RulebookKeys = field(default_factory=RulebookKeys)
    corrections: CorrectionKeys = field(default_factory=CorrectionKeys)
    handouts: HandoutKeys = field(default_factory=HandoutKeys)
    ledger: LedgerKeys = field(default_factory=LedgerKeys)
    catalogue: CatalogueKeys = field(default_factory=CatalogueKeys)
    funds: FundsKeys = field(default_factory=FundsKeys)
    vouchers: VoucherKeys = field(default_factory=VoucherKeys)
    partners: PartnerKeys = field(default_factory=PartnerKeys)
    adjustments: AdjustmentKeys = field(default_factory=AdjustmentKeys)
    operators: OperatorKeys = field(default_factory=OperatorKeys)
    tokens: TokenKeys = field(default_factory=TokenKeys)
    privacy: PrivacyKeys = field(default_factory=PrivacyKeys)
    watch: WatchKeys = field(default_factory=WatchKeys)
    inbox: InboxKeys = field(default_factory=InboxKeys)
    wishes: WishKeys = field(default_factory=WishKeys)
    hardship: HardshipKeys = field(default_factory=HardshipKeys)
    cards: CardKeys = field(default_factory=CardKeys)
    webhooks: WebhookKeys = field(default_factory=WebhookKeys)
    audit: AuditKeys = field(default_factory=AuditKeys)


@dataclass(slots=True, kw_only=True)
class WorkingSet:
    """What decisions read and change; nothing here touches a database.

    Attributes:
        association_id: The one association of this batch.
        now: The instant of the batch, read once, after the locks.
        ids: Draws fresh ids.
        context: What the composition root gives to decisions: rule sets, voucher codes, policies.
        keyring: Machine keys.
        staff: Accounts of staff, guards of log-ins, notices.
        sessions: Sessions of people who logged in.
        reception: Codes, allowances and devices of members who log in.
        register: Members.
        docket: Claims and activities.
        agenda: Proposals of adjustments by hand.
        roster: Relations of staff, and what counts against their quotas.
        press: Drafts and published versions of rules.
        batches: Correction batches.
        handouts: Rewards that are given to many members at once.
        books: The ledger's accounts and lots.
        drawer: Vouchers.
        shelf: Rewards, stock and pools.
        returns: Money that goes back to whoever gave it.
        alerts: What looks odd at counters.
        contracts: Partners and their statements.
        adjustments: What two people change of what partners are owed.
        operators: Operators of outlets, and what they log in with.
        tokens: Offline tokens, what tills brought back, and what was decided.
        dossier: Consents, disclosures, requests for erasure, assessments.
        inbox: What members are told.
        wishes: What members wish for.
        hardship: The hardship funds.
        cards: Stamp cards.
        outbox: Webhooks: endpoints, deliveries, and what is told.
        trail: What is put on the audit trail; the engine keeps it, so it counts as no change.
    """

    association_id: AssociationId
    now: datetime
    ids: IdSource
    context: Any
    keyring: Keyring
    register: Register
    docket: Docket
    agenda: Agenda
    roster: Roster
    books: Books
    drawer: Drawer
    shelf: Shelf
    contracts: Contracts
    dossier: Dossier
    operators: OperatorBook = field(default_factory=OperatorBook)
    tokens: TokenBook = field(default_factory=TokenBook)
    staff: Staffroom = field(default_factory=Staffroom)
    sessions: SessionBook = field(default_factory=SessionBook)
    reception: Reception = field(default_factory=Reception)
    press: Press = field(default_factory=Press)
    batches: Batches = field(default_factory=Batches)
    handouts: Pile = field(default_factory=Pile)
    inbox: Inbox = field(default_factory=Inbox)
    wishes: WishLists = field(default_factory=WishLists)
    hardship: HardshipBook = field(default_factory=HardshipBook)
    cards: CardBook = field(default_factory=CardBook)
    returns: Proposals[Return] = field(default_factory=Proposals)
    adjustments: AdjustmentBook = field(default_factory=AdjustmentBook)
    alerts: Alerts = field(default_factory=Alerts)
    outbox: Outbox = field(default_factory=Outbox)
    trail: Trail = field(default_factory=Trail)

    def changes(self) -> int:
        """Return how much waits to be written; a refusal must not raise it."""
        parts = (
            self.keyring,
            self.staff,
            self.sessions,
            self.reception,
            self.register,
            self.docket,
            self.agenda,
            self.roster,
            self.press,
            self.batches,
            self.handouts,
            self.books,
            self.drawer,
            self.shelf,
            self.returns,
            self.alerts,
            self.contracts,
            self.adjustments,
            self.operators,
            self.tokens,
            self.dossier,
            self.inbox,
            self.wishes,
            self.hardship,
            self.cards,
            self.outbox,
        )
        return sum(part.changes() for part in parts)


def load(
    connection: Connection,
    association: AssociationId,
    keys: Keys,
    *,
    now: datetime,
    ids: IdSource,
    context: Any,  # noqa: ANN401 - opaque here, typed where the flows read it
) -> WorkingSet:
    """Lock and load, in the one order that all batches keep: ledger last, shared rows after it.

    Members come first: holding a member's lock makes what is read of them afterwards the newest.
    What other locks protect, as the vouchers that a member drew, is read once all are held.
    """
    on = WorkingSet(
        association_id=association,
        now=now,
        ids=ids,
        context=context,
        keyring=Keyring(),
        register=load_register(connection, association, keys.members, context),
        docket=load_docket(connection, association, keys.activities),
        batches=load_batches(connection, association, keys.corrections),
        handouts=load_pile(connection, association, keys.handouts),
        agenda=load_agenda(connection, association, keys.proposals),
        roster=load_roster(connection, association, keys.duties),
        drawer=lock_drawer(connection, association, keys.vouchers, now),
        books=load_books(connection, association, keys.ledger),
        shelf=load_shelf(connection, association, keys.catalogue, now),
        # After the pools, whose locks are theirs.
        returns=load_returns(connection, association, keys.funds),
        # Where members of a programme meet, as at its stock and its pool.
        hardship=load_hardship(connection, association, keys.hardship, now),
        alerts=load_alerts(connection, association, keys.watch),
        contracts=load_contracts(connection, association, keys.partners),
        # After the accounts, whose locks are theirs.
        adjustments=load_adjustments(connection, association, keys.adjustments),
        operators=load_operators(connection, association, keys.operators),
        # After the accounts: whoever ends all sessions of somebody holds their account.
        staff=load_staffroom(connection, association, keys.staff),
        sessions=load_sessions(connection, association, keys.sessions),
        reception=load_reception(connection, association, keys.reception),
        dossier=load_dossier(connection, association, keys.privacy),
        press=load_press(connection, association, keys.rulebook),
        inbox=load_inbox(connection, association, keys.inbox),
        cards=load_cards(connection, association, keys.cards),
        wishes=load_wishes(connection, association, keys.wishes),
        outbox=load_outbox(connection, association, keys.webhooks),
    )
    if keys.handouts.among:
        # Who is related to whom is known only once the relations are read.
        related = {member for _, member in on.roster.relations}
        sought = {name: related | persons for name, persons in keys.handouts.among.items()}
        read_among(connection, association, sought, on.handouts)
    if keys.partners.traced:
        # Which capture a line is about is known only from what the line lists.
        lines = (each for key, each in on.contracts.lines.items() if key in keys.partners.traced)
        events = events_behind(connection, association, lines)
        behind = requests_behind(connection, association, events)
        keys.vouchers.requests |= behind
        keys.partners.corrected |= behind
    read_drawer(connection, association, keys.vouchers, on.drawer)
    if keys.partners.corrected:
        captures = on.drawer.captured(keys.partners.corrected)
        read_corrected(connection, association, captures, on.contracts)
    on.tokens = load_tokens(connection, association, keys.tokens)
    # Keys have no lock of their own: who issues, rotates or binds one holds all accounts of staff.
    on.keyring = load_keyring(connection, association, keys.identity)
    # What members share comes after all that is theirs: everybody who scores waits at these rows.
    lock_shared(connection, association, keys.activities.usage | used_keys(on.docket), on.docket)
    # Last of all: staff of one association meet at this one row, so it is held for the least time.
    on.trail = load_trail(connection, association, keys.audit)
    return on


def save(connection: Connection, on: WorkingSet) -> None:
    """Append all facts of a batch and bring its projections up to them."""
    save_keyring(connection, on.association_id, on.keyring, on.now)
    save_staffroom(connection, on.association_id, on.staff)
    save_sessions(connection, on.association_id, on.sessions, on.now)
    save_reception(connection, on.association_id, on.reception, on.now)
    save_register(connection, on.association_id, on.register, on.context, on.now)
    save_docket(connection, on.association_id, on.docket, on.register.keychain)
    save_agenda(connection, on.association_id, on.agenda)
    save_roster(connection, on.association_id, on.roster)
    save_press(connection, on.association_id, on.press, on.now)
    save_batches(connection, on.association_id, on.batches)
    save_pile(connection, on.association_id, on.handouts)
    save_books(connection, on.association_id, on.books)
    save_drawer(connection, on.association_id, on.drawer, on.now)
    save_shelf(connection, on.association_id, on.shelf, on.now)
    save_returns(connection, on.association_id, on.returns)
    save_alerts(connection, on.association_id, on.alerts)
    save_contracts(connection, on.association_id, on.contracts, on.now)
    save_adjustments(connection, on.association_id, on.adjustments)
    save_operators(connection, on.association_id, on.operators)
    save_tokens(connection, on.association_id, on.tokens)
    save_dossier(connection, on.association_id, on.dossier)
    save_cards(connection, on.association_id, on.cards)
    save_hardship(connection, on.association_id, on.hardship)
    save_wishes(connection, on.association_id, on.wishes)
    save_inbox(connection, on.association_id, on.inbox, on.ids, on.now)
    # Told from what was just written, so that no flow can forget to.
    on.outbox.messages.extend(
        announcing.messages(on.drawer, on.shelf, on.contracts, on.adjustments, on.ids, on.now)
    )
    save_outbox(connection, on.association_id, on.outbox)
    save_trail(connection, on.association_id, on.trail)


@contextmanager
def writing(database: Engine, association: AssociationId) -> Iterator[Connection]:
    """Open the one transaction of a batch; it commits when the block ends without an error."""
    with database.connect() as connection:
        connection.execution_options(writes=True)
        if connection.dialect.name == "postgresql":
            # The driver would begin in a message of its own; it still ends what it finds begun.
            connection.execution_options(isolation_level="AUTOCOMMIT")
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"BEGIN; {scope_statement(association)}")
            yield connection


@contextmanager
def batch(database: Engine, association: AssociationId) -> Iterator[tuple[Connection, int]]:
    """Open the one transaction of a batch, and say which revision of the rule book it works by.

    PostgreSQL is asked in the very message that begins the transaction, so nobody waits for it.
    """
    with database.connect() as connection:
        connection.execution_options(writes=True)
        if connection.dialect.name != "postgresql":
            with connection.begin():
                yield connection, revision_of_book(connection, association)
            return
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with connection.begin():
            scope = scope_statement(association)
            row = ask(connection, f"BEGIN; {scope}; {revision_statement(association)}")
            yield connection, row[0] if row else 0


@contextmanager
def administering(database: Engine) -> Iterator[Connection]:
    """Open a transaction for what concerns the database itself and no association's rows."""
    with database.connect() as connection, connection.begin():
        yield connection


@contextmanager
def reading(database: Engine, association: AssociationId) -> Iterator[Connection]:
    """Open a connection for reads that hold no transaction open."""
    with database.connect() as connection:
        if connection.dialect.name != "postgresql":
            yield connection
            return
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with narrowed(connection, association):
            yield connection


@contextmanager
def snapshot(database: Engine, association: AssociationId) -> Iterator[Connection]:
    """Open a connection for reads of whole tables that all see one moment.

    They join everything with everything once, so loops over an index never pay; a new database
    without statistics would choose them.
    """
    with database.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
            connection.exec_driver_sql(
                f"SET LOCAL enable_nestloop = off; {scope_statement(association)}"
            )
        yield connection
