"""``points rules export-activities`` and the back-test on DuckDB, from the command line."""

from tests.cli.conftest import Console

PERIOD = ("--from", "2026-01-01", "--until", "2026-07-01")


def test_activities_are_taken_out_once_and_noted(console: Console) -> None:
    told = console.answers("rules", "export-activities", "--to", "a.parquet", *PERIOD)
    assert told["activities"] == 0
    assert (console.folder / "a.parquet").is_file()
    again = ("rules", "export-activities", "--to", "a.parquet")
    assert console.refused(*again, status=2) == "file_exists"
    events = console.answers("audit", "list")["events"]
    assert "export_activities" in {each["action"] for each in events}
    assert "YYYY-MM-DD" in console.says(
        "rules", "export-activities", "--to", "b.parquet", "--from", "yesterday", status=2
    )


def test_duckdb_is_an_engine_of_back_tests(console: Console) -> None:
    words = ("rules", "backtest", "--programme", "party", *PERIOD, "--engine", "duckdb")
    found = console.answers(*words)
    assert found["summary"]["engine"] == "duckdb"
    refused = console.refused(*words, "--resume", "kept.json", status=2)
    assert refused == "backtest.no_resume"
