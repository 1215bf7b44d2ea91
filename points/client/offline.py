"""A till that goes on without network: takes each token once, and brings back what it handed over.

>>> till = OfflineTill("till.sqlite3", outlet_id="YF01")    # with this till's own key
>>> till.learn(client)                    # while there is a network: keys and bounds
>>> till.take("3…", amount_fen=1250)      # without one: verified, noted, once
>>> till.bring(client)                    # when there is one again: what became of each

Everything stands in one SQLite file: losing it loses what was handed over and not yet brought.
"""

import base64
import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from points.client.errors import ClientError
from points.client.methods import Sends
from points.client.offline_tokens import OfflineToken, mark_of, read_offline_token
from points.client.token_answers import Brought, OfflineKeys
from points.client.token_calls import bring_offline, offline_keys

KEYS_GOOD_FOR = timedelta(days=7)
"""Older keys are not believed: meanwhile one may have been revoked."""

ITEMS_MAX = 100
_TABLES = """
CREATE TABLE IF NOT EXISTS known (id INTEGER PRIMARY KEY CHECK (id = 1), at REAL, keys TEXT);
CREATE TABLE IF NOT EXISTS taken (number TEXT PRIMARY KEY, token TEXT NOT NULL, at REAL NOT NULL,
  request_no TEXT NOT NULL UNIQUE, amount_fen INTEGER, answer TEXT);
"""


class NotTaken(ClientError):
    """A token that this till must not take; nothing may be handed over.

    Attributes:
        code: Stable: ``no_keys``, ``offline_off``, ``mistyped``, ``signature``, ``wrong_outlet``,
            ``out_of_time``, ``used_twice``, ``over_cap``, ``amount`` or ``too_many``.
        zh: For the clerk.
        en: The same in English.
    """

    def __init__(self, code: str) -> None:
        self.code, (self.zh, self.en) = code, _SAID[code]
        super().__init__(f"{code}: {self.en}")


