"""Single sign-on against an issuer of the test's own, honest and not."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from points.flows.issuer import Issuer
from points.flows.log_in import LoggedIn
from points.flows.sign_on import LinkSignOn, Ticket, begin_sign_on, finish_sign_on, sign_on_of
from points.flows.staff_standing import DisableStaff
from points.identity import oidc
from points.identity.errors import LogInRefused, SignOnUnavailable
from points.identity.oidc import Client, NotGood
from points.kernel.errors import Refusal
from tests.flows.staffed import FROM, HERE, Staffed, actor, staffed

CLIENT = Client(
    issuer="https://id.example.org",
    client_id="points",
    client_secret="a secret that both know",
    redirect_uri="https://points.example.org/back",
    acr=frozenset({"urn:two-factors"}),
)
RSA = rsa.generate_private_key(65_537, 2048)
OTHER = rsa.generate_private_key(65_537, 2048)
SHORT = rsa.generate_private_key(65_537, 1024)  # noqa: S505 - to be refused
CURVE = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


def public(key: Any, name: str) -> dict[str, Any]:
    kinds = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
    }
    found = next(
        (a for kind, a in kinds.items() if isinstance(key, kind)), jwt.algorithms.OKPAlgorithm
    )
    return {**json.loads(found.to_jwk(key.public_key())), "kid": name, "use": "sig"}


@dataclass
class FakeIssuer:
    """Hands out codes for nonces, and tokens for codes, once each."""

    here: Staffed
    keys: list[dict[str, Any]] = field(
        default_factory=lambda: [
            public(RSA, "r"),
            public(CURVE, "e"),
            public(EDWARDS, "d"),
            public(SHORT, "s"),
        ]
    )
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sign: Callable[[dict[str, Any]], str] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, url: str, body: bytes) -> tuple[int, bytes]:
        path = urlsplit(url).path
        self.asked.append(f"{method} {path}")
        if path.endswith("openid-configuration"):
            said = {
                "issuer": CLIENT.issuer,
                "authorization_endpoint": f"{CLIENT.issuer}/authorize",
                "token_endpoint": f"{CLIENT.issuer}/token",
                "jwks_uri": f"{CLIENT.issuer}/keys",
            }
            return 200, json.dumps(said | self.configuration).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": self.keys}).encode()
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        kept = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if kept is None or kept["code_challenge"] != challenge:
            return 400, b'{"error":"invalid_grant"}'
        assert form["client_secret"] == CLIENT.client_secret
        return 200, json.dumps({"id_token": self.token(kept["nonce"])}).encode()

    def visit(self, url: str) -> tuple[str, str]:
        """Log in there; return code and state as the browser brings them back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["code_challenge_method"] == "S256"
        assert query["max_age"] == "300"
        code = f"code-{len(self.codes)}-{query['state'][:5]}"
        self.codes[code] = query
        return code, query["state"]

    def token(self, nonce: str) -> str:
        now = int(self.here.clock.now().timestamp())
        claims = {
            "iss": CLIENT.issuer,
            "aud": CLIENT.client_id,
            "sub": "4711",
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "auth_time": now - 60,
            "amr": ["pwd", "otp"],
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode(claims, RSA, "RS256", headers={"kid": "r"})


@dataclass
class House:
    here: Staffed
    fake: FakeIssuer
    issuer: Issuer

    def begin(self) -> tuple[Ticket, str, str]:
        begun = begin_sign_on(self.here.engine, self.issuer, HERE)
        assert isinstance(begun, Ticket), begun
        return (begun, *self.fake.visit(begun.url))

    def finish(self, ticket: Ticket, code: str, state: str) -> LoggedIn | Refusal:
        where = (self.here.engine, self.issuer)
        return finish_sign_on(*where, ticket.ticket, state, code, FROM)

    def come(self) -> LoggedIn | Refusal:
        return self.finish(*self.begin())


@pytest.fixture
def house(sqlite_url: str) -> Iterator[House]:
    with staffed(sqlite_url) as here:
        yield furnish(here)


@pytest.fixture
def both(database_url: str) -> Iterator[House]:
    with staffed(database_url) as here:
        yield furnish(here)


def furnish(here: Staffed) -> House:
    here.hire("li", "admin")
    here.invite("wang", "officer", actor=actor("li"))
    link(here, "wang", "4711")
    fake = FakeIssuer(here)
    return House(here, fake, Issuer(CLIENT, fake.ask))


def link(here: Staffed, name: str, subject: str | None) -> None:
    hashed = subject and sign_on_of(here.factors, CLIENT, subject)
    here.done(LinkSignOn, actor("li"), staff_id=name, sign_on=hashed)


def test_who_was_linked_comes_in(both: House) -> None:
    found = both.come()
    assert isinstance(found, LoggedIn)
    who = both.here.who(found.token)
    assert who is not None
    assert who.actor == "staff:wang"
    assert who.verified_at == both.here.clock.now()


def test_nobody_gets_an_account_by_coming(house: House) -> None:
    house.fake.claims = {"sub": "somebody else"}
    assert house.come() == LogInRefused()


def test_a_link_ends_and_belongs_to_one(house: House) -> None:
    house.here.invite("sun", "officer", actor=actor("li"))
    taken = sign_on_of(house.here.factors, CLIENT, "4711")
    refused = house.here.refused(LinkSignOn, actor("li"), staff_id="sun", sign_on=taken)
    assert refused == "sign_on_taken"
    assert house.here.refused(LinkSignOn, actor("li"), staff_id="li", sign_on="x") == "own_roles"
    link(house.here, "wang", None)
    assert house.come() == LogInRefused()
    link(house.here, "sun", "4711")
    assert isinstance(house.come(), LoggedIn)
    house.here.done(DisableStaff, actor("li"), staff_id="sun")
    assert house.come() == LogInRefused()


@pytest.mark.parametrize(
    ("key", "algorithm", "name"), [(CURVE, "ES256", "e"), (EDWARDS, "EdDSA", "d")]
)
def test_the_other_signatures_count(house: House, key: Any, algorithm: str, name: str) -> None:
    house.fake.sign = lambda claims: jwt.encode(claims, key, algorithm, headers={"kid": name})
    assert isinstance(house.come(), LoggedIn)


def forged_with_the_public_key(claims: dict[str, Any]) -> str:
    """Sign with the public key as if it were a shared secret (the library refuses to help)."""
    pem = RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    header = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "r"}).encode())
    body = f"{header}.{part(json.dumps(claims).encode())}"
    return f"{body}.{part(hmac.new(pem, body.encode(), hashlib.sha256).digest())}"


