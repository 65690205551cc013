"""What is to be computed: days, projects, and the calls that follow."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.diagnostics import Fault
from generator.etl.calls import Places, arguments
from generator.etl.outcome import Ledger, diagnostics_of, lines_of, reason_of, row_of
from generator.etl.plan import Asked, Span, Step, Watched, chosen, plan, span_of
from generator.etl.protocol import Result

TODAY = date(2026, 6, 30)
JUNE = Span(date(2026, 6, 1), date(2026, 6, 30))
HEALTH = Watched("tab-health", "tab_health", date(2026, 6, 1))
PINNED = Watched("pinned-tabs", "pinned_tabs", date(2026, 6, 10), date(2026, 6, 12))


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        (Asked(), "2026-06-30"),
        (Asked(date="2026-06-02"), "2026-06-02"),
        (Asked(first="2026-06-02", last="2026-06-05"), "2026-06-02 to 2026-06-05"),
        (Asked(first="2026-06-28"), "2026-06-28 to 2026-06-30"),
        (Asked(first="2026-06-30"), "2026-06-30"),
    ],
    ids=str,
)
def test_days(asked: Asked, span: str) -> None:
    """One day, or several; the last one if nothing is said."""
    assert span == str(span_of(asked, TODAY))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(date="yesterday"), "`--date` cannot be `yesterday`"),
        (Asked(date="2026-06-31"), "write a day as 2026-06-01"),
        (Asked(date="20260601"), "write a day as 2026-06-01"),
        (Asked(date="2026-W23-1"), "write a day as 2026-06-01"),
        (Asked(date="2026-6-1"), "write a day as 2026-06-01"),
        (Asked(first="2026-06-05", last="2026-06-02"), "it is after 2026-06-02"),
        (Asked(first="2026-07-05"), "it is after 2026-06-30"),
        (Asked(last="2026-06-02"), "say with --from where it begins"),
        (Asked(date="2026-06-01", last="2026-06-02"), "it goes without --from and --to"),
    ],
    ids=str,
)
def test_days_that_are_none(asked: Asked, said: str) -> None:
    """Each is said with what to write instead."""
    with pytest.raises(Fault, match=said) as caught:
        span_of(asked, TODAY)

    assert "bad-choice" == caught.value.diagnostic.code


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-05-31", ()),
        ("2026-06-01", ("tab_health",)),
        ("2026-06-09", ("tab_health",)),
        ("2026-06-10", ("tab_health", "pinned_tabs")),
        ("2026-06-12", ("tab_health", "pinned_tabs")),
        ("2026-06-13", ("tab_health",)),
    ],
)
def test_a_project_is_due_from_its_first_day_to_its_last(day: str, due: tuple[str, ...]) -> None:
    """Both days count; without a last one there is none."""
    span = span_of(Asked(date=day), TODAY)

    assert [due] * bool(due) == names(plan((HEALTH, PINNED), span, 28))


def names(steps: Sequence[Step]) -> list[tuple[str, ...]]:
    """The projects of each step."""
    return [tuple(project.name for project in step.projects) for step in steps]


def test_a_long_time_is_cut() -> None:
    """Each project is in the pieces that it has days in; days of before are left to the models."""
    steps = plan((HEALTH, PINNED), JUNE, 10)

    assert ["2026-06-01 to 2026-06-10", "2026-06-11 to 2026-06-20", "2026-06-21 to 2026-06-30"] == [
        str(step.span) for step in steps
    ]
    assert [("tab_health", "pinned_tabs")] * 2 + [("tab_health",)] == names(steps)


@given(st.dates(), st.integers(0, 400), st.integers(1, 60))
def test_pieces_are_the_whole(first: date, days: int, most: int) -> None:
    """Every day is in exactly one piece, in order, and no piece is too long."""
    if first > date.max - timedelta(days=500):
        return
    last = first + timedelta(days=days)
    pieces = list(Span(first, last).pieces(most))

    every = [one.first + timedelta(days=n) for one in pieces for n in range(length(one))]
    assert [first + timedelta(days=n) for n in range(days + 1)] == every
    assert max(map(length, pieces)) <= most


def length(span: Span) -> int:
    """How many days it has."""
    return (span.last - span.first).days + 1


def test_the_rest_is_a_call_of_its_own() -> None:
    """It comes last, once."""
    *_, last = steps = plan((HEALTH,), JUNE, 10, rest=True)

    assert last.rest
    assert [False] * 3 == [step.rest for step in steps[:-1]]


def test_an_unknown_project_is_named_with_the_nearest() -> None:
    """By its slug, as it is written."""
    assert (HEALTH,) == chosen((HEALTH, PINNED), ("tab-health",))
    assert (HEALTH, PINNED) == chosen((HEALTH, PINNED), ())
    with pytest.raises(Fault, match="did you mean `tab-health`") as caught:
        chosen((HEALTH, PINNED), ("tab-heath",))

    assert "unknown-project" == caught.value.diagnostic.code


# the words for dbt

PLACES = Places(
    Path("/out/dbt"),
    Path("/out/.lookml-gen/dbt"),
    "duckdb",
    "models/opmon",
    ("models/opmon/projects.sql",),
)


def test_what_dbt_is_told() -> None:
    """The whole command, so that nothing depends on where or by whom it is called."""
    step = Step(JUNE, (HEALTH, PINNED))

    assert (
        "--quiet --no-use-colors --no-send-anonymous-usage-stats --no-write-json"
        " --log-path /out/.lookml-gen/dbt/logs build --project-dir /out/dbt"
        " --profiles-dir /out/.lookml-gen/dbt --profile lookml_gen --target duckdb"
        " --target-path /out/.lookml-gen/dbt/target"
        ' --vars {"start": "2026-06-01", "end": "2026-06-30"}'
        " --select path:models/opmon/tab_health path:models/opmon/pinned_tabs"
    ) == " ".join(arguments("build", step, PLACES, last=False))


def test_what_all_projects_share_is_built_once() -> None:
    """With the last of them."""
    words = arguments("build", Step(JUNE, (HEALTH,)), PLACES, last=True)

    assert ("path:models/opmon/tab_health", "path:models/opmon/projects.sql") == words[-2:]


def test_the_rest_is_what_is_beside_the_projects() -> None:
    """Everything but their folder."""
    words = arguments("build", Step(JUNE, (), rest=True), PLACES, last=False)

    assert ("--exclude", "path:models/opmon") == words[-2:]


def test_the_shared_models_are_those_beside_the_folders(tmp_path: Path) -> None:
    """SQL only, and only right there."""
    paths = (
        "models/opmon/projects.sql",
        "models/opmon/projects.yml",
        "models/opmon/tab_health/tab_health_v1.sql",
        "models/metricflow_time_spine.sql",
    )

    found = Places.of(tmp_path / "dbt", tmp_path / "work", "duckdb", "opmon", paths)

    assert ("models/opmon/projects.sql",) == found.shared


# what became of it


def result(path: str, status: str = "success", **more: Any) -> Result:
    """What dbt tells of the model at a path."""
    return Result(Path(path).stem, path, "model", status, **more)


def ledger() -> Ledger:
    """Of two projects, with nothing noted yet."""
    return Ledger("models/opmon", {"tab_health": HEALTH, "pinned_tabs": PINNED})


def test_models_go_by_their_folder() -> None:
    """What lies in none of the projects' folders is told apart, tests included."""
    noted = ledger()
    noted.note(
        Step(JUNE, (HEALTH,)),
        [
            result("models/opmon/tab_health/tab_health_v1.sql", seconds=1.0, rows=7),
            result("models/opmon/projects.sql"),
            result("models/other/tab_health/x.sql"),
            result("models/opmon/tab_health/deep/x.sql"),
        ],
    )
    health, pinned, shared = noted.outcomes()

    assert ("tab-health", "done", 7) == (health.slug, health.status, health.rows)
    assert ("pinned-tabs", "not due", ()) == (pinned.slug, pinned.status, pinned.models)
    assert ["projects", "x"] == [model.name for model in shared.models]
    assert "tab-health: done, 1 of 1 built, 7 rows, 1.0 s" == next(lines_of([health]))


