"""The commands. Each parses, calls the library, reports, and exits with 0, 1, 2 or 3."""

import atexit
import gc
import sys
from pathlib import Path
from typing import Any

import click

from generator.options import KEEPING, SPOKES, inputs, publishing, setting


@click.group(context_settings={"max_content_width": 100})
@click.version_option(package_name="lookml-hub-generator")
def main() -> None:
    """Generate LookML from warehouse schemas, prove it right, and publish it.

    Every option is also a setting ([tool.lookml-gen] in pyproject.toml) and an environment
    variable (LOOKML_GEN_OUTPUT).
    """
    # a run makes much and no cycles of it: to look for them takes a fifth of its time
    gc.disable()
    atexit.register(gc.freeze)


@main.command()
@inputs
@click.option("--check", is_flag=True, help="Write nothing; exit with 3 if something would change.")
@click.option("--publish", is_flag=True, help="Commit the output to the LookML repository.")
@click.option("--push", is_flag=True, help="Push the commit, too.")
@click.option("--pull-request", is_flag=True, help="Propose the commit instead.")
@KEEPING
@publishing
def generate(config: Path | None, *, check: bool, publish: bool, **given: Any) -> None:
    """Read, build, check and write; with --publish also commit."""
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    quiet, push, ask = (given.pop(name) for name in ("quiet", "push", "pull_request"))
    wish = commands.Wish(quiet, check, publish or push or ask, push, ask)
    sys.exit(commands.generate(config, given, wish))


@main.command(name="publish")
@setting("--namespaces", metavar="FILE", help="Where the settings are beside. [namespaces.yaml]")
@setting("--output", metavar="DIR", help="What to publish. [output]")
@click.option("--push", is_flag=True, help="Push the commit, too.")
@click.option("--pull-request", is_flag=True, help="Propose the commit instead.")
@publishing
@setting("--fail-on", type=click.Choice(["error", "never"]), help="When to exit with 1.")
@setting(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File with [tool.lookml-gen]. [pyproject.toml beside the namespaces]",
)
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
def publish_(config: Path | None, **given: Any) -> None:
    """Commit what the last run wrote to the LookML repository."""
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    quiet, push, ask = (given.pop(name) for name in ("quiet", "push", "pull_request"))
    wish = commands.Wish(quiet=quiet, commit=True, push=push, ask=ask)
    sys.exit(commands.publish(config, given, wish))


@main.command()
@inputs
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For a person, for machines, or as annotations of a pull request.",
)
@click.option("--deep", is_flag=True, help="Let BigQuery's own analyzer judge the SQL, too.")
@click.option(
    "--tree",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Check the LookML in this folder instead, whoever made it.",
)
def check(config: Path | None, **given: Any) -> None:
    """Build and check only: say what is wrong."""
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    errand = {name: given.pop(name) for name in ("form", "deep", "tree", "quiet")}
    sys.exit(commands.check(config, given, errand))


@main.command()
@inputs
@click.argument("old", required=False, type=click.Path(path_type=Path))
@click.argument("new", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="For a terminal, a pull request, or a machine.",
)
@click.option(
    "--output-file",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it there too, as .md, .json or else text. Repeatable.",
)
@click.option("--exit-code", "strict", is_flag=True, help="Exit with 1 if something breaks.")
@KEEPING
@SPOKES
@setting("--repository", metavar="URL", help="The LookML repository. [the output folder]")
@setting("--publish-branch", metavar="NAME", help="The branch of generated LookML. [main]")
@setting("--source-branch", metavar="NAME", help="The branch of hand-written LookML.")
def diff(config: Path | None, **given: Any) -> None:
    """Say what would change for users: of the folder OLD, or what is published.

    It is compared with the folder NEW, or with what would be built now. Nothing is written.
    """
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    told = ("old", "new", "form", "files", "strict", "quiet")
    errand = {name: given.pop(name) for name in told}
    sys.exit(commands.diff(config, given, errand))


@main.command()
@inputs
@click.argument("name", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For a terminal or a machine.",
)
@KEEPING
def explain(
    config: Path | None, name: tuple[str, ...], form: str, *, quiet: bool, **given: Any
) -> None:
    """Say of NAME what it is, who asked for it, what it stands on, and who uses it.

    A view, field, explore, dashboard, tile, metric, table, file: by its full name, or the last
    parts of it. Several words are joined by dots: a dashboard, and the title of a tile.
    """
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    sys.exit(commands.explain(config, given, (".".join(name), form), quiet=quiet))


@main.command()
@inputs
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def snapshot(config: Path | None, file: Path, *, quiet: bool, **given: Any) -> None:
    """Record what the namespaces need of the warehouse in FILE (.jsonl or .jsonl.gz)."""
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    sys.exit(commands.snapshot(config, given, file, quiet=quiet))


@main.command()
@inputs
@click.option("--date", metavar="D", help="The day to compute. [yesterday, UTC]")
@click.option("--from", "first", metavar="D", help="The first of several days.")
@click.option("--to", "last", metavar="D", help="The last of them. [yesterday, UTC]")
@click.option("--project", "slugs", multiple=True, metavar="SLUG", help="Only this. Repeatable.")
@click.option(
    "--target",
    type=click.Choice(["duckdb", "bigquery"]),
    help="Which warehouse computes. [the first that can]",
)
@setting("--threads", type=click.IntRange(min=1), metavar="N", help="Models at a time.")
@click.option("--all", "rest", is_flag=True, help="Build the dbt models of metrics, too.")
@click.option("--estimate", is_flag=True, help="Only say what BigQuery would read.")
def etl(config: Path | None, **given: Any) -> None:
    """Write the dbt project and compute monitoring projects with it."""
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    told = ("date", "first", "last", "slugs", "rest", "target", "estimate", "quiet")
    errand = {name: given.pop(name) for name in told}
    sys.exit(commands.etl(config, given, errand))


@main.command()
@click.argument("metrics", nargs=-1, required=True, metavar="METRIC...")
@click.option("--platform", required=True, help="The platform that defines them.")
@setting("--metric-hub", metavar="DIR-or-URL", multiple=True, help="Metric definitions.")
@click.option("--by-client", is_flag=True, help="A row for each client.")
@click.option("--by-date/--overall", default=True, help="A row for each date. [by date]")
@click.option("--group-by", multiple=True, metavar="COLUMN", help="Break down by this. Repeatable.")
@click.option("--where", metavar="SQL", help="Condition on the rows of every data source.")
@click.option("--tool", type=click.Choice(["looker", "opmon", "jetstream"]), help="Whose view.")
@click.option(
    "--dialect",
    type=click.Choice(["bigquery", "duckdb"]),
    default="bigquery",
    show_default=True,
    help="For which engine.",
)
@setting(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File with [tool.lookml-gen].",
)
def sql(config: Path | None, metric_hub: tuple[str, ...], **question: Any) -> None:
    """Print the SQL of metrics, in parentheses, ready to be a FROM."""
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    sys.exit(commands.sql(config, {"metric_hub": metric_hub}, question))


@main.command()
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("output/lantern-data.duckdb"),
    show_default=True,
    help="Where to write it.",
)
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
def demo(file: Path, *, quiet: bool) -> None:
    """Create the example warehouse: two apps of a small browser vendor."""
    from generator import commands  # noqa: PLC0415 - --help must not wait for it

    sys.exit(commands.demo(file, quiet=quiet))
