"""What somebody typed into a form: read with limits, and with what is wrong beside each field."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from urllib.parse import parse_qsl

from starlette.requests import Request

from points.kernel.errors import Refusal
from points.web.shown import refused

FIELDS_MAX = 100
LENGTH_MAX = 4_000
SECRET = frozenset(
    (
        *("_factor", "password", "present", "chosen", "again", "code"),
        *("factor", "key", "pin", "set_up_code"),
    )
)
"""Fields that are never shown again, whatever went wrong."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_SAID = frozenset({"_csrf", "_factor"})
_ONCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")

Words = tuple[str, str]
MISSING: Words = ("请填写此项", "please fill this in")
TOO_LONG: Words = ("内容过长", "this is too long")
NO_CHOICE: Words = ("请选择其中一项", "please choose one of these")
NO_NUMBER: Words = ("请填写整数", "please enter a whole number")
OUT_OF_RANGE: Words = ("数值超出范围", "this number is out of range")
UNPRINTABLE: Words = ("含有无法显示的字符", "this holds characters that cannot be shown")
NO_SIGNED_MONEY: Words = (
    "请填写金额，如 12.50 或 -3.00",
    "please enter an amount, as 12.50 or -3.00",
)
NO_MONEY: Words = ("请填写金额，如 12.50", "please enter an amount, as 12.50")

BESIDE = {
    "reason_needed": "reason",
    "personal_in_text": "reason",
    "proposal_reason": "code_of_reason",
    "proposal_too_large": "points",
    "expiry_past": "expires_on",
    "no_account": "measure",
    "password_weak": "chosen",
    "password_refused": "present",
    "factor_refused": "code",
    "staff_name_invalid": "account",
    "staff_exists": "account",
    "role_invalid": "role",
    "roles_conflict": "role",
    "not_borrowable": "role",
    "minutes_invalid": "minutes",
    "unmask_field_unknown": "fields",
    "phone_invalid": "phone",
    "amount_invalid": "amount",
    "amount_exceeds": "amount",
    "amount_not_positive": "amount",
    "code_mistyped": "code",
    "operator_unknown": "operator",
}
"""Beside which field a refusal stands, by its code; all others stand above the form."""


@dataclass(slots=True)
class Form:
    """A form that was sent, or an empty one.

    Attributes:
        values: What was typed, by field.
        faults: What is wrong, by field, in Chinese and English.
        refusal: What is wrong with the whole.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[str, Words] = field(default_factory=dict)
    refusal: Words | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.faults and self.refusal is None

    def get(self, name: str, default: str = "") -> str:
        """Return what was typed into a field, as it was."""
        return self.values.get(name, [default])[0]

    def shown(self, name: str, default: str = "") -> str:
        """Return what a field is to show again; nothing where it is a secret."""
        return "" if name in SECRET else self.get(name, default)

    def text(self, name: str, *, most: int = 500, needed: bool = True) -> str:
        """Return a text without blanks around it."""
        found = self.get(name).strip()
        if not found and needed:
            self.faults[name] = MISSING
        elif len(found) > most:
            self.faults[name] = TOO_LONG
        elif _CONTROL.search(found):
            self.faults[name] = UNPRINTABLE
        return found

    def document(self, name: str, *, most: int) -> str:
        """Return a whole file as it was typed; browsers send line ends of their own."""
        found = self.get(name).replace("\r\n", "\n")
        if not found.strip():
            self.faults[name] = MISSING
        elif len(found) > most:
            self.faults[name] = TOO_LONG
        elif _CONTROL.search(found):
            self.faults[name] = UNPRINTABLE
        return found

    def secret(self, name: str, *, most: int = 256) -> str:
        """Return a secret exactly as it was typed."""
        found = self.get(name)
        if not found:
            self.faults[name] = MISSING
        elif len(found) > most or "\x00" in found:
            self.faults[name] = TOO_LONG
        return found

    def choice(self, name: str, options: Collection[str], *, needed: bool = True) -> str:
        """Return one of some options."""
        found = self.get(name)
        if not found and not needed:
            return ""
        if found not in options:
            self.faults[name] = NO_CHOICE
        return found

    def many(self, name: str, options: Collection[str], *, needed: bool = True) -> tuple[str, ...]:
        """Return some of some options; at least one, where it is needed."""
        found = tuple(dict.fromkeys(self.values.get(name, [])))
        if (needed and not found) or not set(found) <= set(options):
            self.faults[name] = NO_CHOICE
        return found

    def whole(self, name: str, *, least: int, most: int) -> int:
        """Return a whole number within bounds; the lowest where there is none."""
        typed = self.text(name, most=12)
        if name in self.faults:
            return least
        if not re.fullmatch(r"-?[0-9]+", typed):
            self.faults[name] = NO_NUMBER
            return least
        if not least <= int(typed) <= most:
            self.faults[name] = OUT_OF_RANGE
            return least
        return int(typed)

    def fen(self, name: str) -> int:
        """Return an amount of yuan in fen; zero where there is none."""
        typed = self.text(name, most=12)
        if name in self.faults:
            return 0
        found = re.fullmatch(r"([0-9]{1,5})(?:[.。]([0-9]{1,2}))?", typed)
        if found is None:
            self.faults[name] = NO_MONEY
            return 0
        return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))

    def checked(self, name: str) -> bool:
        """Return whether a box was ticked."""
        return self.get(name) == "yes"

    def refuse(self, refusal: Refusal, **beside: str) -> None:
        """Put a refusal where it belongs.

        Args:
            refusal: What was refused.
            beside: The field of this form for a code, where it is another than usual.
        """
        words = (refused(refusal, "zh"), refused(refusal, "en"))
        name = beside.get(refusal.code, BESIDE.get(refusal.code, ""))
        if name in self.values:
            self.faults[name] = words
        else:
            self.refusal = words

    @property
    def once(self) -> str | None:
        """The name of this very form as it was filled in: the same sent twice is done once.

        What was typed is part of it: a form that was refused, mended and sent again is another.
        """
        found = self.get("_once")
        if not _ONCE.fullmatch(found):
            return None
        said = sorted((name, each) for name, each in self.values.items() if name not in _NOT_SAID)
        return f"{found}-{blake2b(repr(said).encode(), digest_size=8).hexdigest()}"

    def again(self) -> Iterable[tuple[str, str]]:
        """Yield what has to be sent once more after a proof, without secrets."""
        for name, values in self.values.items():
            if name not in SECRET and name != "_csrf":
                yield from ((name, value) for value in values)


async def read_form(request: Request, length_max: int = LENGTH_MAX) -> Form:
    """Return the form of a request; one that is none of ours is empty, and so is refused later.

    Args:
        request: It.
        length_max: Of any field; what is longer is cut just behind it, and so found too long.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return Form()
    raw = await request.body()
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"
        )
    except ValueError:
        return Form()
    form = Form()
    for name, value in pairs:
        form.values.setdefault(name, []).append(value[: length_max + 1])
    return form
