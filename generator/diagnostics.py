"""What can be wrong, said as values: a code, a place, a message and a way to mend it.

Every message the generator can give is a row of `CODES`.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct


class Severity(StrEnum):
    """How much a diagnostic costs; an error makes the run exit with 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Effect(StrEnum):
    """What becomes of published files that a run does not make again."""

    HELD = "held"
    GONE = "gone"


class Location(Struct, frozen=True):
    """A place in an input: a file (or a warehouse URL) and, where known, a line from 1."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


class Code(Struct, frozen=True):
    """One kind of message: its severity and its texts, with the parameters in braces.

    `effect` says what becomes of files that its subject once had and has no more. An error holds
    them, unless it is proof that what they stood on has vanished.
    """

    severity: Severity
    message: str
    hint: str = ""
    effect: Effect | None = None

    @property
    def holds(self) -> bool:
        """Whether published files of the subject stay."""
        return (
            self.effect or (Effect.HELD if self.severity is Severity.ERROR else None)
        ) is Effect.HELD


class Diagnostic(Struct, frozen=True):
    """One finding. `subject` is the key path of what it costs, such as `shop.views.orders`."""

    code: str
    message: str
    at: Location | None = None
    hint: str = ""
    subject: str | None = None

    @property
    def severity(self) -> Severity:
        """The severity that the table gives to the code."""
        return CODES[self.code].severity

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        first = f"{place}{self.severity} [{self.code}] {self.message}"
        return f"{first}\n  hint: {self.hint}" if self.hint else first


class Fault(Exception):  # noqa: N818 - a fault is the user's, an error would be ours
    """An item cannot be made; the loop around it turns this into its diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


def diagnostic(
    code: str, at: Location | None = None, subject: str | None = None, **values: object
) -> Diagnostic:
    r"""The message that `CODES` holds for `code`, with `values` in its braces.

    >>> hint = nearest("tabel_view", ["table_view", "ping_view"])
    >>> print(diagnostic("unknown-kind", Location("a.yaml", 3), kind="tabel_view", nearest=hint))
    a.yaml:3: error [unknown-kind] there is no kind `tabel_view`
      hint: did you mean `table_view`?
    """
    row = CODES[code]
    said = {"subject": subject, **values}
    return Diagnostic(code, row.message.format(**said), at, row.hint.format(**said), subject)


def fault(
    code: str, at: Location | None = None, subject: str | None = None, **values: object
) -> Fault:
    """The same, to be raised."""
    return Fault(diagnostic(code, at, subject, **values))


_LISTED = 12


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint that names the known word closest to `word`, or the known ones if few are."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    listed = ", ".join(f"`{name}`" for name in names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"known: {listed}{more}" if names else "nothing of that sort is known"


Made = TypeVar("Made")


def split(stream: Iterable[Made | Diagnostic]) -> tuple[tuple[Made, ...], tuple[Diagnostic, ...]]:
    """What a producer made, and what it noticed, each in its order."""
    made: list[Made] = []
    noticed: list[Diagnostic] = []
    for item in stream:
        if isinstance(item, Diagnostic):
            noticed.append(item)
        else:
            made.append(item)
    return tuple(made), tuple(noticed)


ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