def signed_with_a_short_key(claims: dict[str, Any]) -> str:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        return jwt.encode(claims, SHORT, "RS256", headers={"kid": "s"})


SIGNED = {
    "alg none": lambda c: jwt.encode(c, None, "none", headers={"kid": "r"}),
    "the public key as a secret": forged_with_the_public_key,
    "another's key": lambda c: jwt.encode(c, OTHER, "RS256", headers={"kid": "r"}),
    "an unknown key": lambda c: jwt.encode(c, RSA, "RS256", headers={"kid": "x"}),
    "no key named of many": lambda c: jwt.encode(c, OTHER, "RS256"),
    "another algorithm": lambda c: jwt.encode(c, RSA, "RS512", headers={"kid": "r"}),
    "a key that is too short": signed_with_a_short_key,
    "no token": lambda _: "nonsense",
    "a token that is too long": lambda _: "x" * 20_000,
}


@pytest.mark.parametrize("forged", SIGNED)
def test_a_signature_that_does_not_count(house: House, forged: str) -> None:
    house.fake.sign = SIGNED[forged]
    assert house.come() == LogInRefused()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example.org"},
        {"aud": "another"},
        {"aud": ["points", "another"]},
        {"aud": ["points", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": 4711},
        {"exp": 0},
        {"exp": "soon"},
        {"exp": None},
        {"iat": 0},
        {"iat": 9_999_999_999},
        {"auth_time": None},
        {"auth_time": 0},
        {"auth_time": "now"},
        {"auth_time": 9_999_999_999},
        {"amr": ["pwd"]},
        {"amr": None},
        {"amr": "otp"},
        {"amr": None, "acr": "urn:one-factor"},
    ],
    ids=str,
)
def test_claims_that_do_not_count(house: House, claims: dict[str, Any]) -> None:
    house.fake.claims = claims
    assert house.come() == LogInRefused()


