"""Keys of persons: one each, wrapped by a master key; without it what is theirs stays sealed."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from points.kernel.errors import Misused
from points.vault.ciphers import Algorithm, Sealed, fresh_key
from points.vault.masters import MasterKeys
from points.vault.tokens import Key, Place, key_of, seal, unseal

OPENED_MAX = 4096
"""So many unwrapped keys are kept while one batch or request lasts; more are unwrapped again."""

WRAPPED = "subject_key"


@dataclass(frozen=True, slots=True)
class Vault:
    """The master keys and the cipher that is used from now on.

    Attributes:
        masters: Wrap and unwrap the keys of persons.
        algorithm: Seals; every known algorithm opens.
    """

    masters: MasterKeys
    algorithm: Algorithm = Algorithm.AES_256_GCM

    def wrap(self, association: str, subject: str, key: Key) -> str:
        """Return a person's key as it is kept."""
        place = Place(association, subject, WRAPPED)
        return seal(self.algorithm, self.masters.current, place, key.secret)

    def unwrap(self, association: str, subject: str, wrapped: str) -> Key:
        """Return a person's key.

        Raises:
            Misused: The master key that wrapped it is not at hand.
            Sealed: It was wrapped for somebody else, or changed.
        """
        master = self.masters.keys.get(key_of(wrapped))
        if master is None:
            raise Misused(
                "master_key_missing",
                f"缺少主密钥 {key_of(wrapped)}，无法读取个人信息；请恢复主密钥文件",
                f"the master key {key_of(wrapped)} is missing, so personal data stays sealed: "
                "bring the file of master keys back",
            )
        return Key.of(unseal(master, Place(association, subject, WRAPPED), wrapped))


class Holder(Protocol):
    """Whatever has the vault."""

    @property
    def vault(self) -> Vault:
        """Seals and opens."""
        ...


class Keychain:
    """The keys of the persons that one batch or request is about; forgotten with it."""

    def __init__(
        self, holder: "Holder", association: str, wrapped: Mapping[str, str] | None = None
    ) -> None:
        """Hold wrapped keys by subject; each is unwrapped when it is first needed.

        Args:
            holder: Has the vault, which is only asked for where something is sealed or opened.
            association: Whose persons.
            wrapped: By subject.
        """
        self._holder, self._association = holder, association
        self._wrapped = dict(wrapped or {})
        self._opened: OrderedDict[str, Key] = OrderedDict()
        self.made: dict[str, str] = {}

    def __contains__(self, subject: object) -> bool:
        """Return whether a person's key is there; it is gone once they were erased."""
        return subject in self._wrapped

    @property
    def _vault(self) -> Vault:
        return self._holder.vault

    def admit(self, wrapped: Mapping[str, str]) -> None:
        """Take more wrapped keys."""
        self._wrapped.update(wrapped)

    def make(self, subject: str) -> None:
        """Make a key for a new person; it waits in ``made`` to be kept."""
        key = Key.of(fresh_key())
        self.made[subject] = self._wrapped[subject] = self._vault.wrap(
            self._association, subject, key
        )
        self._keep(subject, key)

    def seal(self, subject: str, field: str, text: str) -> str:
        """Return a text of a person, sealed for one field."""
        place = Place(self._association, subject, field)
        return seal(self._vault.algorithm, self._key(subject), place, text.encode())

    def open(self, subject: str, field: str, token: str) -> str:
        """Return a sealed text of a person.

        What was written before keys existed is returned as it stands; a person who has a key has
        no such texts.

        Raises:
            Sealed: It does not belong to this person or field, or was changed.
            Misused: The master key is not at hand.
        """
        if subject not in self._wrapped:
            if key_of(token):
                raise Sealed("the key of this person is gone")
            return token
        place = Place(self._association, subject, field)
        return unseal(self._key(subject), place, token).decode()

    def _key(self, subject: str) -> Key:
        key = self._opened.get(subject)
        if key is not None:
            return key
        wrapped = self._wrapped.get(subject)
        if wrapped is None:
            raise Misused(
                "unsealed",
                "个人信息尚未加密，请先运行 points db upgrade",
                "personal data is not sealed yet: run `points db upgrade` first",
            )
        key = self._vault.unwrap(self._association, subject, wrapped)
        self._keep(subject, key)
        return key

    def _keep(self, subject: str, key: Key) -> None:
        self._opened[subject] = key
        if len(self._opened) > OPENED_MAX:
            self._opened.popitem(last=False)