CODES: dict[str, Code] = {
    # reading files
    "unreadable-file": Code(
        ERROR, "cannot be read: {reason}", "check the path and its permissions"
    ),
    "malformed-file": Code(ERROR, "is not valid {format}: {reason}", "mend it, then run again"),
    "duplicate-key": Code(
        ERROR, "`{key}` is written twice here", "line {first} has it too; keep one"
    ),
    "wrong-type": Code(
        ERROR, "`{key}` should be {expected}, not {found}", "see docs/namespaces.md"
    ),
    "missing-key": Code(ERROR, "`{key}` is missing", "see docs/namespaces.md"),
    "unknown-key": Code(ERROR, "nothing is called `{key}` here", "{nearest}"),
    # what is asked for
    "unknown-kind": Code(ERROR, "there is no kind `{kind}`", "{nearest}"),
    "unbuilt-kind": Code(NOTE, "{count} of kind `{kind}` are left out: not generated yet"),
    "bad-name": Code(
        ERROR,
        "`{name}` cannot be the name of {what}",
        "use small letters, digits and `_`, a letter first: `{better}`",
    ),
    "bad-table": Code(ERROR, "`{table}` is not a table: {reason}", "write `project.dataset.table`"),
    "bad-pattern": Code(
        ERROR,
        "`{table}` names many tables, `{name}` one {what}",
        "put one `*` in the name and one in the last part of each table",
    ),
    "unmatched-pattern": Code(
        WARNING,
        "no table matches `{table}`",
        "no warehouse of this run knows one",
        effect=Effect.HELD,
    ),
    "unmatched-exclusion": Code(WARNING, "the exclusion `{pattern}` matches nothing", "remove it"),
    "unknown-namespace": Code(ERROR, "there is no namespace `{name}`", "{nearest}"),
    "unknown-thing": Code(
        ERROR,
        "nothing that is generated is called `{name}`",
        "{nearest}; what is not made, and why, is told by `lookml-gen check`",
    ),
    "unknown-view": Code(ERROR, "there is no view `{view}` in `{namespace}`", "{nearest}"),
    "excluded-view": Code(
        WARNING,
        "`{subject}` is left out, because its view `{view}` is excluded",
        "exclude the explore too",
        effect=Effect.GONE,
    ),
    "view-left-out": Code(
        WARNING,
        "`{subject}` is left out, because its view `{view}` is",
        "mend the view",
        effect=Effect.HELD,
    ),
    "view-gone": Code(
        WARNING,
        "`{subject}` is left out, because its view `{view}` is",
        "remove both, or mend the view",
        effect=Effect.GONE,
    ),
    "unknown-base-fields": Code(
        WARNING,
        "the columns of `{source}` are not all known: {reason}",
        "the metrics are generated, without these columns to break them by",
    ),
    "foreign-measure": Code(
        ERROR,
        "`{name}` is left out: `{field}` is no measure of `{source}`",
        "a ratio needs both its measures in one data source",
    ),
    # what the warehouse holds
    "unknown-warehouse": Code(ERROR, "`{url}` is no address of a warehouse", "{nearest}"),
    "no-warehouse": Code(
        ERROR, "no warehouse is named", "name one: --warehouse duckdb:PATH, or a setting"
    ),
    "unreachable-warehouse": Code(
        ERROR, "cannot be asked anything: {reason}", "what is published stays; see docs/bigquery.md"
    ),
    "missing-relation": Code(
        ERROR,
        "no warehouse of this run holds `{table}`",
        "remove the entry, or name the warehouse that has it; {nearest}",
        effect=Effect.GONE,
    ),
    "unread-relation": Code(
        WARNING,
        "`{table}` could not be read just now: {reason}",
        "what stands on it keeps its published text",
        effect=Effect.HELD,
    ),
    "unread-bases": Code(
        WARNING,
        "of `{dataset}`, {count} that views read could not be read just now: {reason}",
        "files that were made when they could be read stay as published",
    ),
    "ignored-record": Code(ERROR, "this record is left out: {reason}", "record the snapshot anew"),
    "unusable-column": Code(
        WARNING,
        "column `{column}` of `{table}` is left out: LookML cannot hold its name",
        "rename it in the warehouse",
    ),
    "renamed-field": Code(
        WARNING,
        "columns of `{table}` clash as field `{name}`: `{column}` became `{other}`",
        "rename one of the columns",
    ),
    "clashing-times": Code(
        NOTE,
        "several columns make the time `{name}`: `{column}` became the group `{other}`",
        "rename one of the columns",
    ),
    "missing-partition": Code(
        ERROR,
        "`{column}` is no date or time column of `{table}`",
        "{nearest}",
    ),
    "several-partitions": Code(
        ERROR,
        "the tables of this view name several partition columns: {columns}",
        "name the same column for each channel",
    ),
    "several-identifiers": Code(
        ERROR,
        "`{table}` has several client identifiers: {columns}",
        "make it a `table_view` and write the measure by hand",
    ),
    "missing-key-column": Code(ERROR, "the primary key `{column}` is no field here", "{nearest}"),
    # hand-written LookML in the definitions
    "unknown-parameter": Code(ERROR, "a {what} has no parameter `{key}`", "{nearest}"),
    "bad-value": Code(ERROR, "`{key}: {value}` is not {expected}", "see docs/namespaces.md"),
    "taken-name": Code(
        ERROR, "`{name}` is the name of another field of this view", "call it `{better}`"
    ),
    "unknown-field": Code(
        ERROR, "`{name}` refers to `{field}`, which is no field here", "{nearest}"
    ),
    "bad-sql": Code(ERROR, "the SQL of `{name}` does not parse: {reason}", "write BigQuery SQL"),
    "bad-field-type": Code(ERROR, "`{value}` is no type of a {what}", "{nearest}"),
    "no-sql": Code(ERROR, "`{name}` has no `sql`", "say what it is made of"),
    "cyclic-field": Code(ERROR, "`{name}` needs itself: {cycle}", "cut the circle at one place"),
    "aggregated-measure": Code(
        ERROR,
        "`{name}`, a measure of type `{type}`, adds up the measure `{field}`",
        "write it over dimensions; or take the type `number`, if it only calculates",
    ),
    "missing-column": Code(
        ERROR, "{what} reads `{column}`, which `{table}` does not have", "{nearest}"
    ),
    "overridden-key": Code(
        WARNING,
        "`primary_key: {key}` has no effect: `{name}` is marked as the key",
        "keep one of the two",
    ),
    "duplicate-channel": Code(
        WARNING,
        "{count} tables have the channel `{name}`: its dropdown shows the name {count} times",
        "give each table a channel of its own, or keep the one that still gets rows",
    ),
    "ineffective-channels": Code(
        WARNING,
        "`{view}` gets no filter on its channels: `{table}` has no column `{column}`",
        "list the tables as views of their own, or make it a `table_view`",
    ),
    # names within a model
    "taken-view": Code(
        ERROR,
        "the view `{view}` is generated already, for `{other}`",
        "rename one of the two",
    ),
    "alike-relations": Code(
        ERROR,
        "`{view}` would be the view `{name}`, as `{other}` is; it is left out",
        "write one of the two out, under a name of its own",
    ),
    # metric-hub
    "wrong-definition": Code(
        ERROR, "`{key}` should be {expected}, not {found}", "mend it, then run again"
    ),
    "incomplete-definition": Code(ERROR, "`{key}` is missing", "add it"),
    "no-definitions": Code(
        ERROR, "holds no metric definitions", "name a folder that has a folder `definitions`"
    ),
    "unfetched-repository": Code(
        ERROR, "cannot be fetched: {reason}", "check the address, and who may read it"
    ),
    "bad-slug": Code(
        ERROR,
        "`{slug}` cannot be the slug of {what}",
        "use letters, digits and `_`; some words are kept for lists",
    ),
    "alike-slugs": Code(
        ERROR,
        "`{slug}` and `{other}` differ in capitals only: SQL cannot tell them apart",
        "rename one of them",
    ),
    "unmatched-wildcard": Code(
        WARNING, "`{slug}` matches no {what} of the file it overrides", "remove it, or mend it"
    ),
    "changed-expression": Code(
        WARNING,
        "`{subject}` gets another expression here than {place} says",
        "two tools may show two numbers; change it there, or take another slug",
    ),
    "unread-platform": Code(
        WARNING,
        "`{subject}` is left out: a file of it could not be read",
        "mend that file",
        effect=Effect.HELD,
    ),
    "bad-choice": Code(ERROR, "`{key}` cannot be `{value}`", "{nearest}"),
    "unknown-platform": Code(ERROR, "there is no platform `{name}`", "{nearest}"),
    "unknown-reference": Code(ERROR, "{platform} has no {what} `{name}`", "{nearest}"),
    "lost-reference": Code(
        WARNING,
        "`{subject}` is left out, because {what} `{name}` is",
        "mend that one",
        effect=Effect.HELD,
    ),
    "cyclic-reference": Code(
        ERROR, "`{subject}` needs itself: {cycle}", "cut the circle at one place"
    ),
    "unknown-statistic": Code(ERROR, "there is no statistic `{name}`", "{nearest}"),
    "bad-statistic": Code(ERROR, "the statistic `{name}` cannot be made: {reason}", "{nearest}"),
    "bad-template": Code(ERROR, "`{key}` cannot be filled in: {reason}", "{nearest}"),
    "no-default-dataset": Code(
        ERROR,
        "`{subject}` has `{{dataset}}` but no `default_dataset`",
        "add `default_dataset`: it is used where the app is not known",
    ),
    "no-expression": Code(
        ERROR,
        "`{subject}` has no `select_expression` with a `data_source`, nor `depends_on`",
        "add them; or mend the slug, if it is meant for a metric of `definitions/`",
    ),
    "unjoinable-source": Code(
        ERROR,
        "`{subject}` joins `{name}`, which has no client id to join on",
        "say how: add an `on_expression`",
    ),
    "skipped-join": Code(
        NOTE,
        "`{subject}` does not join `{name}`: its rows are no longer clients'",
        "add an `on_expression` if they should be joined all the same",
    ),
    "unparsable-definition": Code(
        ERROR, "the SQL of `{subject}` does not parse: {reason}", "write BigQuery SQL"
    ),
    "unwritable-definition": Code(
        ERROR,
        "the SQL of `{subject}` cannot stand in LookML: it has `{mark}`",
        "take such a text apart, as with CONCAT",
    ),
    "unknown-column": Code(
        ERROR, "`{subject}` reads `{column}`, which `{source}` does not have", "{nearest}"
    ),
    "no-percentiles": Code(NOTE, "the histogram `{subject}` gets no percentiles: {reason}"),
    "no-aggregation": Code(
        ERROR, "the expression of `{subject}` adds nothing up", "use SUM, COUNT or the like"
    ),
    "histogram-statistic": Code(
        ERROR,
        "`{subject}` is a histogram, which has no {names}",
        "take its statistics away, or give it a type of `scalar`",
    ),
    "unsupported-unit": Code(
        ERROR, "`{name}` is no analysis unit of the data source `{source}`", "{nearest}"
    ),
    "ineffective-key": Code(WARNING, "`{key}` has no effect: {reason}", "remove it"),
    "undescribed-metrics": Code(
        WARNING, "no {key} for {count} of the metrics of {name}: {slugs}", "add `{key}` to each"
    ),
    "deprecated-reference": Code(
        WARNING, "`{subject}` stands on `{name}`, which is deprecated", "use its successor"
    ),
    "same-label": Code(
        WARNING,
        '`{subject}` and `{other}` of the same data source are both called "{label}"',
        "give one of them another `friendly_name`",
    ),
    "unexpressed-metric": Code(
        NOTE,
        "left out of the dbt project, as {reason}: {names} ({count} of `{platform}`)",
        "see docs/dbt.md",
    ),
    "unported-sql": Code(
        NOTE,
        "the dbt model `{name}` may not build on {engine}: {reason}",
        "it is written for BigQuery",
    ),
    "undated-source": Code(
        ERROR,
        "the data source `{name}` has no date, so nothing can be computed of it by day",
        "add `submission_date_column`, or take another data source",
    ),
    "unenrolled-source": Code(
        ERROR,
        "the data source `{name}` has no column of experiments, so no client of it has a branch",
        "take another population, or watch all of it: `monitor_entire_population`",
    ),
    "unused-source": Code(
        WARNING, "no metric, dimension or join of any tool uses `{subject}`", "remove it"
    ),
    # monitoring projects, as they are shown
    "missing-results": Code(
        WARNING,
        "no warehouse of this run holds `{table}`",
        "the dashboard stays empty until the ETL has made it",
    ),
    "too-expensive": Code(
        ERROR,
        "it would cost {wanted}, of {limit} that it may; {spent} are spent: {listed}",
        "say so if it is meant: --max-bytes",
    ),
    "unread-results": Code(
        WARNING,
        "`{table}` could not be read just now: {reason}",
        "the dashboard keeps the values of the last run that was published",
    ),
    "missing-dimension": Code(
        WARNING,
        "`{table}` has no column `{name}`",
        "the dashboard goes without this dimension; remove it, or run the ETL",
    ),
    "unusable-dimension": Code(
        WARNING,
        "`{slug}` cannot show its dimension `{name}`: it is called like another field, or not as"
        " LookML can write",
        "rename it",
    ),
    "no-values": Code(
        WARNING,
        "no values of `{name}` are known in `{slug}`: its dropdown offers {offers}",
        "they come from the newest day of the statistics",
    ),
    "blank-value": Code(
        NOTE,
        "`{name}` is blank in some rows of `{slug}`, which no dropdown can offer",
        "name such values",
    ),
    "cut-values": Code(
        NOTE, "`{name}` has more values in `{slug}` than the {count} that are offered"
    ),
    "same-title": Code(
        WARNING,
        '`{other}` is called "{title}", too: this one gets its slug behind the title',
        "rename one of the projects",
    ),
    # monitoring projects
    "no-monitoring-project": Code(
        ERROR,
        "it is not said where the tables of monitoring projects are",
        "set `monitoring-project` to the project of the warehouse; see docs/settings.md",
    ),
    "unread-project": Code(
        WARNING,
        "the project `{slug}` is left as it is: {what} could not be read",
        "mend that file",
        effect=Effect.HELD,
    ),
    "unread-projects": Code(
        WARNING,
        "projects are left as they are: {what} could not be read",
        "mend that file",
        effect=Effect.HELD,
    ),
    "bad-record": Code(ERROR, "`{name}` is left out: {reason}", "mend it, then run again"),
    "lost-part": Code(
        WARNING,
        "{what} `{name}` is left out: something of it could not be read",
        "mend that one",
        effect=Effect.HELD,
    ),
    "ignored-key": Code(WARNING, "nothing reads `{key}` here", "{nearest}"),
    "renamed-key": Code(WARNING, "`{key}` is called `{name}` today", "rename it"),
    "misplaced-defaults": Code(
        ERROR,
        "the defaults of `{name}` say that they are of `{platform}`",
        "they count for `{name}`, after which the file is named; mend `platform`",
    ),
    "no-platform": Code(
        ERROR,
        "`{slug}` has no platform, and is no experiment that is known",
        "add `platform`",
    ),
    "no-start-date": Code(
        ERROR, "`{slug}` has no start date", "add `start_date`, or `skip = true` if it is over"
    ),
    "reversed-dates": Code(
        ERROR, "it ends on {end}, before it starts on {start}", "mend the dates"
    ),
    "several-branchings": Code(
        ERROR, "`boolean_pref` and `branches` both say who is in which branch", "remove one of them"
    ),
    "many-branches": Code(
        WARNING, "there are {count} branches: colours repeat from {most} on", "take fewer"
    ),
    "unlisted-dimension": Code(
        ERROR, "`{name}` is grouped by, but is none of `dimensions`", "add it there"
    ),
    "empty-project": Code(
        ERROR, "`{slug}` has nothing to compute", "list a metric that has a statistic"
    ),
    "unmonitored-metric": Code(
        ERROR,
        "the metric `{name}` cannot be monitored: it has no expression of its own",
        "give it a `select_expression` and a `data_source`",
    ),
    "no-statistic": Code(
        ERROR,
        "the metric `{name}` has no statistic",
        "add one, such as `[metrics.{name}.statistics.mean]`",
    ),
    "doubled-metric": Code(WARNING, "`{name}` is listed twice", "remove one"),
    "unlisted-statistic": Code(
        WARNING, "`{name}` has statistics here, but is none of `metrics`", "list it, or remove them"
    ),
    "unknown-member": Code(
        ERROR, "`{name}` of the group `{group}` is no metric of this project", "{nearest}"
    ),
    "reserved-name": Code(ERROR, "{what} `{name}` is called like {whose}", "take another slug"),
    "bad-alert": Code(ERROR, "the alert `{name}` cannot be made: {reason}", "{nearest}"),
    "no-build-id": Code(
        NOTE,
        "the data source `{name}` has no `build_id_column`, so `{column}` is read",
        "add it if its builds are in another column: this project is drawn by build",
    ),
    "clashing-projects": Code(
        ERROR, "`{slug}` and `{other}` would both write `{name}`", "rename one of them"
    ),
    "replaced-rows": Code(
        NOTE, "{count} rows are not read, as files or rollouts say more: {names}"
    ),
    "outlived-project": Code(
        WARNING,
        "`{slug}` is {what}, but the table of projects has it running",
        "remove its row; or the line, if it runs",
    ),
    "unmonitored-rollouts": Code(NOTE, "{count} rollouts have no project, as {reason}: {names}"),
    # checks of what was generated
    "duplicate-field": Code(ERROR, "{path}: `{name}` stands twice in view `{view}`"),
    "duplicate-object": Code(ERROR, "{path}: {what} `{name}` is in `{other}` too"),
    "dangling-field": Code(ERROR, "{path}: {what} refers to `{field}`, which is no field"),
    "dangling-view": Code(ERROR, "{path}: {what} refers to the view `{view}`, which it cannot see"),
    "dangling-include": Code(ERROR, "{path}: includes `{target}`, which is not generated"),
    "dangling-datagroup": Code(ERROR, "{path}: {what} persists with `{name}`, which it cannot see"),
    "duplicate-name": Code(ERROR, "{path}: {what} is there twice"),
    "duplicate-title": Code(WARNING, '{path}: "{title}" is the title of `{other}`, too'),
    "dangling-explore": Code(ERROR, "{path}: {what} asks `{explore}`, which is no explore"),
    "dangling-filter": Code(ERROR, "{path}: {what} listens to `{name}`, which is no filter"),
    "misplaced-field": Code(ERROR, "{path}: {what} has `{field}` among its {place}"),
    "unshown-field": Code(WARNING, "{path}: {what} is {used} by `{field}`, which it does not show"),
    "misplaced-tile": Code(WARNING, "{path}: the tile `{name}` lies {where}"),
    "unheard-filter": Code(WARNING, "{path}: no tile listens to the filter `{name}`"),
    "bad-default": Code(
        WARNING, "{path}: the filter `{name}` starts with {what}, which it does not offer"
    ),
    "no-model": Code(WARNING, "{path}: {what} names no model"),
    "uncovered-tile": Code(
        WARNING,
        "{path}: no aggregate table of `{explore}` answers the tile `{name}`: {reason}",
        "see docs/aggregate-tables.md",
    ),
    "unused-aggregate-table": Code(
        WARNING,
        "{path}: no tile asks for what the {what} holds",
        "see docs/aggregate-tables.md",
    ),
    "unparsable-sql": Code(ERROR, "{path}: the SQL of {what} does not parse: {reason}"),
    "fan-out": Code(
        WARNING,
        "explore `{explore}` joins {count} repeated records to `{view}`, which has no primary key:"
        " its sums would count rows several times",
        "name a `primary_key` in the view's entry",
    ),
    "cyclic-extends": Code(ERROR, "{path}: {what} extends itself: {cycle}"),
    "dangling-set": Code(
        WARNING,
        "{path}: {what} refers to the set `{name}`, which is not there",
        "define it in a refinement, or name the fields",
    ),
    "unbound-sql": Code(ERROR, "{path}: the SQL of {what} means nothing: {reason}"),
    "refused-sql": Code(ERROR, "{path}: BigQuery would refuse the SQL of {what}: {reason}"),
    "skipped-analysis": Code(
        WARNING,
        "no statement is judged by BigQuery's analyzer: {reason}",
        "install it with lookml-hub-generator[check]",
    ),
    "unfiltered-partition": Code(
        WARNING,
        "explore `{explore}` does not filter `{table}` by {column}, as that table demands: its"
        " queries fail",
        "{nearest}",
    ),
    "unjoined-view": Code(
        WARNING,
        "{path}: explore `{explore}` includes `{target}`, and joins no view of it",
        "remove it from the entry, or write the join in a refinement",
    ),
    "same-field-label": Code(
        WARNING,
        "{path}: `{name}` and `{other}` of view `{view}` are both shown as {label}",
        "give one of them another label",
    ),
    "many-dashboards": Code(
        WARNING,
        "{subject} has {count} dashboards, more than {limit}: its model gets slow to validate",
        "remove those of projects that are over, or spread them over several namespaces",
    ),
    "many-tiles": Code(
        WARNING,
        "{path}: the dashboard `{name}` runs {count} queries at once, more than {limit}",
        "spread them over several dashboards, or use a compact one",
    ),
    "unexplained-ignore": Code(
        WARNING, "`{name}` is ignored without a reason", "write one behind the code"
    ),
    "refused-ignore": Code(
        WARNING, "`{name}` cannot be ignored: what it stands for is unsafe", "mend what it says"
    ),
    "unmatched-ignore": Code(NOTE, "nothing here is `{name}`, so nothing is ignored", "{nearest}"),
    "large-file": Code(
        WARNING,
        "{path} has {size:,} bytes: Looker gets slow above {limit:,}",
        "split the view, or list a table with fewer columns in its place",
    ),
    # computing
    "failed-model": Code(
        ERROR, "{subject}: `{model}` failed for {span}: {reason}", "its SQL is in {path}"
    ),
    "failed-dbt": Code(ERROR, "dbt could not work: {reason}", "what it did before is in {log}"),
    "missing-extra": Code(
        ERROR, "{what} is not installed", "install it with lookml-hub-generator[{extra}]"
    ),
    "no-engine": Code(
        ERROR,
        "no warehouse of this run can compute: {urls}",
        "name one: --warehouse duckdb:PATH or bigquery:PROJECT",
    ),
    "unknown-project": Code(ERROR, "there is no project `{name}` to compute", "{nearest}"),
    # writing and publishing
    "forgotten-dropdowns": Code(
        WARNING,
        "what dropdowns offered last time cannot be read: {reason}",
        "delete the file: dropdowns then start with the commonest value of today",
    ),
    "forgotten-removals": Code(
        WARNING,
        "what was removed before cannot be read: {reason}",
        "restore the file, or delete it: what still stands is kept until the day it names",
    ),
    "unkept-field": Code(
        WARNING,
        "the {what} `{name}` is gone and cannot be kept: {reason}",
        "tell those who use it; `lookml-gen diff --spoke` says where that is",
    ),
    "edited-file": Code(
        ERROR,
        "{path} was edited by hand and is left as it is",
        "move the edit to a refinement, or run with --overwrite-edited",
    ),
    "foreign-file": Code(
        ERROR,
        "{path} exists and was not generated: it is left as it is",
        "rename the file or the entry that generates it",
    ),
    "unwritable-output": Code(
        ERROR, "cannot be written: {reason}", "check its permissions and the space left"
    ),
    "push-refused": Code(
        ERROR,
        "the push of `{branch}` was refused: {reason}",
        "run again: the next run builds on the newer branch",
    ),
    "broken-spoke": Code(WARNING, "{kind} {name} {fate}"),
    "spokes-not-intact": Code(
        ERROR,
        "{count} places of spokes would break: nothing is committed",
        "mend the spokes first, or publish without --require-intact-spokes",
    ),
    "too-many-deletions": Code(
        ERROR,
        "{gone} of {before} files would be deleted, more than {limit}: nothing is committed",
        "see what is missing; if it is meant, say so once: --max-deletions 100%",
    ),
    "unusable-repository": Code(
        ERROR,
        "the repository {repository} cannot be used: {reason}",
        "check its address and branch",
    ),
    "no-output": Code(
        ERROR, "nothing was generated in {folder}", "run `lookml-gen generate` first"
    ),
    "skipped-steps": Code(
        WARNING, "not done after that: {steps}", "mend what failed, and publish again"
    ),
    "parted-branch": Code(
        ERROR,
        "`{branch}` has commits that `{published}` has not: it is left as it is",
        "merge them into `{published}`, or take them back",
    ),
    "bad-branch": Code(
        ERROR,
        "`{branch}` is no branch that may be reset: {reason}",
        "name branches for development, one in each line",
    ),
    "unknown-branch": Code(WARNING, "there is no branch `{branch}` to reset", "remove the line"),
    "reset-branch": Code(
        NOTE,
        "`{branch}` was reset, and has lost {count} commits of its own",
        "they can be had back: git branch saved {commit}",
    ),
    "edited-branch": Code(
        ERROR,
        "`{branch}` of {repository} has commits of {author}: it is left as it is",
        "merge them, or move them to another branch and delete this one",
    ),
    "drifted-model": Code(
        WARNING,
        "the {key} of the model {name} is {found}, and {wanted} in the hub",
        "change the one or the other",
    ),
    "vanished-namespace": Code(
        WARNING,
        "the hub has no namespace {name} for this spoke any more; {count} files stay: {reason}",
        "{hint}",
    ),
    "unknown-forge": Code(
        ERROR,
        "there can be no pull request for {repository}: {reason}",
        "say what it is with --forge github or --forge gitlab, and where with --forge-api",
    ),
    "missing-token": Code(ERROR, "there is no {what} for {service}", "put it in {variables}"),
    "refused-token": Code(
        ERROR,
        "{service} refuses the {what}: {reason}",
        "check {variables}: it must be valid, and allowed to do this",
    ),
    "unknown-address": Code(
        ERROR,
        "{service} does not know {path}: {reason}",
        "check the address; of what one may not see, many say that it is not there",
    ),
    "refused-request": Code(
        ERROR, "{service} refuses {path}: {reason}", "mend what it says, and publish again"
    ),
    "failed-service": Code(
        ERROR, "{service} failed: {reason}", "publish again when it works; nothing was changed"
    ),
    "no-answer": Code(
        ERROR,
        "{service} does not answer: {reason}",
        "check the address and the network, and publish again",
    ),
    "malformed-answer": Code(
        ERROR,
        "the answer of {service} means nothing to us: {reason}",
        "check the address: is this the API?",
    ),
}
