"""Defects planted one by one in definitions, schemas, trees and spokes: each is found, and where.

A row is a defect: what it replaces in a sound hub, the code that finds it, and a text in whose line
it is found.
"""

from pathlib import Path

import pytest

from tests import planted as hub

VIEWS = "namespaces.yaml"
TABLES = "catalog.yaml"
METRICS = "metric-hub/definitions/web.toml"
STATISTICS = "metric-hub/looker/definitions/web.toml"
VIEW = "shop/views/orders.view.lkml"
EXPLORE = "shop/explores/orders.explore.lkml"
GROUP = "shop/datagroups/orders.datagroup.lkml"
BOARD = "shop/dashboards/orders.dashboard.lookml"


def test_nothing_is_planted(tmp_path: Path) -> None:
    """Nothing is found where nothing is wrong."""
    assert set() == hub.of_definitions(hub.HUB, tmp_path)
    assert set() == hub.of_tree(hub.TREE)
    assert set() == hub.of_spoke(hub.TREE)


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("type: sum,", "type: summ,", "bad-field-type", "revenue:"),
        (
            "country:\n",
            "day: {timeframes: [date, fortnight]}\n        country:\n",
            "bad-field-type",
            "fortnight",
        ),
        (
            'waited: {type: number, sql: "${is_large}"}',
            "waited: {type: number}",
            "no-sql",
            "waited:",
        ),
        ('revenue: {type: sum, sql: "${amount}"}', "revenue: {type: sum}", "no-sql", "revenue:"),
        ("> 100", "> ${waited}", "cyclic-field", "is_large:"),
        ('sql: "${is_large}"', 'sql: "${waited} + 1"', "cyclic-field", "waited:"),
        (
            "orders: {type: count,",
            (
                'a: {type: number, sql: "${b}"}\n        b: {type: number, sql: "${c}"}\n'
                '        c: {type: number, sql: "${a}"}\n        orders: {type: count,'
            ),
            "cyclic-field",
            "b: {type",
        ),
        (
            "type: number\n          sql: SAFE_DIVIDE(${revenue}, COUNT(*))",
            "type: sum\n          sql: ${revenue}",
            "aggregated-measure",
            "sql: ${revenue}",
        ),
        ('sum, sql: "${amount}"', 'sum, sql: "${TABLE}.amuont"', "missing-column", "amuont"),
        ("${amount} > 100", "${TABLE}.geo.town = 'x'", "missing-column", "town"),
        ("${amount} > 100", "${TABLE}.lines.sku = 'x'", "missing-column", "lines.sku"),
        ("SAFE_DIVIDE(${revenue}", "SAFE_DIVIDE(${revenues}", "unknown-field", "sql: SAFE_DIVIDE"),
        (
            "sql: SAFE_DIVIDE(",
            "html: <b>{{ citty._value }}</b>\n          sql: SAFE_DIVIDE(",
            "unknown-field",
            "html:",
        ),
        (
            "https://maps.example.org/{{ value }}",
            "https://x.example.org/{{ land._value }}",
            "unknown-field",
            "link:",
        ),
        ("label: Map,", "lable: Map,", "unknown-parameter", "link:"),
        ("link: {label: Map, url:", "case: {wen: x, else:", "unknown-parameter", "case:"),
        (
            "SAFE_DIVIDE(${revenue}, COUNT(*))",
            "SAFE_DIVIDE(${revenue}",
            "bad-sql",
            "sql: SAFE_DIVIDE",
        ),
        (
            "country:\n",
            (
                'since: {type: duration, timeframes: [date], sql_start: "DATE(", sql_end: x}'
                "\n        country:\n"
            ),
            "bad-sql",
            "since:",
        ),
        ("revenue: {", "amount: {", "taken-name", "amount: {"),
        ("share:\n", "share:\n          lable: x\n", "unknown-parameter", "lable: x"),
        ("drill_fields: [order_id]", "drill_fields: [details*]", "dangling-set", "details*"),
        (
            "country:\n",
            "country:\n          label: Geo\n          suggest_explore: towns\n",
            "dangling-explore",
            "country:",
        ),
        (
            "country:\n",
            "country:\n          suggest_explore: orders\n          suggest_dimension: land\n",
            "dangling-field",
            "country:",
        ),
        ("channel: beta", "channel: release", "duplicate-channel", "visits_beta"),
        (
            "is_large: {type: yesno,",
            "is_large: {primary_key: yes, type: yesno,",
            "overridden-key",
            "is_large:",
        ),
        ("primary_key: order_id", "primary_key: order", "missing-key-column", "orders:"),
        ("field: day}", "field: daay}", "missing-partition", "orders:"),
        (
            "{base_view: orders}",
            "{base_view: orders, joined_view: [visits]}",
            "unjoined-view",
            "joined_view",
        ),
        (
            "{base_view: orders}",
            '{base_view: orders, joined_view: ["*_x"]}',
            "unknown-view",
            "joined_view",
        ),
        ("{base_view: orders}", "{base_view: ordres}", "unknown-view", "ordres"),
        ("type: table_explore", "type: tabel_explore", "unknown-kind", "tabel_explore"),
        ("table: acme.shop.visits_beta", "table: shop.visits", "bad-table", "table: shop.visits"),
        ("is_large: {", "is_large: {label: Amount, ", "same-field-label", "is_large:"),
        (
            "country:\n",
            "is_big: {type: yesno, sql: 1 AND NOT}\n        country:\n",
            "bad-sql",
            "is_big:",
        ),
        ('sum, sql: "${amount}"', 'sum, sql: "${country}"', "unbound-sql", "revenue:"),
        ("SAFE_DIVIDE(${revenue}, COUNT(*))", "SUM(${revenue})", "unbound-sql", "share:"),
        ("SAFE_DIVIDE(${revenue}, COUNT(*))", "${amount} / COUNT(*)", "unbound-sql", "share:"),
        ("${amount} > 100", "UPPER(${TABLE}.country) - 1 > 100", "unbound-sql", "is_large:"),
    ],
)
def test_in_namespaces(old: str, new: str, code: str, place: str, tmp_path: Path) -> None:
    """What is wrong with entries and the fields that people write in them."""
    files = hub.planted(hub.HUB, VIEWS, old, new)
    found = hub.of_definitions(files, tmp_path)

    assert hub.Finding(code, VIEWS, hub.line_of(files[VIEWS], place)) in found


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "place"),
    [
        (METRICS, '"SUM(visits)"', '"visits"', "no-aggregation", 'expression = "visits"'),
        (METRICS, '"SUM(visits)"', '"SUM(visits"', "unparsable-definition", "SUM(visits"),
        (
            METRICS,
            "[data_sources.days]",
            "[data_sources.daily]",
            "unknown-reference",
            "data_source =",
        ),
        (
            METRICS,
            'friendly_name = "Pages"',
            'friendly_name = "Visits"',
            "same-label",
            'friendly_name = "Visits"\ndescription = "Pages',
        ),
        (
            METRICS,
            'friendly_name = "Pages"',
            'friendly_name = " VISITS"',
            "same-label",
            'friendly_name = " VISITS"',
        ),
        (
            METRICS,
            'owner = "web@example.org"\n\n[metrics.pages]',
            'onwer = "x"\n\n[metrics.pages]',
            "unknown-key",
            "onwer",
        ),
        (METRICS, '"SUM(pages)"', '"SUM(city)"', "unbound-sql", '"SUM(city)"'),
        (METRICS, '"SUM(pages)"', '"SUM(pagse)"', "unknown-column", "SUM(pagse)"),
        (
            METRICS,
            'friendly_name = "Days"',
            (
                'friendly_name = "Days"\n[data_sources.towns]\nfrom_expression = "acme.shop.days"\n'
                '[data_sources.days.joins.towns]\nrelationship = "one_to_many"\n'
                'on_expression = "days.city = towns.town"'
            ),
            "unknown-column",
            "towns.town",
        ),
        (
            STATISTICS,
            "[metrics.pages.statistics.sum]",
            "[metrics.pages.statistics.summ]",
            "unknown-statistic",
            "summ",
        ),
    ],
)
def test_in_metrics(  # noqa: PLR0913, PLR0917 - a row is what it is
    file: str, old: str, new: str, code: str, place: str, tmp_path: Path
) -> None:
    """What is wrong with definitions of metrics."""
    files = hub.planted(hub.HUB, file, old, new)
    found = hub.of_definitions(files, tmp_path)

    assert hub.Finding(code, file, hub.line_of(files[file], place)) in found


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("acme.shop.orders:", "acme.shop.order:", "missing-relation", "table: acme.shop.orders"),
        ("    amount: NUMERIC\n", "", "unknown-field", "revenue:"),
        ("    day: DATE\n", "", "missing-partition", "orders:"),
        ("    normalized_channel: STRING\n", "", "ineffective-channels", "visits:"),
        ("{field: day, req", "{req", "unfiltered-partition", "orders: {type: table_explore"),
        (
            "{field: day, req",
            "{field: amount, kind: range, req",
            "unfiltered-partition",
            "orders: {type: table_explore",
        ),
        (
            "{field: day, req",
            "{field: country, req",
            "unfiltered-partition",
            "orders: {type: table_explore",
        ),
        (
            "acme.shop.visits: &visits\n",
            (
                "acme.shop.raw:\n"
                "  partitioning: {field: client_id, require_partition_filter: true}\n"
                "  columns: {client_id: STRING}\n"
                "acme.shop.visits: &visits\n  kind: VIEW\n  reads_from: [acme.shop.raw]\n"
            ),
            "unfiltered-partition",
            "visits: {type: ping_explore",
        ),
        (
            "client_id: STRING\n    norm",
            "client_id: STRING\n    context_id: STRING\n    norm",
            "several-identifiers",
            "visits:",
        ),
        (
            "submission_timestamp: TIMESTAMP",
            "created_date: DATE\n    created_time: TIMESTAMP",
            "clashing-times",
            "visits:",
        ),
    ],
)
def test_in_schemas(old: str, new: str, code: str, place: str, tmp_path: Path) -> None:
    """What a warehouse holds, and entries that it does not fit."""
    found = hub.of_definitions(hub.planted(hub.HUB, TABLES, old, new), tmp_path)

    assert hub.Finding(code, VIEWS, hub.line_of(hub.HUB[VIEWS], place)) in found


