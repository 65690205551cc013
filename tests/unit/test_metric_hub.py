"""Metric-hub definitions: how files merge, what refers to what, and what hostile ones cost."""

import subprocess
from pathlib import Path

import pytest
from git import Repo

from generator.artifact import Holds, Owned
from generator.diagnostics import CODES, Diagnostic, split
from generator.metrics import Hub, load
from generator.semantics.definition_checks import check_definitions
from generator.semantics.definitions import Level, Metric, PeriodOverPeriod
from generator.sources.metric_hub import Repository, read_metric_hubs
from generator.sources.metric_hub_git import checkout

SOURCE = """
[data_sources.days]
from_expression = "acme.web.days"
"""
VISITS = """
[metrics.visits]
data_source = "days"
select_expression = "SUM(visits)"
"""
FUNCTIONS = """
[functions.agg_sum]
definition = "COALESCE(SUM({select_expr}), 0)"
[functions.twice]
definition = "({select_expr} + {select_expr})"
"""


def hub(root: Path, tool: str | None = "looker", **files: str) -> Hub:
    """Files as a tool sees them: `web` is of all tools, `looker_web` of Looker alone."""
    for key, text in files.items():
        folder, _, name = key.rpartition("_")
        path = root / folder / "definitions" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load(root, tool=tool)


def codes(found: Hub) -> list[str]:
    """The codes of what is wrong, without notes."""
    return [d.code for d in found.diagnostics if CODES[d.code].severity != "note"]


def only(found: Hub) -> Diagnostic:
    """The single thing that is wrong."""
    (diagnostic,) = found.diagnostics
    return diagnostic


def metric(found: Hub, slug: str = "visits") -> Metric:
    """A metric of the platform `web`."""
    return found.platform("web").metric[slug]


# merging


def test_unset_is_not_false(tmp_path: Path) -> None:
    """An override leaves what it does not say, and switches off what it says is off."""
    base = SOURCE + "columns_as_dimensions = true\n" + VISITS
    base += "bigger_is_better = false\ndeprecated = true\n"
    silent = "[metrics.visits.statistics.sum]\n[data_sources.days]\ndescription = 'x'"
    loud = (
        "[metrics.visits]\ndeprecated = false\n[data_sources.days]\ncolumns_as_dimensions = false"
    )
    for override, expected in ((silent, (False, True, True)), (loud, (False, False, False))):
        found = hub(tmp_path, web=base, looker_web=override)
        source = found.platform("web").data_source["days"]
        made = metric(found)

        assert expected == (made.bigger_is_better, made.deprecated, source.columns_as_dimensions)


def test_an_override_is_for_its_tool(tmp_path: Path) -> None:
    """Each tool sees its own folder; without a tool, definitions are the truth."""
    base, override = SOURCE + VISITS, "[metrics.visits]\nfriendly_name = 'Calls'"
    titles = {
        tool: metric(hub(tmp_path, tool, web=base, opmon_web=override)).label
        for tool in ("opmon", "looker", None)
    }

    assert {"opmon": "Calls", "looker": "Visits", None: "Visits"} == titles


def test_wildcards(tmp_path: Path) -> None:
    """A wildcard is for what the base has; a later entry wins over it; joins go as a whole."""
    base = SOURCE + "[data_sources.users]\nfrom_expression = 'acme.web.users'\n"
    over = """
[data_sources.'*'.joins.more]
[data_sources.users]
joins = {}
[data_sources.more]
from_expression = "acme.web.more"
[data_sources.'d*']
description = "d"
"""
    found = hub(tmp_path, web=base, looker_web=over)
    sources = found.platform("web").data_source

    assert ["days", "users", "more"] == list(sources)
    assert {"days": ["more"], "users": [], "more": []} == {
        slug: [join.source for join in source.joins] for slug, source in sources.items()
    }
    assert ("d", None) == (sources["days"].description, sources["more"].description)


