"""``points webhook``: where messages go, how each went, and sending one again."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.webhook_endpoints import (
    ChangeWebhook,
    RegisterWebhook,
    RotateWebhookSecret,
    drawn,
)
from points.flows.webhook_replays import ReplayMessages, SendTestMessage, failed_messages
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.ids import PartnerId
from points.rules.duties import SHANGHAI
from points.webhooks.model import FOR_PARTNERS, SUBSCRIBED, Kind, Standing, State
from points.webhooks.reads import list_deliveries, list_endpoints

app = typer.Typer(no_args_is_help=True, help="消息推送 · Webhooks.")

EndpointArgument = Annotated[str, typer.Argument(metavar="ENDPOINT", help="its id")]
PartnerOption = Annotated[
    str | None, typer.Option("--partner", metavar="PARTNER", help="the association's own if none")
]


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="https, a public name")],
    kind: Annotated[
        list[Kind] | None, typer.Option(help="what it is told; everything it may know if none")
    ] = None,
    partner: PartnerOption = None,
    description: Annotated[str, typer.Option(help="for people")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Register where messages go; the secret is shown once.

    Example: points webhook add https://pos.example.cn/points --partner YF --kind voucher.captured
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_WEBHOOKS) as here:
        acting = here.acting()
        fresh = drawn(here.installation.context, here.association, acting["operation_id"])
        everything = [each for each in SUBSCRIBED if not partner or each in FOR_PARTNERS]
        here.carry_out(
            RegisterWebhook(
                **acting,
                endpoint_id=fresh.endpoint_id,
                partner_id=PartnerId(partner) if partner else None,
                url=url,
                description=description,
                kinds=tuple(each.value for each in kind or everything),
                sealed=fresh.sealed,
            )
        )
        _show_secret(present, fresh.endpoint_id, fresh.spelled)


def _show_secret(present: Presenter, endpoint_id: str, spelled: str) -> None:
    present.say(
        f"{endpoint_id}\n签名密钥（只显示这一次）：{spelled}",
        f"{endpoint_id}\nsecret, shown this once: {spelled}",
    )
    present.result({"endpoint_id": endpoint_id, "secret": spelled})


@app.command("list")
def list_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List endpoints, the newest first.

    Example: points webhook list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_WEBHOOKS) as here:
        with here.engine.reading(here.association) as connection:
            found = list_endpoints(connection, here.association)
        names = (("编号", "id"), ("合作单位", "partner"), ("地址", "address"), ("状态", "state"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            table.add_row(each.endpoint_id, each.partner_id or "", each.url, each.standing.value)
        present.show(table)
        present.result({"endpoints": found})


@app.command("change")
def change(
    endpoint: EndpointArgument,
    url: Annotated[str | None, typer.Option(help="another address")] = None,
    kind: Annotated[list[Kind] | None, typer.Option(help="what it is told from now on")] = None,
    standing: Annotated[
        Standing | None, typer.Option(help="disabled stops messages, ended stops them for ever")
    ] = None,
    description: Annotated[str | None, typer.Option(help="for people")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Change an endpoint, stop it for a while, or end it.

    Example: points webhook change 01J9… --standing disabled
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_WEBHOOKS) as here:
        result = here.carry_out(
            ChangeWebhook(
                **here.acting(),
                endpoint_id=endpoint,
                url=url,
                description=description,
                kinds=tuple(each.value for each in kind) if kind else None,
                standing=standing,
            )
        )
        present.say("已修改", "changed")
        present.result(result)


@app.command("rotate")
def rotate(
    endpoint: EndpointArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Give an endpoint another secret, shown once; the former one signs beside it for a day.

    Example: points webhook rotate 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_WEBHOOKS) as here:
        acting = here.acting()
        fresh = drawn(here.installation.context, here.association, acting["operation_id"], endpoint)
        here.carry_out(RotateWebhookSecret(**acting, endpoint_id=endpoint, sealed=fresh.sealed))
        _show_secret(present, endpoint, fresh.spelled)


@app.command("test")
def send_test(
    endpoint: EndpointArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Queue a message that says nothing, to see whether it arrives.

    Example: points webhook test 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_WEBHOOKS) as here:
        result = here.carry_out(SendTestMessage(**here.acting(), endpoint_id=endpoint))
        present.say(
            "已排队，由 points worker 投递；用 points webhook messages 查看",
            "queued; `points worker` delivers it, `points webhook messages` tells how it went",
        )
        present.result(result)


@app.command("messages")
def messages(
    endpoint: Annotated[
        str | None, typer.Option(metavar="ENDPOINT", help="of this one only")
    ] = None,
    state: Annotated[State | None, typer.Option(help="in this state only")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the newest messages and how each went.

    Example: points webhook messages --state failed
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_WEBHOOKS) as here:
        with here.engine.reading(here.association) as connection:
            found = list_deliveries(connection, here.association, endpoint_id=endpoint, state=state)
        names = (
            ("消息", "message"),
            ("接收地址", "endpoint"),
            ("内容", "kind"),
            ("状态", "state"),
            ("尝试", "tries"),
        )
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            table.add_row(
                each.delivery.message_id,
                each.delivery.endpoint_id,
                each.message.kind.value,
                each.delivery.state.value,
                str(each.delivery.attempts),
            )
        present.show(table)
        present.result({"messages": [(each.delivery, each.message) for each in found]})


@app.command("replay")
def replay(
    endpoint: EndpointArgument,
    message: Annotated[
        list[str] | None, typer.Option(metavar="MESSAGE", help="this one; several if repeated")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(metavar="2026-03-01", help="all that failed since, at most a thousand"),
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Send messages again: those named, or all that failed since a day.

    Example: points webhook replay 01J9… --since 2026-03-01
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_WEBHOOKS) as here:
        if (message is None) == (since is None):
            raise Misused(
                "messages_or_since",
                "请用 --message 指明消息，或用 --since 指明起始日",
                "name messages with --message, or a day with --since",
            )
        named = tuple(dict.fromkeys(message or ()))
        if since is not None:
            named = failed_messages(
                here.engine, here.association, endpoint, since.replace(tzinfo=SHANGHAI)
            )
        result = here.carry_out(
            ReplayMessages(**here.acting(), endpoint_id=endpoint, messages=named)
        )
        count = result["replayed"]
        present.say(f"已重新排队 {count} 条", f"{count} queued again")
        present.result(result)
