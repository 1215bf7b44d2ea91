"""The inventory of keys names every one that the program derives, is given, or seals with."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from points.identity import oidc, proofs
from points.settings import Settings
from points.vault.ciphers import Algorithm

ROOT = Path(__file__).parents[2]
INVENTORY = (ROOT / "docs/explanation/keys-and-ciphers.md").read_text("utf-8")
DERIVED = re.compile(r'derived\([^"]*"([^"]+)"\)')


def purposes() -> set[str]:
    code = [path.read_text("utf-8") for path in (ROOT / "points/wiring").glob("*.py")]
    return {purpose for text in code for purpose in DERIVED.findall(text)}


def settings() -> set[str]:
    fields = Settings.model_fields.items()
    return {name for name, each in fields if SecretStr.__name__ in str(each.annotation)}


def missing(text: str) -> set[str]:
    """Return what an inventory does not name."""
    given = {
        *(f"`{each}`" for each in purposes()),
        *(each.value for each in Algorithm),
        *proofs.ALGORITHMS,
        *oidc.ALGORITHMS,
    }
    lost = {each for each in given if each not in text}
    named = (f"points_{name}" for name in settings())
    return lost | {each for each in named if each not in text and each.upper() not in text}


def test_no_key_is_left_out() -> None:
    assert len(purposes()) > 5
    assert {"secret", "master_key", "app_password"} <= settings()
    assert missing(INVENTORY) == set()


@pytest.mark.parametrize("name", ["`blind index`", "POINTS_SMS_SECRET", "sm4gcm", "EdDSA"])
def test_the_control_a_key_that_is_left_out_is_found(name: str) -> None:
    assert missing(INVENTORY.replace(name, "…"))