def test_a_wildcard_in_vain(tmp_path: Path) -> None:
    """A wildcard that matches nothing is said; a slug with other characters is none."""
    over = "[metrics.'clicks_*']\ndescription = 'x'\n[metrics.'a-b']\ndescription = 'x'"
    found = hub(tmp_path, web=SOURCE + VISITS, looker_web=over)

    assert ["unmatched-wildcard", "bad-slug"] == codes(found)


def test_a_changed_expression(tmp_path: Path) -> None:
    """Two numbers for one metric are worth a word, other layout is not."""
    for text, expected in (("SUM( visits )", True), ("SUM(visits)\\n", False), ("COUNT(*)", True)):
        over = f'[metrics.visits]\nselect_expression = "{text}"'
        found = hub(tmp_path, web=SOURCE + VISITS, looker_web=over)

        assert expected == ("changed-expression" in codes(found))


def test_later_repositories_win(tmp_path: Path) -> None:
    """Of several repositories the later one overrides; provenance says which file it was."""
    hub(tmp_path / "a", web=SOURCE + VISITS + "level = 'gold'\n")
    hub(tmp_path / "b", web="[metrics.visits]\ndescription = 'new'", shop=SOURCE)
    found = load(tmp_path / "a", tmp_path / "b")
    made = metric(found)

    assert ["shop", "web"] == [platform.name for platform in found.platforms]
    assert ("new", Level.GOLD) == (made.description, made.level)
    assert str(made.places["description"]) == f"{tmp_path}/b/definitions/web.toml:2"
    assert str(made.places["level"]) == f"{tmp_path}/a/definitions/web.toml:8"


def test_a_tool_may_have_its_own_platform(tmp_path: Path) -> None:
    """A platform that only a tool's folder has is one; functions.toml is none."""
    found = hub(tmp_path, functions=FUNCTIONS, looker_web=SOURCE + VISITS)

    assert ["web"] == [platform.name for platform in found.platforms]


def test_an_unread_file_costs_its_platform(tmp_path: Path) -> None:
    """Half a platform would look like deletions."""
    found = hub(tmp_path, web="[metrics", looker_web=VISITS, shop=SOURCE)

    assert ["malformed-file", "unread-platform"] == codes(found)
    assert ["shop"] == [platform.name for platform in found.platforms]


def test_keys_of_any_case(tmp_path: Path) -> None:
    """Keys are read in any case, slugs are not; a key in two cases is written twice."""
    text = SOURCE + "[metrics.Visits]\nData_Source = 'days'\nSELECT_EXPRESSION = 'SUM(x)'\n"
    assert "SUM(x)" == metric(hub(tmp_path, web=text), "Visits").expression

    found = hub(tmp_path, web=text + "select_expression = 'SUM(y)'")
    assert ["duplicate-key"] == codes(found)


def test_an_owner_is_one_or_several(tmp_path: Path) -> None:
    """A text or a list."""
    for text in ("'a@shop.example'", "['a@shop.example']"):
        found = hub(tmp_path, web=SOURCE + VISITS + f"owner = {text}")

        assert ("a@shop.example",) == metric(found).owners


