"""The catalogue at the command line: what is wrong, what changes, publishing, quotes and gates."""

from pathlib import Path

from tests.cli.conftest import Console

SHIPPED = Path(__file__).parents[2] / "rules" / "catalogue.yaml"


def folder_of(console: Console, version: int, *changes: tuple[str, str]) -> str:
    """Write a later version beside its photos."""
    photos = console.folder / "photos"
    photos.mkdir(exist_ok=True)
    for each in (SHIPPED.parent / "photos").iterdir():
        (photos / each.name).write_bytes(each.read_bytes())
    text = SHIPPED.read_text("utf-8").replace("version: 1\n", f"version: {version}\n", 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return console.file("catalogue.yaml", text)


def test_from_a_file_to_a_version(console: Console) -> None:
    assert console.answers("catalogue", "publish")["version"] == 1
    file = folder_of(console, 2, ("price: 250", "price: 260"), ("per_day: 20}", "per_month: 300}"))
    linted = console.answers("catalogue", "lint", file)
    assert [each["field"] for each in linted["changes"]] == ["price", "stock"]
    assert "价格 250 分 → 260 分" in console.says("catalogue", "lint", file)
    published = console.answers("catalogue", "publish", file)
    assert (published["version"], published["rewards"]) == (2, 22)
    assert console.refused("catalogue", "publish", file) == "catalogue_version_outdated"
    listed = console.answers("catalogue", "versions")
    assert (listed["in_force"], len(listed["versions"])) == (2, 2)
    assert "现行" in console.says("catalogue", "versions")
    assert console.answers("catalogue", "show", "2")["text"] == Path(file).read_text("utf-8")
    changed = console.answers("catalogue", "diff", "1", "2")["changes"]
    assert changed == linted["changes"]
    assert console.refused("catalogue", "diff", "1", "9") == "not_found"
    assert console.refused("catalogue", "show", "9") == "not_found"


def test_a_version_for_later_and_one_with_mistakes(console: Console) -> None:
    console.answers("catalogue", "publish")
    later = folder_of(console, 2, ("timezone:", 'effective_from: "2199-01-01"\ntimezone:'))
    assert console.answers("catalogue", "publish", later)["starts_at"].startswith("2198-12-31")
    assert console.answers("catalogue", "versions")["in_force"] == 1
    assert "2199-01-01 00:00" in console.says("catalogue", "versions")
    broken = folder_of(console, 3, ("photos/c12.webp", "photos/none.webp"), ("P90D", "PT9H"))
    found = console.answers("catalogue", "lint", broken, status=1)["findings"]
    assert {each["code"] for each in found} == {"catalogue.photo", "catalogue.valid_for"}
    assert console.refused("catalogue", "publish", broken, status=2) == "rules.refused"
    (console.folder / "photos" / "c12.webp").write_bytes(b"GIF89a")
    unfit = console.answers("catalogue", "lint", folder_of(console, 3))
    assert unfit["errors"] == 0  # the folder is written anew


def test_a_quote_says_every_reason(console: Console) -> None:
    console.answers("catalogue", "publish")
    added = console.answers(
        *("member", "add", "--kind", "rider", "--name", "张三", "--phone", "13912345678"),
        *("--programme", "health"),
    )
    asked = ("catalogue", "quote", added["member_id"], "C09", "--programme", "health")
    found = console.answers(*asked)
    assert not found["allowed"]
    codes = [each["code"] for each in found["reasons"]]
    assert codes == ["gate_closed", "pool_exhausted", "insufficient_points"]
    assert "还差 600 分" in console.says(*asked)
    free = ("catalogue", "quote", added["member_id"], "C02", "--programme", "health")
    assert console.answers(*free)["allowed"]
    assert console.refused("catalogue", "gate", "list", added["member_id"]) == "forbidden"
