"""Scripts and styles: what they are, under which names, and for how long browsers keep them."""

import re
from hashlib import sha256
from pathlib import Path

from points.web.static_files import FOLDER, FOR_EVER, load_shelf
from tests.web.browsing import House


def test_what_is_vendored_is_what_it_says() -> None:
    said = dict(
        re.findall(
            r"\| `([\w.]+)` \|.*`([0-9a-f]{64})`", (FOLDER / "VENDORED.md").read_text("utf-8")
        )
    )
    assert said == {"htmx.min.js": sha256((FOLDER / "htmx.min.js").read_bytes()).hexdigest()}


def test_names_follow_contents(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = load_shelf(tmp_path).urls["a.css"]
    (tmp_path / "a.css").write_text("b{}")
    assert load_shelf(tmp_path).urls["a.css"] != before


def test_files_are_kept_for_ever_and_have_their_types(house: House) -> None:
    browser = house.browser()
    page = browser.read("/")
    linked = [
        said.get("href") or said.get("src") for tag, said in page.tags if tag in {"link", "script"}
    ]
    assert len(linked) == 4
    for url in linked:
        answer = browser.get(str(url))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == FOR_EVER
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert browser.get("/static/points.css").status_code == 404
    assert browser.get("/static/..%2f__init__.py").status_code == 404


def test_the_wheel_takes_templates_and_files_along() -> None:
    """Hatch packs the whole folder; nothing in it may be left out by a pattern."""
    project = (FOLDER.parents[2] / "pyproject.toml").read_text("utf-8")
    assert 'packages = ["points"]' in project
    assert "exclude" not in project.split("[tool.hatch")[1].split("[tool.uv]")[0]