# references


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (SOURCE + VISITS.replace('"days"', '"dayz"'), "unknown-reference", "did you mean `days`?"),
        (SOURCE + VISITS + "descriptionn = 'x'", "unknown-key", "did you mean `description`?"),
        (SOURCE + VISITS + "level = 'golden'", "bad-choice", "did you mean `gold`?"),
        (SOURCE + VISITS + "analysis_units = ['profile_group_id']", "unsupported-unit", "client"),
        (SOURCE + "[metrics.visits]\ndata_source = 'days'", "incomplete-definition", "add it"),
        (SOURCE + "[metrics.visits.statistics.sum]", "no-expression", "mend the slug"),
        (SOURCE + VISITS + "[metrics.visits.statistics.mean]", "unknown-statistic", "`average`"),
        (SOURCE + "experiments_column_type = 'simpel'", "bad-choice", "did you mean `simple`?"),
        (SOURCE + "[data_sources.days.joins.none]", "unknown-reference", "known: `days`"),
        (SOURCE + "[data_sources.days.joins.days]", "cyclic-reference", "cut the circle"),
        (SOURCE + "[data_sources.days.joins.days]\non = 'x'", "unknown-key", "`on_expression`"),
        (SOURCE + "[metrics.definitions]\ntype = 'scalar'", "bad-slug", "kept for lists"),
        (SOURCE.replace("web.days", "{dataset}.days"), "no-default-dataset", "default_dataset"),
        (SOURCE.replace("web.days", "{table}.days"), "bad-template", "Braces are doubled"),
        (SOURCE.replace("web.days", "web{{experiment.x}}"), "bad-template", "jetstream"),
        (SOURCE + "[metrics]\nvisits = 1", "wrong-definition", "mend it"),
        (
            SOURCE + VISITS + "[metrics.Visits]\ndata_source='days'\nselect_expression='SUM(x)'",
            "alike-slugs",
            "rename",
        ),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: str, code: str, said: str) -> None:
    """Each mistake costs its entry, and is told with its line and a way to mend it."""
    found = hub(tmp_path, web=text, shop=SOURCE + VISITS)
    diagnostic = only(found)

    assert code == diagnostic.code
    assert diagnostic.at is not None
    assert diagnostic.at.line is not None
    assert said in diagnostic.hint
    assert ["visits"] == list(found.platform("shop").metric)


def test_a_lost_source_takes_its_metrics_along(tmp_path: Path) -> None:
    """What stands on what is lost is lost as well, and said; all else stays."""
    text = """
[data_sources.a.joins.b]
[data_sources.a]
from_expression = "a"
[data_sources.b.joins.nothing]
[data_sources.b]
from_expression = "b"
[metrics.on_a]
data_source = "a"
select_expression = "SUM(x)"
[metrics.upon]
depends_on = ["on_a"]
"""
    found = hub(tmp_path, web=SOURCE + VISITS + text)

    assert ["unknown-reference", "lost-reference", "lost-reference", "lost-reference"] == codes(
        found
    )
    assert ["visits"] == list(found.platform("web").metric)


def test_circles(tmp_path: Path) -> None:
    """Metrics that need each other are all lost, whoever is not in the circle is not."""
    text = "".join(
        f"[metrics.{a}]\ndepends_on = ['{b}']\n" for a, b in zip("abc", "bca", strict=True)
    )
    found = hub(tmp_path, web=SOURCE + VISITS + text)

    assert ["cyclic-reference"] * 3 == codes(found)
    assert "`a` → `b` → `c` → `a`" in found.diagnostics[0].message
    assert ["visits"] == list(found.platform("web").metric)


def test_joins_of_what_has_no_client(tmp_path: Path) -> None:
    """A source without clients joins on a condition only; nobody joins it without one."""
    text = (
        SOURCE
        + "client_id_column = 'NULL'\n[data_sources.days.joins.more]\n"
        + "[data_sources.more]\nfrom_expression = 'more'\n[data_sources.more.joins.rest]\n"
        + "[data_sources.rest]\nfrom_expression = 'rest'\nclient_id_column = 'NULL'\n"
    )
    found = hub(tmp_path, web=text)
    checked = {diagnostic.code for diagnostic in check_definitions(found.platforms)}

    assert "skipped-join" == only(found).code
    assert () == found.platform("web").data_source["days"].effective_joins
    assert "unjoinable-source" in checked


# statistics


def test_statistics(tmp_path: Path) -> None:
    """Looker's parameters are typed; an aggregation that is not there costs itself only."""
    text = """
[metrics.visits.statistics]
sum = {period_over_period = {periods = [7]}}
rolling_average = {aggregations = ["sum", "avg"], window_sizes = [7, 28]}
ratio = {numerator = "visits.sum", denominator = "visits.sum"}
"""
    found = hub(tmp_path, web=SOURCE + VISITS + text)
    first, rolling, ratio = metric(found).statistics

    assert PeriodOverPeriod((7,), ("previous",)) == first.period_over_period
    assert (("sum",), (7, 28)) == (rolling.aggregations, rolling.window_sizes)
    assert ("visits.sum", "visits.sum") == (ratio.numerator, ratio.denominator)
    assert "bad-statistic" == only(found).code