def test_a_fan_out(tmp_path: Path) -> None:
    """Without a primary key, sums over the joined records are wrong."""
    files = hub.planted(hub.HUB, VIEWS, "      primary_key: order_id\n", "")
    place = hub.line_of(files[VIEWS], "orders: {type: table_explore")

    assert {hub.Finding("fan-out", VIEWS, place)} == hub.of_definitions(files, tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "place"),
    [
        (VIEW, "[id, city]", "[id, citty]", "dangling-field", "view: orders"),
        (VIEW, "%}${total}{%", "%}${totals}{%", "dangling-field", "measure: rate"),
        (VIEW, "orders.unit._par", "orders.units._par", "dangling-field", "measure: rate"),
        (VIEW, "[detail*]", "[details*]", "dangling-set", "measure: total"),
        (VIEW, "dimension: city {", "dimension: id {", "duplicate-field", "dimension: id {\n"),
        (VIEW, "view: lines {", "view: lines { extends: [lines]", "cyclic-extends", "view: lines"),
        (VIEW, "view: lines {", "view: lines { extends: [rows]", "dangling-view", "view: lines"),
        (VIEW, "${TABLE}.city ;;", "UPPER(${TABLE}.city ;;", "unparsable-sql", "dimension: city"),
        (VIEW, "primary_key: yes ", "", "fan-out", None),
        (
            VIEW,
            "view: lines { dimension",
            "view: orders { dimension",
            "duplicate-object",
            "view: orders { dimension",
        ),
        (VIEW, "view: lines {", "view: lines", "malformed-file", None),
        (EXPLORE, "views/orders.view", "views/order.view", "dangling-include", None),
        (
            EXPLORE,
            "persist_with: orders_last",
            "persist_with: order_last",
            "dangling-datagroup",
            "explore: orders",
        ),
        (
            EXPLORE,
            "${orders.day_date} >=",
            "${orders.day_time} >=",
            "dangling-field",
            "explore: orders",
        ),
        (EXPLORE, "join: lines {", "join: rows {", "dangling-view", "explore: orders"),
        (EXPLORE, "measures: [total]", "measures: [day_week]", "misplaced-field", None),
        (EXPLORE, 'city: "Ulm"', 'city: "Bonn"', "unused-aggregate-table", None),
        (GROUP, "MAX(day)", "MAX(day", "unparsable-sql", None),
        (
            BOARD,
            "[orders.day_date, orders.total]",
            "[orders.day_date, orders.sum]",
            "dangling-field",
            None,
        ),
        (BOARD, "explore: orders\n    type", "explore: order\n    type", "dangling-explore", None),
        (BOARD, "City: orders.city", "Town: orders.city", "dangling-filter", None),
        (BOARD, ", City: orders.city", "", "unheard-filter", None),
        (BOARD, "default_value: Ulm", "default_value: Rome", "bad-default", None),
        (BOARD, "sorts: [orders.day_date]", "sorts: [orders.city]", "unshown-field", None),
        (BOARD, "col: 0", "col: 20", "misplaced-tile", None),
        (BOARD, "name: total\n    model: shop", "name: total", "no-model", None),
        (
            BOARD,
            "  - title: Total\n",
            (
                "  - {name: total, title: T, explore: orders, model: shop,\n"
                "     type: t, fields: [orders.total], row: 8}\n  - title: Total\n"
            ),
            "duplicate-name",
            None,
        ),
    ],
)
def test_in_trees(file: str, old: str, new: str, code: str, place: str | None) -> None:
    """What is wrong with LookML that somebody else made; a place is a line where that is known."""
    files = hub.planted(hub.TREE, file, old, new)
    found = hub.of_tree(files)
    told = {item for item in found if item.code == code}

    if place is None:
        assert told
        assert {file, EXPLORE} >= {item.path for item in told}
    else:
        assert hub.Finding(code, file, hub.line_of(files[file], place)) in told


