"""The container and the installation around it give an intruder as little as possible.

There is no engine here to build them with, so both files are read and judged by their properties.
"""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from points.settings import Settings

ROOT = Path(__file__).parent.parent
CONTAINERFILE = (ROOT / ".container/Containerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
REQUIREMENTS = (ROOT / ".container/requirements.txt").read_text("utf-8")
PUBLISHED = {"app"}


def instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    lines = [line for line in joined.splitlines() if line.strip()]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


Said = list[tuple[str, str]]


def final(said: Said) -> Said:
    """Return the instructions of the stage that ships."""
    return said[max(i for i, (word, _) in enumerate(said) if word == "FROM") :]


def words(said: Said, word: str) -> list[str]:
    return [rest for each, rest in said if each == word]


IMAGE: dict[str, Callable[[Said], bool]] = {
    "what installs does not ship": lambda said: len(words(said, "FROM")) > 1,
    "bases have a version": lambda said: all(
        re.match(r"[^:]+:(?!latest)\S+", rest) for rest in words(said, "FROM")
    ),
    "a numeric user other than root": lambda said: any(
        re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", rest) for rest in words(final(said), "USER")
    ),
    "nothing runs in the stage that ships": lambda said: not words(final(said), "RUN"),
    "nothing is fetched": lambda said: not words(said, "ADD"),
    "somebody asks whether it lives": lambda said: bool(words(final(said), "HEALTHCHECK")),
    "no shell between": lambda said: all(
        rest.startswith("[") for word in ("ENTRYPOINT", "CMD") for rest in words(said, word)
    ),
    "packages have hashes": lambda said: all(
        "--require-hashes" in rest and "--no-deps" in rest
        for rest in words(said, "RUN")
        if "install" in rest
    ),
    "no tools are added": lambda said: (
        not any(re.search(r"apt|apk|curl|wget", rest) for rest in words(said, "RUN"))
    ),
    "no secret in the image": lambda said: (
        not any(
            re.search(r"(?i)secret|password|token", rest)
            for rest in words(said, "ENV") + words(said, "ARG")
        )
    ),
}

Service = dict[str, Any]
_SECRET = re.compile(r"(?i)secret|password|token|master_key|database_url")


def publishes(name: str, service: Service) -> bool:
    ports = service.get("ports", [])
    inside = name not in PUBLISHED and (ports or "front" in service.get("networks", []))
    return bool(inside) or not all(str(port).startswith("127.0.0.1:") for port in ports)


def tells_secrets(service: Service) -> bool:
    said = service.get("environment", {}).items()
    named = any(_SECRET.search(key) and not key.endswith("_FILE") for key, _ in said)
    return named or any(re.search(r"://[^/]*:[^/]*@", str(value)) for _, value in said)


SERVICE: dict[str, Callable[[str, Service], bool]] = {
    "its files cannot be changed": lambda _, s: s.get("read_only") is True,
    "it has no powers": lambda _, s: (
        s.get("cap_drop") == ["ALL"] and not s.get("cap_add") and not s.get("privileged")
    ),
    "it gains none": lambda _, s: "no-new-privileges:true" in s.get("security_opt", []),
    "it is not root": lambda _, s: bool(re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(s.get("user", "")))),
    "somebody asks whether it lives": lambda n, s: bool(s.get("healthcheck")) or n in PUBLISHED,
    "it cannot use everything up": lambda _, s: bool(s.get("mem_limit") and s.get("pids_limit")),
    "it is reached through the proxy only": lambda n, s: not publishes(n, s),
    "no secret in its environment": lambda _, s: not tells_secrets(s),
    "it does not see the machine's files": lambda _, s: (
        not any(str(volume).startswith(("/", ".", "~")) for volume in s.get("volumes", []))
    ),
}


def image_faults(text: str) -> list[str]:
    """Return what a Containerfile does not keep."""
    said = instructions(text)
    return [promise for promise, keeps in IMAGE.items() if not keeps(said)]


def service_faults(name: str, service: Service) -> list[str]:
    """Return what a service does not keep."""
    return [promise for promise, keeps in SERVICE.items() if not keeps(name, service)]


def test_the_image() -> None:
    assert image_faults(CONTAINERFILE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("USER 10001:10001", "USER root"),
        ("USER 10001:10001\n", ""),
        ("--require-hashes ", ""),
        ("FROM python:3.11-slim\n", "FROM python:latest\n"),
        ("EXPOSE", "RUN apt-get install -y curl\nEXPOSE"),
        ('CMD ["serve"', 'CMD serve "'),
        ("ENV PYTHON", "ENV POINTS_SECRET=x PYTHON"),
        ("HEALTHCHECK --interval", "LABEL a --interval"),
        ("COPY rules", "ADD rules"),
    ],
)
def test_control_a_worse_image_is_found(old: str, new: str) -> None:
    assert old in CONTAINERFILE
    assert image_faults(CONTAINERFILE.replace(old, new))