@pytest.mark.parametrize(
    "text",
    [
        "sum = {windows = 1}",
        "ratio = {numerator = 'visits.sum'}",
        "ratio = {numerator = 'visits', denominator = 'visits.sum'}",
        "sum = {period_over_period = {periods = [0]}}",
        "sum = {period_over_period = {periods = [7], kinds = ['last']}}",
        "sum = {period_over_period = {period = [7]}}",
        "sum = {period_over_period = 7}",
        "rolling_average = {window_sizes = 7}",
        "rolling_average = {}",
    ],
)
def test_bad_statistics(tmp_path: Path, text: str) -> None:
    """A statistic that cannot be made costs itself, not its metric."""
    found = hub(tmp_path, web=SOURCE + VISITS + f"[metrics.visits.statistics]\nmax = {{}}\n{text}")

    assert only(found).code in ("bad-statistic", "incomplete-definition")
    assert ["max"] == [statistic.name for statistic in metric(found).statistics]


# templates


def expression(root: Path, text: str) -> Hub:
    """A metric with an expression, beside one that is well."""
    toml = text.replace("\\", "\\\\").replace('"', '\\"')
    other = VISITS.replace("visits", "other")
    web = f'{SOURCE}{other}[metrics.visits]\ndata_source = "days"\nselect_expression = "{toml}"'
    return hub(root, web=web, functions=FUNCTIONS)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ('{{agg_sum("a")}}', "COALESCE(SUM(a), 0)"),
        ("{{ agg_sum('a') }} / {{twice(\"b\")}}", "COALESCE(SUM(a), 0) / (b + b)"),
        ("{{agg_sum(twice('b'))}}", "COALESCE(SUM((b + b)), 0)"),
        ("SUM(IF(x = '{a}', 1, 0))", "SUM(IF(x = '{a}', 1, 0))"),
        ("SUM(1) {# why #}", "SUM(1)"),
    ],
)
def test_templates(tmp_path: Path, text: str, made: str) -> None:
    """Calls of functions are filled in, all else stays."""
    assert made == metric(expression(tmp_path, text)).expression


@pytest.mark.parametrize(
    "text",
    [
        "{{agg_some('a')}}",
        "{{agg_sum}}",
        "{{agg_sum.__globals__}}",
        "{{agg_sum('a').__class__.__mro__}}",
        "{{''.__class__.__mro__[1].__subclasses__()}}",
        "{{agg_sum('a' * 1000000000)}}",
        "{{agg_sum(select_expr='a')}}",
        "{{agg_sum('a', 'b')}}",
        "{{agg_sum(*['a'])}}",
        "{{'a'|upper}}",
        "{{'%s'|format('a')}}",
        "{{range(1000000000)|list}}",
        "{{cycler('a').__init__}}",
        "{{parameters.x}}",
        "{{experiment.start_date_str}}",
        "{% for i in range(1000000000) %}{% endfor %}",
        "{% set x = 1 %}{{x}}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% raw %}{{ x }}{% endraw %}",
        "{{agg_sum('a')",
        "{{agg_sum('{{')}}",
        "{{1}}{{2}}{{" + "9" * 5000 + "}}",
        "{{" + "(" * 3000 + "'a'" + ")" * 3000 + "}}",
        "{{" + "twice(" * 30 + "'abcdefgh'" + ")" * 30 + "}}",
    ],
)
def test_hostile_templates(tmp_path: Path, text: str) -> None:
    """Whatever is more than a call of a known function is refused, and nothing of it is run."""
    found = expression(tmp_path, text)

    assert ["bad-template"] == codes(found)
    assert ["other"] == list(found.platform("web").metric)


