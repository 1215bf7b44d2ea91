"""What comes in from outside and goes out: the edge of a server, messages, single sign-on."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from points.edge.policy import EdgePolicy
from points.flows.issuer import Issuer
from points.flows.ports import Carrier, Messenger
from points.kernel.clock import Clock
from points.kernel.errors import Misused
from points.kernel.ids import IdSource
from points.settings import Settings, listed, networks

if TYPE_CHECKING:
    from points.outbound import Outbound


def edge_policy(chosen: Settings, host: str) -> EdgePolicy:
    """Return what a server lets in.

    Args:
        chosen: The settings.
        host: The address on which it listens; callers may use it as a name.
    """
    named = listed(chosen.allowed_hosts)
    return EdgePolicy(
        hosts=frozenset({*named, host.lower(), "localhost", "127.0.0.1", "::1"}),
        behind_tls=chosen.behind_tls,
        trusted_proxies=networks(chosen.trusted_proxies, "POINTS_TRUSTED_PROXIES"),
        requests_at_once_max=chosen.requests_at_once_max,
        addresses_logged=chosen.log_addresses,
    )


def outbound(chosen: Settings, *urls: str, insecure: bool = False) -> "Outbound":
    """Return the client that reaches the hosts of the URLs that an operator configured.

    Raises:
        Misused: A network is no network, or a URL is no URL.
    """
    # Here: most commands ask nobody, and an HTTP client takes long to load.
    from points.outbound import Outbound, Policy  # noqa: PLC0415

    try:
        parts = [urlsplit(url) for url in urls]
        hosts = frozenset(each.hostname for each in parts if each.hostname)
        ports = frozenset(each.port for each in parts if each.port)
    except ValueError:
        raise Misused(
            "outbound_invalid",
            "外部地址无效",
            "an outside address is not valid",
        ) from None
    allowed = networks(chosen.outbound_networks, "POINTS_OUTBOUND_NETWORKS")
    return Outbound(
        policy=Policy(hosts=hosts, ports=ports | {443}, networks=allowed, insecure=insecure)
    )


def issuer(chosen: Settings) -> Issuer | None:
    """Return the issuer of single sign-on, where one was configured."""
    client = chosen.sign_on
    if client is None:
        return None
    from points.outbound.sign_on import asking  # noqa: PLC0415

    return Issuer(client, asking(outbound(chosen, client.issuer)))


def carrier(chosen: Settings) -> Carrier:
    """Return what carries webhooks to the addresses that were registered.

    Raises:
        Misused: A network is no network.
    """
    from points.outbound.addresses import LOOPBACK  # noqa: PLC0415
    from points.outbound.carrier import HttpCarrier  # noqa: PLC0415

    allowed = networks(chosen.outbound_networks, "POINTS_OUTBOUND_NETWORKS")
    own = LOOPBACK if chosen.insecure_dev else ()
    return HttpCarrier(networks=(*allowed, *own), trial=chosen.insecure_dev)


def messenger(
    chosen: Settings, clock: Clock, ids: IdSource, show: Callable[[str], None]
) -> Messenger:
    """Return what sends short messages.

    Args:
        chosen: The settings.
        clock: Times signatures.
        ids: Names messages.
        show: Shows a line to whoever runs the process; it goes into no log.

    Raises:
        Misused: The provider is chosen and not described.
    """
    from points.outbound.messages import (  # noqa: PLC0415
        ConsoleMessenger,
        HttpMessenger,
        NoMessenger,
    )

    if chosen.sms_adapter == "console" or (chosen.sms_adapter == "none" and chosen.insecure_dev):
        return ConsoleMessenger(show)
    if chosen.sms_adapter == "none":
        return NoMessenger()
    if chosen.sms_url is None or chosen.sms_secret is None:
        raise Misused(
            "sms_not_configured",
            "短信接口缺少 POINTS_SMS_URL 或 POINTS_SMS_SECRET",
            "the message provider lacks POINTS_SMS_URL or POINTS_SMS_SECRET",
        )
    return HttpMessenger(
        outbound=outbound(chosen, chosen.sms_url),
        url=chosen.sms_url,
        secret=chosen.sms_secret.get_secret_value(),
        clock=clock,
        ids=ids,
    )