def test_the_installation() -> None:
    found = [
        f"{name}: {fault}"
        for name, service in COMPOSE["services"].items()
        for fault in service_faults(name, service)
    ]
    assert found == []
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert all(set(each) == {"file"} for each in COMPOSE["secrets"].values())
    assert {"app", "worker", "postgres", "redis"} <= set(COMPOSE["services"])


def misunderstood(compose: dict[str, Any]) -> list[str]:
    """Return what is said to the program that it does not know: settings, secrets, commands."""
    known = {f"points_{name}" for name in Settings.model_fields}
    given: set[str] = set()
    for service in compose["services"].values():
        said = [name for name in service.get("environment", {}) if name.startswith("POINTS_")]
        secrets = [each["target"] if isinstance(each, dict) else each for each in secret(service)]
        ours = service.get("image") == "points"
        given |= {name.lower() for name in said} | {each for each in secrets if ours}
    return sorted(given - known)


def secret(service: Service) -> list[Any]:
    return list(service.get("secrets", []))


def test_the_program_knows_what_it_is_told() -> None:
    assert misunderstood(COMPOSE) == []


def test_control_a_setting_that_is_none_is_found() -> None:
    worse = copy.deepcopy(COMPOSE)
    worse["services"]["app"]["environment"] = {"POINTS_DATABASE": "x"}
    worse["services"]["worker"]["secrets"] = ["points_key"]
    assert misunderstood(worse) == ["points_database", "points_key"]


def test_the_server_is_given_a_hardened_database_and_not_its_owner() -> None:
    services = COMPOSE["services"]
    assert services["tables"]["command"] == ["db", "upgrade"]
    assert services["prepare"]["command"] == ["db", "harden"]
    assert services["prepare"]["depends_on"] == {
        "tables": {"condition": "service_completed_successfully"}
    }
    assert "points_app_password" in services["prepare"]["secrets"]
    for name in ("app", "worker"):
        sources = {each["source"] for each in secret(services[name]) if isinstance(each, dict)}
        assert sources == {"app_database_url"}
        assert "points_app_password" not in services[name]["secrets"]


def test_erasures_are_remembered_on_a_volume() -> None:
    for name in ("app", "worker"):
        service = COMPOSE["services"][name]
        journal = Path(service["environment"]["POINTS_ERASURE_JOURNAL"])
        assert f"journal:{journal.parent}" in service["volumes"]
    assert "journal" in COMPOSE["volumes"]
    assert any(
        "--chown=10001:10001" in rest and rest.endswith("/var/lib/points")
        for rest in words(final(instructions(CONTAINERFILE)), "COPY")
    )


WORSE: list[Callable[[dict[str, Any]], Any]] = [
    lambda s: s.update(read_only=False),
    lambda s: s.update(cap_drop=[]),
    lambda s: s.update(cap_add=["SYS_ADMIN"]),
    lambda s: s.update(privileged=True),
    lambda s: s.update(security_opt=[]),
    lambda s: s.update(user="root"),
    lambda s: s.pop("user"),
    lambda s: s.update(mem_limit=None),
    lambda s: s.update(ports=["8000:8000"]),
    lambda s: s.update(volumes=["/var/run/docker.sock:/var/run/docker.sock"]),
    lambda s: s.update(environment={"POSTGRES_PASSWORD": "x"}),
    lambda s: s.update(environment={"URL": "redis://a:b@redis"}),
]


@pytest.mark.parametrize("worsen", WORSE)
def test_control_a_worse_installation_is_found(worsen: Callable[[dict[str, Any]], Any]) -> None:
    for name in ("app", "postgres"):
        service = copy.deepcopy(COMPOSE["services"][name])
        worsen(service)
        assert service_faults(name, service)


def test_the_container_installs_what_the_bill_lists() -> None:
    bill = json.loads((ROOT / "docs/reference/sbom.cdx.json").read_text("utf-8"))
    listed = {f"{each['name']}=={each['version']}" for each in bill["components"]}
    installed = set(re.findall(r"^(\S+==[^\s;\\]+)", REQUIREMENTS, re.MULTILINE))
    assert installed == listed
    assert not {"pytest", "mypy", "ruff"} & {each.split("==")[0] for each in installed}
    assert REQUIREMENTS.count("--hash=sha256:") >= len(installed)


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = set((ROOT / ".dockerignore").read_text("utf-8").splitlines())
    for word, rest in instructions(CONTAINERFILE):
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in kept
