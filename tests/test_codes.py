"""Every message that the generator can give is provoked by some test."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.diagnostics import CODES

TESTS = Path(__file__).parent

ELSEWHERE = {
    "unreadable-file": "unit/test_snapshot.py::test_an_unreadable_file_is_a_fault",
    "too-many-deletions": "unit/test_git.py::test_a_run_that_loses_too_much_commits_nothing",
    "unknown-namespace": "test_command.py::test_an_unknown_namespace_is_an_error",
    "unknown-warehouse": "unit/test_warehouse.py::test_addresses_that_cannot_be_opened",
    "no-warehouse": "unit/test_outside.py::test_no_warehouse",
    "unread-bases": "test_faults.py::test_bases_of_a_view_that_are_denied",
    "unreachable-warehouse": "unit/test_bigquery.py::test_a_project_that_fails_stops_the_run",
    "too-expensive": "unit/test_bigquery_cache.py::test_what_costs_too_much_asks_nothing",
    "ignored-record": "unit/test_snapshot.py::test_a_nameless_line_may_be_anything",
    "wrong-definition": "unit/test_toml.py::test_wrong_types",
    "bad-choice": "unit/test_metric_hub.py::test_what_is_wrong",
    "bad-slug": "unit/test_metric_hub.py::test_what_is_wrong",
    "bad-template": "unit/test_metric_hub.py::test_what_is_wrong",
    "changed-expression": "unit/test_metric_hub.py::test_a_changed_expression",
    "cyclic-reference": "unit/test_metric_hub.py::test_what_is_wrong",
    "deprecated-reference": "unit/test_metric_hub.py::test_checks",
    "histogram-statistic": "unit/test_metric_hub.py::test_checks",
    "incomplete-definition": "unit/test_metric_hub.py::test_what_is_wrong",
    "ineffective-key": "unit/test_metric_hub.py::test_checks",
    "no-aggregation": "unit/test_metric_hub.py::test_expressions_that_mean_nothing",
    "no-default-dataset": "unit/test_metric_hub.py::test_what_is_wrong",
    "no-definitions": "unit/test_metric_hub.py::test_not_a_repository",
    "no-expression": "unit/test_metric_hub.py::test_what_is_wrong",
    "same-label": "unit/test_metric_hub.py::test_checks",
    "skipped-join": "unit/test_metric_hub.py::test_joins_of_what_has_no_client",
    "unfetched-repository": "unit/test_metric_hub.py::test_unfetched",
    "unjoinable-source": "unit/test_metric_hub.py::test_joins_of_what_has_no_client",
    "unknown-platform": "unit/test_metric_hub.py::test_unknown_platform",
    "unknown-reference": "unit/test_metric_hub.py::test_what_is_wrong",
    "unknown-statistic": "unit/test_metric_hub.py::test_what_is_wrong",
    "unmatched-wildcard": "unit/test_metric_hub.py::test_a_wildcard_in_vain",
    "unread-platform": "unit/test_metric_hub.py::test_an_unread_file_costs_its_platform",
    "unsupported-unit": "unit/test_metric_hub.py::test_what_is_wrong",
    "undated-source": "unit/test_dbt_monitoring.py::test_a_table_without_date_has_no_days",
    "unenrolled-source": "unit/test_dbt_monitoring.py"
    "::test_a_table_without_experiments_has_no_branches",
    "unused-source": "unit/test_metric_hub.py::test_checks",
    "failed-model": "unit/test_etl_plan.py::test_a_failure_is_an_error_with_all_one_needs",
    "failed-dbt": "test_etl.py::test_dbt_that_cannot_work_stops_the_run",
    "missing-extra": "unit/test_etl_target.py::test_what_is_not_installed",
    "no-engine": "unit/test_etl_target.py::test_no_warehouse_that_computes",
    "unknown-thing": "unit/test_explanations.py::test_what_nobody_is_called",
    "unknown-project": "unit/test_etl_plan.py::test_an_unknown_project_is_named_with_the_nearest",
    "duplicate-field": "unit/test_checks.py::test_duplicate_field",
    "duplicate-object": "unit/test_checks.py::test_duplicate_object",
    "dangling-field": "unit/test_checks.py::test_dangling_field_in_view",
    "dangling-view": "unit/test_checks.py::test_dangling_view",
    "dangling-include": "unit/test_checks.py::test_dangling_include",
    "dangling-datagroup": "unit/test_checks.py::test_dangling_datagroup",
    "duplicate-name": "unit/test_dashboard_checks.py::test_duplicate_name",
    "duplicate-title": "unit/test_dashboard_checks.py::test_duplicate_title",
    "dangling-explore": "unit/test_dashboard_checks.py::test_dangling_explore",
    "dangling-filter": "unit/test_dashboard_checks.py::test_dangling_filter",
    "misplaced-field": "unit/test_dashboard_checks.py::test_misplaced_field",
    "unshown-field": "unit/test_dashboard_checks.py::test_unshown_field",
    "misplaced-tile": "unit/test_dashboard_checks.py::test_misplaced_tile",
    "unheard-filter": "unit/test_dashboard_checks.py::test_unheard_filter",
    "bad-default": "unit/test_dashboard_checks.py::test_bad_default",
    "no-model": "unit/test_dashboard_checks.py::test_no_model",
    "uncovered-tile": "unit/test_dashboard_checks.py::test_uncovered_tile",
    "unused-aggregate-table": "unit/test_dashboard_checks.py::test_unused_aggregate_table",
    "unparsable-sql": "unit/test_checks.py::test_unparsable_sql",
    "forgotten-removals": "unit/test_keeping.py::test_what_is_written_down_may_be_lost",
    "unkept-field": "unit/test_keeping.py::test_what_stands_on_nothing_is_not_kept",
    "forgotten-dropdowns": "unit/test_remembered.py::test_what_is_no_memory",
    "bad-field-type": "test_planted_defects.py::test_in_namespaces",
    "no-sql": "test_planted_defects.py::test_in_namespaces",
    "aggregated-measure": "test_planted_defects.py::test_in_namespaces",
    "missing-column": "test_planted_defects.py::test_in_namespaces",
    "overridden-key": "test_planted_defects.py::test_in_namespaces",
    "duplicate-channel": "test_planted_defects.py::test_in_namespaces",
    "cyclic-extends": "test_planted_defects.py::test_in_trees",
    "unbound-sql": "test_planted_defects.py::test_in_namespaces",
    "refused-sql": "test_check_command.py::test_with_the_analyzer",
    "skipped-analysis": "test_check_command.py::test_without_the_analyzer",
    "unfiltered-partition": "test_planted_defects.py::test_in_schemas",
    "same-field-label": "test_planted_defects.py::test_in_namespaces",
    "many-dashboards": "test_check_command.py::test_many_dashboards",
    "many-tiles": "test_check_command.py::test_many_dashboards",
    "unexplained-ignore": "test_check_command.py::test_ignoring",
    "refused-ignore": "test_check_command.py::test_ignoring",
    "unmatched-ignore": "test_check_command.py::test_ignoring",
    "large-file": "unit/test_disk.py::test_a_large_file_is_named",
    "no-monitoring-project": "unit/test_projects.py::test_nobody_says_where_the_tables_are",
    "unread-project": "unit/test_project_rows.py::test_an_unreadable_file_holds_its_projects",
    "unread-projects": "unit/test_project_rows.py::test_rows_that_cannot_be_read",
    "bad-record": "unit/test_project_rows.py::test_an_experiment_that_means_nothing",
    "lost-part": "unit/test_project_rows.py::test_an_entry_that_cannot_be_read",
    "ignored-key": "unit/test_projects.py::test_what_costs_a_part",
    "renamed-key": "unit/test_project_alerts.py::test_the_old_name_of_parameters",
    "misplaced-defaults": "unit/test_projects.py::test_defaults_are_of_the_platform_of_their_name",
    "no-platform": "unit/test_projects.py::test_what_costs_a_project",
    "no-start-date": "unit/test_projects.py::test_what_costs_a_project",
    "reversed-dates": "unit/test_projects.py::test_what_costs_a_project",
    "several-branchings": "unit/test_projects.py::test_what_costs_a_project",
    "unlisted-dimension": "unit/test_projects.py::test_what_costs_a_project",
    "many-branches": "unit/test_projects.py::test_what_costs_a_part",
    "unmonitored-metric": "unit/test_projects.py::test_what_costs_a_part",
    "no-statistic": "unit/test_projects.py::test_what_costs_a_part",
    "doubled-metric": "unit/test_projects.py::test_what_costs_a_part",
    "unlisted-statistic": "unit/test_projects.py::test_what_costs_a_part",
    "unknown-member": "unit/test_projects.py::test_what_costs_a_part",
    "reserved-name": "unit/test_projects.py::test_what_costs_a_part",
    "no-build-id": "unit/test_projects.py::test_builds_in_the_usual_column",
    "empty-project": "unit/test_projects.py::test_the_last_part_costs_the_project",
    "bad-alert": "unit/test_project_alerts.py::test_what_is_wrong",
    "clashing-projects": "unit/test_project_rows.py::test_names_that_clash",
    "replaced-rows": "unit/test_project_rows.py::test_a_file_says_more_than_a_row",
    "outlived-project": "unit/test_project_rows.py::test_what_is_over_is_still_published",
    "unmonitored-rollouts": "unit/test_project_rows.py::test_rollouts_that_are_no_projects",
    "edited-file": "unit/test_tree.py::test_fate",
    "foreign-file": "unit/test_tree.py::test_fate",
    "unwritable-output": "unit/test_disk.py::test_an_unwritable_folder_is_a_fault",
    "broken-spoke": "test_diff_command.py::test_a_spoke_that_would_break_stops_the_commit",
    "spokes-not-intact": "test_diff_command.py::test_a_spoke_that_would_break_stops_the_commit",
    "push-refused": "unit/test_git.py::test_a_race_lost_twice_forces_nothing",
    "unusable-repository": "unit/test_git.py::test_a_missing_repository_is_a_fault",
    "no-output": "test_publish_flows.py::test_there_is_nothing_to_publish_yet",
    "skipped-steps": "test_publish_flows.py::test_a_parted_follow_up_branch_stops_the_rest",
    "parted-branch": "test_publish_flows.py::test_a_parted_follow_up_branch_stops_the_rest",
    "bad-branch": "test_publish_flows.py::test_a_line_that_is_no_dev_branch",
    "unknown-branch": "test_publish_flows.py::test_a_dev_branch_that_is_not_there",
    "reset-branch": "test_publish_flows.py::test_everything_in_its_order",
    "edited-branch": "test_publish_flows.py::test_work_of_others_on_the_working_branch_stays",
    "drifted-model": "unit/test_scaffold.py::test_drift",
    "vanished-namespace": "unit/test_scaffold.py::test_what_belongs_to_no_namespace",
    "unknown-forge": "test_publish_flows.py::test_a_host_that_nobody_knows",
    "missing-token": "test_publish_flows.py::test_what_is_wrong_with_our_side",
    "refused-token": "test_publish_flows.py::test_a_webhook_that_fails_stops_the_rest",
    "unknown-address": "test_publish_flows.py::test_a_webhook_that_fails_stops_the_rest",
    "refused-request": "test_publish_flows.py::test_a_webhook_that_fails_stops_the_rest",
    "failed-service": "test_publish_flows.py::test_a_webhook_that_fails_stops_the_rest",
    "no-answer": "test_publish_flows.py::test_a_webhook_that_fails_stops_the_rest",
    "malformed-answer": "test_publish_flows.py::test_a_webhook_that_fails_stops_the_rest",
}
"""The codes that no case provokes, and the test that does."""

AWAITED: frozenset[str] = frozenset()
"""The codes of what is being written: each goes when its test comes."""


def in_cases() -> set[str]:
    """The codes that the cases provoke."""
    said = (path.read_text(encoding="utf-8") for path in TESTS.glob("cases/*/*/diagnostics.txt"))
    return set(re.findall(r"(?:error|warning|note) \[([a-z-]+)\]", "".join(said)))


def test_every_code_is_provoked() -> None:
    """A code is in a case, or in the table, or still awaited; and no row is kept in vain."""
    provoked = in_cases()

    assert set() == CODES.keys() - provoked - ELSEWHERE.keys() - AWAITED
    assert set() == ELSEWHERE.keys() & provoked
    assert set() == AWAITED & (provoked | ELSEWHERE.keys())
    assert set() == (ELSEWHERE.keys() | AWAITED) - CODES.keys()


@pytest.mark.parametrize(("code", "place"), ELSEWHERE.items(), ids=ELSEWHERE)
def test_the_table_is_true(code: str, place: str) -> None:
    """The test that the table names exists and speaks of the code."""
    path, _, name = place.partition("::")

    assert code in dict(_tests(TESTS / path))[name]


def _tests(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each test of a file, decorators included."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            yield node.name, "\n".join(lines[first - 1 : node.end_lineno])


@pytest.mark.parametrize("code", CODES)
def test_code_reads_well(code: str) -> None:
    """A code is kebab-case; its message begins small and ends without a full stop."""
    row = CODES[code]

    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", code)
    assert row.message
    assert not row.message.endswith(".")
    assert not row.hint.endswith(".")