@pytest.mark.parametrize(
    "claims",
    [{"aud": ["points", "another"], "azp": "points"}, {"amr": None, "acr": "urn:two-factors"}],
    ids=str,
)
def test_claims_that_do(house: House, claims: dict[str, Any]) -> None:
    house.fake.claims = claims
    assert isinstance(house.come(), LoggedIn)


def test_another_state_is_another_log_in(house: House) -> None:
    """Else somebody could be logged in as somebody else without noticing."""
    ticket, code, state = house.begin()
    others, others_code, others_state = house.begin()
    assert house.finish(ticket, others_code, others_state) == LogInRefused()
    assert house.finish(ticket, others_code, state) == LogInRefused()  # the verifier is another
    assert (
        house.finish(Ticket(url="", ticket=ticket.ticket[:-4] + "AAAA"), code, state)
        == LogInRefused()
    )
    assert isinstance(house.finish(others, code, others_state), Refusal)


def test_what_came_back_is_taken_once(both: House) -> None:
    ticket, code, state = both.begin()
    assert isinstance(both.finish(ticket, code, state), LoggedIn)
    assert both.finish(ticket, code, state) == LogInRefused()
    # Not even where an issuer would hand the token out again.
    both.fake.codes[code] = {
        name: values[0] for name, values in parse_qs(urlsplit(ticket.url).query).items()
    }
    assert both.finish(ticket, code, state) == LogInRefused()


def test_a_ticket_ends(house: House) -> None:
    ticket, code, state = house.begin()
    house.here.clock.advance(timedelta(minutes=10))
    assert house.finish(ticket, code, state) == LogInRefused()


def test_another_issuers_configuration_is_none(house: House) -> None:
    house.fake.configuration = {"issuer": "https://evil.example.org"}
    assert begin_sign_on(house.here.engine, house.issuer, HERE) == SignOnUnavailable()
    house.fake.configuration = {"token_endpoint": None}
    assert begin_sign_on(house.here.engine, house.issuer, HERE) == SignOnUnavailable()


def test_new_keys_are_found_and_made_up_names_ask_nothing(house: House) -> None:
    house.come()
    house.fake.keys = [public(OTHER, "new")]
    house.fake.sign = lambda c: jwt.encode(c, OTHER, "RS256", headers={"kid": "new"})
    assert house.come() == LogInRefused()  # asked a moment ago
    before = house.fake.asked.count("GET /keys")
    house.come()
    assert house.fake.asked.count("GET /keys") == before
    house.here.clock.advance(timedelta(minutes=1))
    assert isinstance(house.come(), LoggedIn)


def test_an_issuer_that_does_not_answer(house: House) -> None:
    def silent(*_: object) -> tuple[int, bytes]:
        raise NotGood("no answer")

    ticket, code, state = house.begin()
    house.issuer.ask = silent
    assert house.finish(ticket, code, state) == LogInRefused()
    house.issuer.ask = lambda *_: (200, b"[]")
    house.issuer._endpoints = None
    assert begin_sign_on(house.here.engine, house.issuer, HERE) == SignOnUnavailable()


def test_the_control_without_the_nonce_a_stolen_token_counts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.fake.claims = {"nonce": "of another log-in"}
    assert house.come() == LogInRefused()
    monkeypatch.setattr(oidc.hmac, "compare_digest", lambda *_: True)
    assert isinstance(house.come(), LoggedIn)


def test_tries_are_counted(house: House) -> None:
    house.fake.claims = {"sub": "somebody else"}
    for _ in range(20):
        assert house.come() == LogInRefused()
    assert house.come() != LogInRefused()
