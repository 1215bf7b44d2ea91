"""``points worker``: does what falls due, again and again, until somebody stops it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from typing import Annotated

import typer

from points import wiring
from points.cli.opened import opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    InsecureOption,
    JsonOption,
    LanguageOption,
)
from points.cli.present import Presenter
from points.flows.webhook_deliveries import Delivered, deliver_due
from points.flows.work import Done
from points.identity.policy import Action
from points.worker.deliveries import delivering
from points.worker.rounds import rounds

STOPS = (signal.SIGINT, signal.SIGTERM)


def command(
    once: Annotated[bool, typer.Option("--once", help="one round, then end")] = False,
    every: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="pause after a round without work")
    ] = 5.0,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    insecure_dev: InsecureOption = False,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Score, mature, reverse, expire and deliver whatever is due; any number of workers may run.

    It ends with SIGTERM or Ctrl-C, after the round it is in. With --json it prints one object
    a round that did something. Example: points worker --every 10
    """
    present = Presenter(lang, as_json)
    with (
        opened(
            present, database, association, Action.OPERATE, insecure_dev=insecure_dev or None
        ) as here,
        _stopping() as stop,
    ):
        carrier = wiring.carrier(here.installation.settings)
        beside = delivering(here.engine, here.association, carrier)
        with nullcontext() if once else beside:
            for done in rounds(
                here.engine,
                here.association,
                stop,
                schedule=here.installation.schedule,
                pause_seconds=every,
                once=once,
            ):
                if done.anything or once:
                    _tell(present, done)
        if once:
            _tell_delivered(present, deliver_due(here.engine, here.association, carrier))


def _tell_delivered(present: Presenter, done: Delivered) -> None:
    if not done.anything:
        return
    present.result({"webhooks": asdict(done)})
    present.say(
        f"消息推送：送达 {done.delivered}，稍后再试 {done.pending}，失败 {done.failed}",
        f"webhooks: {done.delivered} delivered, {done.pending} to be tried again, "
        f"{done.failed} failed",
    )


def _tell(present: Presenter, done: Done) -> None:
    present.result(asdict(done))
    present.say(
        f"推迟分入账 {done.resumed}，计分 {done.scored}，待处理 {done.quarantined}，"
        f"公示期满入账 {done.matured}，"
        f"冲正 {done.reversed}，过期账户 {done.accounts_expired}，过期券 {done.vouchers_expired}，"
        f"心愿与集章 {done.cared}，"
        f"出账 {done.statements_drawn_up}，默认确认 {done.statements_confirmed}",
        f"{done.resumed} put off before and resumed, {done.scored} scored, "
        f"{done.quarantined} set aside, {done.matured} matured, "
        f"{done.reversed} reversed, {done.accounts_expired} accounts and "
        f"{done.vouchers_expired} vouchers expired, {done.cared} wishes and stamps, "
        f"{done.statements_drawn_up} statements drawn up and "
        f"{done.statements_confirmed} confirmed by silence",
    )


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Yield an event that the signals to end set; afterwards signals do what they did before."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in STOPS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
