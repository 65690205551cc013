"""The options that several commands share; each is also a setting and a variable."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def setting(name: str, **details: Any) -> Callable[[Command], Command]:
    """An option that is also a setting and a variable: `--output`, `LOOKML_GEN_OUTPUT`."""
    variable = "LOOKML_GEN_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=variable, **details)


_INPUTS = (
    setting("--namespaces", metavar="FILE", help="What to generate. [namespaces.yaml]"),
    setting(
        "--warehouse",
        metavar="URL",
        multiple=True,
        help="Where tables are: duckdb:PATH, snapshot:PATH, bigquery-etl:DIR. Repeatable;"
        " the first that knows a table answers for it.",
    ),
    setting(
        "--metric-hub",
        metavar="DIR-or-URL",
        multiple=True,
        help="Metric definitions: a folder, or a git address (@ref). Repeatable; later wins.",
    ),
    setting("--output", metavar="DIR", help="Where to write. [output]"),
    setting("--exclusions", metavar="FILE", help="What to leave out."),
    setting("--descriptions", metavar="FILE", help="Descriptions for columns without one."),
    setting("--opmon-projects", metavar="FILE", help="Rows of the table of projects, as JSON."),
    setting("--monitoring-platforms", metavar="FILE", help="Apps of the platforms, as TOML."),
    setting("--experiments", metavar="FILE", help="Experiments and rollouts, as JSON."),
    setting("--only", metavar="NAMESPACE", multiple=True, help="Only this one. Repeatable."),
    setting(
        "--catalog-scope",
        type=click.Choice(["dataset", "region"]),
        help="Ask BigQuery for a dataset or a region at a time. [dataset]",
    ),
    setting("--max-bytes", metavar="SIZE", help="What the run may cost, such as 50GB."),
    setting("--cache", metavar="DIR", help="Where to keep what BigQuery said. [your caches]"),
    setting("--no-cache", is_flag=True, default=None, help="Keep nothing, ask everything."),
    setting("--log-format", type=click.Choice(["text", "json"]), help="How to log. [text]"),
    setting("--fail-on", type=click.Choice(["error", "never"]), help="When to exit with 1."),
    setting("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes at a time."),
    setting(
        "--config",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="File with [tool.lookml-gen]. [pyproject.toml beside the namespaces]",
    ),
    click.option("--quiet", is_flag=True, help="Say only what is wrong."),
)


def inputs(command: Command) -> Command:
    """The options that name the inputs, and how much to say."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_INPUTS), command)


SPOKES = click.option(
    "--spoke",
    "spokes",
    envvar="LOOKML_GEN_SPOKES",
    metavar="DIR",
    multiple=True,
    help="Tell what breaks in this project on top of the hub. Repeatable.",
)
KEEPING = setting(
    "--keep-removed",
    type=click.IntRange(0, 3650),
    metavar="DAYS",
    help="Keep a field that is gone so long, hidden. [0]",
)
_PUBLISHING = (
    SPOKES,
    setting(
        "--require-intact-spokes",
        is_flag=True,
        default=None,
        help="Commit nothing that breaks one.",
    ),
    setting("--repository", metavar="URL", help="The LookML repository. [the output folder]"),
    setting("--publish-branch", metavar="NAME", help="The branch of generated LookML. [main]"),
    setting("--max-deletions", metavar="N|N%", help="How many files a commit may delete. [20%]"),
    setting("--source-branch", metavar="NAME", help="The branch of hand-written LookML."),
    setting("--overwrite-edited", is_flag=True, default=None, help="Undo edits by hand."),
    setting("--hub-name", metavar="NAME", help="The hub's project in Looker. [looker-hub]"),
    setting("--follow-up-branch", metavar="NAME", help="Fast-forward it after a push."),
    setting("--dev-branches", metavar="FILE", help="Branches of developers, one in each line."),
    setting("--reset-dev-branches", is_flag=True, default=None, help="Reset them after a push."),
    setting(
        "--spoke-repository",
        metavar="NAME=URL",
        multiple=True,
        help="Propose models for new namespaces there. Repeatable.",
    ),
    setting("--spoke-branch", metavar="NAME", help="The branch that spokes publish. [main]"),
    setting("--prune", is_flag=True, default=None, help="Propose to remove what is gone."),
    setting("--forge", type=click.Choice(["github", "gitlab", "none"]), help="Whose API."),
    setting("--forge-api", metavar="URL", help="Where it is. [where it usually is]"),
    setting("--token-variable", metavar="NAME", help="The variable that has the token."),
    setting("--looker", metavar="URL", help="Call the deploy webhooks there after a push."),
    setting("--webhook-secret-variable", metavar="NAME", help="The variable that has the secret."),
    setting(
        "--http-timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long to wait for a forge or Looker. [30]",
    ),
)


def publishing(command: Command) -> Command:
    """The options that say where to publish, and what follows."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_PUBLISHING), command)