def test_calls_add_up() -> None:
    """Seconds, rows and bytes are those of all calls; the last word is the last call's."""
    noted = ledger()
    path = "models/opmon/tab_health/tab_health_v1.sql"
    for _ in range(3):
        numbers: dict[str, Any] = {"rows": 5, "bytes_billed": 10_000_000, "bytes_processed": 9}
        noted.note(Step(JUNE, (HEALTH,)), [result(path, seconds=0.5, **numbers)])
    (model,) = row_of(noted.outcomes()[0])["models"]

    assert (15, 30_000_000, 27, 1.5) == (
        model["rows"],
        model["bytes_billed"],
        model["bytes_processed"],
        model["seconds"],
    )
    assert "30 MB billed" in next(lines_of(noted.outcomes()))


@pytest.mark.parametrize("status", ["error", "fail", "runtime error", "partial success"])
def test_a_failure_is_an_error_with_all_one_needs(status: str) -> None:
    """The model, the days, the database's words, and where the SQL is."""
    noted = ledger()
    path = "models/opmon/tab_health/tab_health_v1.sql"
    message = f"Runtime Error in model x ({path})\n  Binder Error: no such column"
    results = [
        result(path, status, message=message, sql="/out/x.sql"),
        result("models/opmon/tab_health/tab_health_statistics.sql", "skipped"),
    ]
    noted.note(Step(JUNE, (HEALTH,)), results)
    (said,) = diagnostics_of(noted.outcomes(), "opmon")

    assert {"tab-health"} == noted.failed
    assert "failed-model" == said.code
    assert (
        "error [failed-model] opmon.projects.tab_health: `tab_health_v1` failed for"
        " 2026-06-01 to 2026-06-30: Binder Error: no such column\n"
        "  hint: its SQL is in /out/x.sql"
    ) == str(said)
    assert "tab-health: failed, 0 of 2 built, 0.0 s" == next(lines_of(noted.outcomes()))
    assert () == noted.outcomes()[0].spans


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Database Error in model a_v1 (models/x/a.sql)\n  Unrecognized name: b", None),
        ("Database Error in test unique_a (models/x/a.yml)\n  Unrecognized name: b", None),
        ("Error in model a (models/a.sql)\n  Unrecognized name: b\n  compiled code at /x", None),
        ("Unrecognized name: b\n\n  LINE 3: SELECT b\n      ^", None),
        ("Got 3 results, configured to fail if != 0", "Got 3 results, configured to fail if != 0"),
        ("", "no reason is given"),
    ],
)
def test_the_reason_is_what_the_database_says(message: str, reason: str | None) -> None:
    """Without what dbt says around it."""
    assert (reason or "Unrecognized name: b") == reason_of(message)
