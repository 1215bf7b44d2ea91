"""The catalogue: what is left of each reward, its terms and their history, and the next version."""

from dataclasses import dataclass
from itertools import pairwise

from starlette.responses import Response

from points.catalogue.changes import Change, changes
from points.catalogue.model import TOTAL, CatalogueVersion, Reward, outlet_bucket
from points.catalogue.shelf import StockCount
from points.catalogue.store import (
    find_published,
    find_version,
    highest_version,
    list_rewards,
    list_versions,
    reward_history,
    stock_counts,
)
from points.flows.publish_catalogue import Reading, commands, read_for
from points.flows.redeem import gate_words
from points.identity.policy import Action
from points.kernel.ids import OutletId, RewardId
from points.web.console.rules.findings import marked
from points.web.doors import CONSOLE
from points.web.photos import photo
from points.web.route import pages
from points.web.stops import Missing
from points.web.texts.catalogue import TEXTS
from points.web.visit import Visit

get, post, _ = pages(CONSOLE)
HOME = "/console/catalogue"
TEXT_MAX = 400_000
VERSIONS = 30
VERSION_DIGITS_MAX = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A part of a reward's stock.

    Attributes:
        name: What it is of; empty for all of it.
        most: How many there are; None: no end.
    """

    name: str
    most: int | None
    count: StockCount

    @property
    def left(self) -> int | None:
        """How many can still be drawn."""
        return None if self.most is None else max(self.most - self.count.taken, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A reward with its stock: in all, and today."""

    reward: Reward
    total: Bucket
    today: int


def _loaded(visit: Visit) -> tuple[CatalogueVersion | None, list[Shown]]:
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        version = find_version(connection, visit.association, now)
        rewards = list_rewards(connection, visit.association, now)
        today = version.day(now).isoformat() if version else ""
        counts = stock_counts(connection, visit.association, today)
    return version, [_shown(each, counts, today) for each in rewards]


def _shown(reward: Reward, counts: dict[tuple[RewardId, str], StockCount], today: str) -> Shown:
    drawn = counts.get((reward.reward_id, today))
    most = reward.stock.total if reward.stock else None
    return Shown(
        reward=reward,
        total=Bucket(name="", most=most, count=_count(counts, reward, TOTAL)),
        today=drawn.taken if drawn else 0,
    )


def _count(
    counts: dict[tuple[RewardId, str], StockCount], reward: Reward, bucket: str
) -> StockCount:
    found = counts.get((reward.reward_id, bucket))
    return found or StockCount(reward_id=reward.reward_id, bucket=bucket)


def catalogue_page(visit: Visit) -> Response:
    """List the rewards in force with what is left of each."""
    version, rewards = _loaded(visit)
    return visit.show("console/catalogue/list.html", version=version, rewards=rewards)


def reward_page(visit: Visit, reward_id: str) -> Response:
    """Show a reward: its terms, its stock by outlet, and how its terms came about."""
    now = visit.house.installation.clock.now()
    with visit.engine.reading(visit.association) as connection:
        version = find_version(connection, visit.association, now)
        rewards = list_rewards(connection, visit.association, now)
        today = version.day(now).isoformat() if version else ""
        counts = stock_counts(connection, visit.association, today)
        history = reward_history(connection, visit.association, reward_id)
    reward = next((each for each in rewards if each.reward_id == reward_id), None)
    if reward is None:
        raise Missing
    buckets = [
        Bucket(name=each, most=most, count=_count(counts, reward, outlet_bucket(OutletId(each))))
        for each, most in sorted(reward.outlets.items())
    ]
    changed = [
        (now_is, at, changes([was], [now_is])) for (now_is, at), (was, _) in pairwise(history)
    ]
    return visit.show(
        "console/catalogue/reward.html",
        shown=_shown(reward, counts, today),
        reward=reward,
        buckets=buckets,
        history=[(each, at, found) for each, at, found in changed if found],
        gate=gate_words(reward.gate),
        language=visit.language,
    )


def photo_page(visit: Visit, sha256: str) -> Response:
    """Return a photo."""
    return photo(visit, sha256)


def versions_page(visit: Visit) -> Response:
    """List versions, the highest first."""
    now = visit.house.installation.clock.now()
    typed = visit.query("before", VERSION_DIGITS_MAX)
    before = int(typed) if typed.isdecimal() else None
    with visit.engine.reading(visit.association) as connection:
        version = find_version(connection, visit.association, now)
        rows = list_versions(connection, visit.association, before=before, most=VERSIONS + 1)
    more = str(rows[VERSIONS - 1].version.version) if len(rows) > VERSIONS else ""
    return visit.show(
        "console/catalogue/versions.html",
        rows=rows[:VERSIONS],
        more=more,
        in_force=version.version if version else 0,
    )


def version_page(visit: Visit, catalogue_version: str) -> Response:
    """Show the file of a version."""
    number = 0
    if catalogue_version.isdecimal() and len(catalogue_version) <= VERSION_DIGITS_MAX:
        number = int(catalogue_version)
    with visit.engine.reading(visit.association) as connection:
        found = find_published(connection, visit.association, number)
    if found is None:
        raise Missing
    return visit.show("console/catalogue/version.html", found=found)


def publish_page(visit: Visit) -> Response:
    """Show the file of the highest version, to write the next one from it."""
    with visit.engine.reading(visit.association) as connection:
        highest = highest_version(connection, visit.association)
        found = find_published(connection, visit.association, highest)
    return _form(visit, found.version.text if found else "", None)


def _form(visit: Visit, text: str, reading: Reading | None) -> Response:
    changed: list[Change] = reading.changed if reading else []
    return visit.show(
        "console/catalogue/publish.html",
        text=text,
        most=TEXT_MAX,
        checked=reading is not None,
        found=marked(reading.findings, text) if reading else [],
        changed=[each.sentence(visit.language) for each in changed],
        sound=reading is not None and reading.catalogue is not None,
    )


def publish_sent(visit: Visit) -> Response:
    """Check the file, and publish it where that is what was pressed and nothing is wrong."""
    text = visit.form.document("text", most=TEXT_MAX)
    if not visit.form.sound:
        return _form(visit, text, None)
    reading = read_for(
        visit.engine,
        visit.association,
        text,
        file="catalogue.yaml",
        policy=visit.house.installation.limits,
    )
    if visit.form.get("only") == "check":
        return _form(visit, text, reading)
    if reading.catalogue is None:
        visit.form.refusal = TEXTS["catalogue_errors"]
        return _form(visit, text, reading)
    by, name = visit.here, visit.operation
    outcomes = [
        visit.submit(each)
        for each in commands(reading, visit.association, by.actor, lambda _: name)
    ]
    if any(each.refusal is not None for each in outcomes):
        return _form(visit, text, reading)
    return visit.go(HOME, "catalogue_published")


_LOOK, _MANAGE = Action.READ_REWARDS, Action.MANAGE_CATALOGUE
PAGES = (
    get(HOME, catalogue_page, allows=_LOOK),
    get(f"{HOME}/publish", publish_page, allows=_MANAGE),
    post(f"{HOME}/publish", publish_sent, allows=_MANAGE, length_max=TEXT_MAX),
    get(f"{HOME}/versions", versions_page, allows=_MANAGE),
    get(f"{HOME}/versions/{{catalogue_version}}", version_page, allows=_MANAGE),
    get(f"{HOME}/photos/{{sha256}}", photo_page, allows=_LOOK),
    get(f"{HOME}/rewards/{{reward_id}}", reward_page, allows=_LOOK),
)