_SAID = {
    "no_keys": ("收银机联网更新后才能离线核销", "this till has to be online first"),
    "offline_off": ("协会未开通离线核销", "the association takes no offline tokens"),
    "mistyped": ("不是离线凭证或读码有误", "this is no offline token, or it was misread"),
    "signature": ("凭证不是本协会签发", "the association did not sign this token"),
    "wrong_outlet": ("此凭证属于另一门店", "this token is another outlet's"),
    "out_of_time": ("此凭证未生效或已失效", "this token has not begun or is over"),
    "used_twice": ("此凭证已在本机使用", "this token was taken here before"),
    "over_cap": ("金额超过凭证上限", "the amount is more than the token is worth"),
    "amount": ("金额券须填写金额，其他券不填", "amount vouchers need an amount, others take none"),
    "too_many": ("本机今日离线笔数已满", "this till took as many as it may today"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What may be handed over.

    Attributes:
        request_no: This till's number of it, for ever.
    """

    request_no: str
    reward_id: str
    kind: str
    amount_fen: int | None
    until: datetime


@dataclass(slots=True)
class OfflineTill:
    """One till of one outlet.

    Attributes:
        path: The file that it keeps.
        outlet_id: Whose till it is; tokens of other outlets are refused.
        device_id: What the till is registered as; its own key needs no name.
        now: Seconds since 1970.
    """

    path: str | Path
    outlet_id: str
    device_id: str | None = None
    now: Callable[[], float] = time.time
    _file: sqlite3.Connection = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # What was handed over must survive a power cut: each statement is on disk when it returns.
        self._file = sqlite3.connect(self.path, isolation_level=None, timeout=5)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def learn(self, client: Sends) -> OfflineKeys:
        """Ask for keys and bounds while there is a network; call it at least once a day.

        Raises:
            ClientError: No answer, or no success.
        """
        keys = client.send(offline_keys())
        self._file.execute(
            "INSERT OR REPLACE INTO known VALUES (1, ?, ?)", (self.now(), keys.model_dump_json())
        )
        return keys

    def take(self, digits: str, *, amount_fen: int | None = None) -> Taken:
        """Check a token without any network, and note that it was taken; then hand over.

        Raises:
            NotTaken: It is not to be taken.
        """
        keys = self._known()
        token = read_offline_token("".join(digits.split()))
        if token is None:
            raise NotTaken("mistyped")
        self._check(token, keys, amount_fen)
        request_no = f"off-{self.device_id or 'key'}-{token.number}"[:80]
        self._note(token, "".join(digits.split()), request_no, amount_fen, keys)
        return Taken(
            request_no=request_no,
            reward_id=token.reward_id,
            kind=token.kind,
            amount_fen=amount_fen,
            until=token.until,
        )

    def waiting(self) -> int:
        """Return how much was handed over and not brought back yet."""
        [(count,)] = self._file.execute("SELECT COUNT(*) FROM taken WHERE answer IS NULL")
        return int(count)

    def bring(self, client: Sends) -> list[Brought]:
        """Bring back what was handed over, the oldest first; what fails half-way is brought again.

        The same request number is answered the same for ever, so nothing is captured twice. What is
        refused waits on too: nothing was decided about it yet, for the till has to come with its
        own key, be switched on, or somebody has to log in.

        Raises:
            ClientError: No answer, or no success; what was not answered waits on.
        """
        answers: list[Brought] = []
        waiting = self._file.execute(
            "SELECT token, request_no, at, amount_fen FROM taken WHERE answer IS NULL"
            " ORDER BY at, number"
        ).fetchall()
        for first in range(0, len(waiting), ITEMS_MAX):
            rows = waiting[first : first + ITEMS_MAX]
            items = [
                {
                    "token": token,
                    "request_no": request_no,
                    "handed_at": _instant(at).isoformat(),
                    **({} if amount is None else {"amount_fen": amount}),
                }
                for token, request_no, at, amount in rows
            ]
            done = client.send(bring_offline(items, self.outlet_id, self.device_id))
            for each in (each for each in done.items if each.outcome != "refused"):
                self._file.execute(
                    "UPDATE taken SET answer = ? WHERE request_no = ?",
                    (each.model_dump_json(), each.request_no),
                )
            answers += done.items
        return answers

    def answers(self) -> list[Brought]:
        """Return what became of everything that was brought back."""
        rows = self._file.execute("SELECT answer FROM taken WHERE answer IS NOT NULL ORDER BY at")
        return [Brought.model_validate(json.loads(row[0])) for row in rows]

    def _known(self) -> OfflineKeys:
        row = self._file.execute("SELECT at, keys FROM known").fetchone()
        if row is None or self.now() - row[0] > KEYS_GOOD_FOR.total_seconds():
            raise NotTaken("no_keys")
        keys = OfflineKeys.model_validate_json(row[1])
        if not keys.enabled:
            raise NotTaken("offline_off")
        return keys

    def _check(self, token: OfflineToken, keys: OfflineKeys, amount_fen: int | None) -> None:
        public = {each.key_no: each.public_key for each in keys.keys}.get(token.key_no)
        if public is None or not token.signed_by(base64.b64decode(public)):
            raise NotTaken("signature")
        if token.outlet_mark != mark_of(keys.association, self.outlet_id):
            raise NotTaken("wrong_outlet")
        if not token.issued_at <= _instant(self.now()) < token.until:
            raise NotTaken("out_of_time")
        if (amount_fen is None) == (token.kind == "amount"):
            raise NotTaken("amount")
        if amount_fen is not None and amount_fen <= 0:
            raise NotTaken("amount")
        if (amount_fen or 0) > token.value_fen:
            raise NotTaken("over_cap")

    def _note(
        self,
        token: OfflineToken,
        digits: str,
        request_no: str,
        amount_fen: int | None,
        keys: OfflineKeys,
    ) -> None:
        """Note a token; of two programs on one file only one gets it."""
        self._file.execute("BEGIN IMMEDIATE")
        refused = self._refused(token, keys)
        if refused is None:
            self._file.execute(
                "INSERT INTO taken VALUES (?, ?, ?, ?, ?, NULL)",
                (token.number, digits, self.now(), request_no, amount_fen),
            )
        self._file.execute("COMMIT")
        if refused is not None:
            raise NotTaken(refused)

    def _refused(self, token: OfflineToken, keys: OfflineKeys) -> str | None:
        known = self._file.execute("SELECT 1 FROM taken WHERE number = ?", (token.number,))
        if known.fetchone() is not None:
            return "used_twice"
        since = self.now() - timedelta(days=1).total_seconds()
        [(today,)] = self._file.execute("SELECT COUNT(*) FROM taken WHERE at > ?", (since,))
        return "too_many" if today >= keys.per_till_a_day else None


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