@pytest.mark.parametrize(
    "definition",
    [
        "{select_expr.__class__}",
        "{select_expr:>999999999}",
        "{0}",
        "{other}",
        "{select_expr!r}",
        "{",
    ],
)
def test_hostile_functions(tmp_path: Path, definition: str) -> None:
    """A function may only put its text somewhere."""
    text = f'{FUNCTIONS}[functions.bad]\ndefinition = "{definition}"'
    found = hub(tmp_path, web=SOURCE + VISITS, functions=text)

    assert ["bad-template"] == codes(found)
    assert ["visits"] == list(found.platform("web").metric)


@pytest.mark.parametrize(
    "text",
    ["SUM(", "SUM(a), SUM(b)", "SUM(a) FROM x", "1; DROP TABLE x", "(" * 5000, "SUM(a) AS b", "a"],
)
def test_expressions_that_mean_nothing(tmp_path: Path, text: str) -> None:
    """An expression that does not parse, or adds nothing up, is found by the checks."""
    found = expression(tmp_path, text)
    code = "no-aggregation" if text == "a" else "unparsable-definition"

    assert [code] == [
        d.code
        for d in check_definitions(found.platforms)
        if d.code in ("no-aggregation", "unparsable-definition")
    ]


def test_checks(tmp_path: Path) -> None:
    """What is worth knowing of definitions that resolve."""
    text = SOURCE.replace('"acme.web.days"', '"acme.web.days"\ndefault_dataset = "web"')
    text += VISITS + "deprecated = true\n[metrics.visits.statistics.sum]\n"
    text += VISITS.replace("[metrics.visits]", "[metrics.visits_v2]") + "friendly_name = 'Visits'\n"
    text += VISITS.replace("[metrics.visits]", "[metrics.calls]") + "friendly_name = 'Visits'\n"
    text += "type = 'histogram'\n[metrics.calls.statistics.sum]\n"
    text += "[metrics.upon]\ndepends_on = ['visits']\n"
    text += "[data_sources.unused]\nfrom_expression = 'x'\n"
    found = hub(tmp_path, web=text)

    assert {
        "histogram-statistic",
        "undescribed-metrics",
        "same-label",
        "deprecated-reference",
        "unused-source",
        "ineffective-key",
    } == {diagnostic.code for diagnostic in check_definitions(found.platforms)}


def test_names_of_what_nobody_sees(tmp_path: Path) -> None:
    """The successor of a deprecated metric may be called as it was."""
    text = SOURCE + VISITS + "deprecated = true\nfriendly_name = 'Calls'\n"
    text += VISITS.replace("[metrics.visits]", "[metrics.calls]")
    found = hub(tmp_path, web=text)

    assert {"undescribed-metrics"} == {d.code for d in check_definitions(found.platforms)}


@pytest.mark.parametrize(
    ("path", "text", "used"),
    [
        ("jetstream/new-button.toml", "[metrics.a]\ndata_source = 'spare'\n", True),
        ("jetstream/outcomes/web/quick.toml", 'metrics = {a = {data_source = "spare"}}', True),
        ("opmon/speed.toml", "[data_sources.days.joins.spare]\n", True),
        ("jetstream/new-button.toml", "[metrics.a]\n# data_source = 'spare'\n", False),
        ("notes/new-button.toml", "[metrics.a]\ndata_source = 'spare'\n", False),
        ("jetstream/new-button.toml", "[metrics.a]\ndata_source = 'spares'\n", False),
    ],
    ids=["experiment", "outcome", "join", "comment", "no-tool", "another"],
)
def test_what_other_tools_use(tmp_path: Path, path: str, text: str, used: bool) -> None:  # noqa: FBT001 - a case
    """A data source that only a file of another tool names is in use."""
    spare = "[data_sources.spare]\nfrom_expression = 'acme.web.spare'\n"
    found = hub(tmp_path, web=SOURCE + VISITS + spare)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text, encoding="utf-8")
    (collection,), _ = split(read_metric_hubs([Repository(str(tmp_path))], ("looker",)))

    noticed = check_definitions(found.platforms, collection.mentioned)

    assert used != ("unused-source" in [item.code for item in noticed])


