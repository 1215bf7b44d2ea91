"""What is refused about webhooks."""

from dataclasses import dataclass
from typing import ClassVar

from points.kernel.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookUrl(Refusal):
    """Messages do not go to such an address."""

    code: ClassVar[str] = "webhook_url"
    zh: ClassVar[str] = (
        "地址须为 https 开头的公网域名，域名用小写，不带账号、不带“#”，不能是 IP 地址"
    )
    en: ClassVar[str] = (
        "the address is https, a public name in small letters, no account, no '#', no IP address"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookKinds(Refusal):
    """There is no such kind of message, or it is not theirs to know."""

    code: ClassVar[str] = "webhook_kinds"
    zh: ClassVar[str] = "至少订阅一种消息，可订阅：{known}"
    en: ClassVar[str] = "at least one kind of message, of: {known}"
    known: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksTooMany(Refusal):
    """An owner keeps only so many endpoints."""

    code: ClassVar[str] = "webhooks_too_many"
    zh: ClassVar[str] = "最多保留 {most} 个接收地址，请先停用不用的"
    en: ClassVar[str] = "at most {most} endpoints; end those that are not used"
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEnded(Refusal):
    """An endpoint that ended stays so."""

    code: ClassVar[str] = "webhook_ended"
    zh: ClassVar[str] = "该接收地址已停用"
    en: ClassVar[str] = "this endpoint has ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookUnchanged(Refusal):
    """Nothing would change."""

    code: ClassVar[str] = "webhook_unchanged"
    zh: ClassVar[str] = "没有任何变化"
    en: ClassVar[str] = "nothing changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled(Refusal):
    """Nothing is sent to an endpoint that is not enabled."""

    code: ClassVar[str] = "webhook_disabled"
    zh: ClassVar[str] = "该接收地址未启用，请先启用"
    en: ClassVar[str] = "this endpoint is not enabled; enable it first"