@pytest.mark.parametrize(
    ("old", "new", "label", "place"),
    [
        ("dimension: city {", "dimension: place {", "`orders.city`", "UPPER"),
        ("measure: total {", "measure: sum_total {", "`orders.total`", "average"),
        ("[date, week]", "[week]", "`orders.day_date`", "always_filter"),
    ],
)
def test_in_spokes(old: str, new: str, label: str, place: str) -> None:
    """What breaks in a project that refines the hub, once the hub loses a field."""
    found = hub.of_spoke(hub.planted(hub.TREE, VIEW, old, new))

    assert any(label.strip("`").rpartition(".")[2] in said for said, _ in found), found
    assert hub.line_of(hub.SPOKE, place) in {line for _, line in found}


def test_an_explore_that_goes() -> None:
    """A refined explore that the hub no longer has."""
    found = hub.of_spoke(hub.planted(hub.TREE, EXPLORE, "explore: orders {", "explore: sales {"))

    assert hub.line_of(hub.SPOKE, "explore: +orders") in {line for _, line in found}


def test_a_file_that_goes() -> None:
    """An included file that the hub no longer has."""
    left = {path: text for path, text in hub.TREE.items() if path != EXPLORE}

    assert hub.line_of(hub.SPOKE, "explores/orders") in {line for _, line in hub.of_spoke(left)}