def test_ratios(tmp_path: Path) -> None:
    """The parts of a ratio are known, and of one data source."""
    text = SOURCE + VISITS + SOURCE.replace("days", "users")
    text += VISITS.replace("visits", "calls").replace("days", "users")
    text += """
[metrics.visits.statistics.ratio]
numerator = "visits.sum"
denominator = "calls.sum"
[metrics.calls.statistics.ratio]
numerator = "cals.sum"
denominator = "calls.sums"
"""
    found = check_definitions(hub(tmp_path, web=text).platforms)

    assert ["bad-statistic", "unknown-reference", "unknown-statistic"] == [
        d.code for d in found if CODES[d.code].severity == "error"
    ]


# repositories


def test_not_a_repository(tmp_path: Path) -> None:
    """A folder that is not there, or has no definitions, is said."""
    assert ["no-definitions"] == codes(load(tmp_path))
    assert ["unreadable-file"] == codes(load(tmp_path / "none"))


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A file that leads out of the repository is not read."""
    (tmp_path / "secret.toml").write_text("password = 'x'")
    hub(tmp_path / "hub", web=SOURCE + VISITS)
    (tmp_path / "hub/definitions/bad.toml").symlink_to(tmp_path / "secret.toml")
    found = load(tmp_path / "hub")

    assert ["unreadable-file"] == codes(found)
    assert ["web"] == [platform.name for platform in found.platforms]


def test_git(tmp_path: Path) -> None:
    """A git address is fetched, at the branch or tag behind its `@`; the next time it is fresh."""
    origin = tmp_path / "origin"
    hub(origin, web=SOURCE + VISITS)
    with Repo.init(origin, initial_branch="main") as repo:
        author = ("-c", "user.name=a", "-c", "user.email=a@shop.example")
        repo.git.add("-A")
        repo.git.execute(["git", *author, "commit", "-m", "first"])
        repo.git.tag("v1")
        hub(origin, web=SOURCE)
        repo.git.execute(["git", *author, "commit", "-a", "-m", "second"])
    url, cache = f"file://{origin}", tmp_path / "cache"
    counts = [
        len(load(address, cache=cache).platform("web").metrics)
        for address in (f"{url}@v1", f"{url}@main", url, f"{url}@v1")
    ]

    assert [1, 0, 0, 1] == counts
    assert f"{url}@v1/definitions/web.toml" in str(
        load(f"{url}@v1", cache=cache).platform("web").at
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://bot:secret@127.0.0.1:1/hub",
        "file:///nowhere/hub@main",
        "file:///nowhere/hub@--upload-pack=x",
    ],
)
def test_unfetched(tmp_path: Path, address: str) -> None:
    """What cannot be fetched is an error that tells no credential."""
    found = only(load(address, cache=tmp_path))

    assert "unfetched-repository" == found.code
    assert "secret" not in str(found)


def test_one_of_several_that_cannot_be_had(tmp_path: Path) -> None:
    """The other is not taken for the whole, and whatever was published of any stays."""
    hub(tmp_path / "here", web=SOURCE + VISITS)
    repositories = (Repository(str(tmp_path / name)) for name in ("here", "there"))
    collections, (diagnostic,) = split(read_metric_hubs(repositories))

    assert () == collections
    held = Holds(subjects=frozenset({str(diagnostic.subject)}))
    assert held.keeps(Owned("x", "metric_definitions_view", "web.data_sources.days"))


def test_unknown_platform(tmp_path: Path) -> None:
    """A platform that nobody defined is told with the nearest."""
    with pytest.raises(Exception, match=r"unknown-platform(.|\n)*did you mean `web`"):
        hub(tmp_path, web=SOURCE).platform("wbe")


def test_a_hook_does_not_lead_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called by a hook of another repository, git still fetches the one that is named."""
    hub = tmp_path / "hub"
    (hub / "definitions").mkdir(parents=True)
    (hub / "definitions/shop.toml").write_text("")
    by = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for words in (["init", "-q"], ["add", "-A"], [*by, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(hub), *words], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    folder, _ = checkout(hub.as_uri(), tmp_path / "cache")

    assert (folder / "definitions/shop.toml").is_file()
