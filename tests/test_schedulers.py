"""What people copy into a scheduler: the DAG of Airflow, lines of cron and units of systemd.

Airflow is not installed for it: its part is read, the commands in it are parsed by our own.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import click
import pytest

from generator import cli

ROOT = Path(__file__).parents[1]
DAG = ast.parse((ROOT / "examples/airflow_dag.py").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/daily-job.md").read_text(encoding="utf-8")


def calls(name: str) -> Iterator[dict[str, Any]]:
    """The keywords of each call of this name, as far as they are known without running it."""
    for node in ast.walk(DAG):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield {str(word.arg): _value(word.value) for word in node.keywords}


def _value(node: ast.expr) -> Any:
    """What is written there; the texts in a text are those of the constants."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(_value(part)) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return CONSTANTS[ast.unparse(node.value)]
    return node.value if isinstance(node, ast.Constant) else ast.unparse(node)


CONSTANTS = {
    ast.unparse(node.targets[0]): node.value.value
    for node in DAG.body
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
}


def understood(command: str) -> str:
    """The command that our own program takes these words for. Raises UsageError if it does not."""
    program, name, *words = shlex.split(command)
    assert "lookml-gen" == Path(program).name
    cli.main.commands[name].make_context(name, words)
    return name


def test_the_dag_has_both_jobs_in_their_order() -> None:
    """Every command is one of ours; a failed project does not keep back the others."""
    etl, generate = calls("BashOperator")

    assert ["etl", "generate"] == [understood(job["bash_command"]) for job in (etl, generate)]
    assert "--date '{{ macros.ds_add(ds, -1) }}'" in etl["bash_command"]
    assert "all_done" == generate["trigger_rule"]
    assert "etl >> generate" in ast.unparse(DAG)
    assert all("/srv/lookml" == CONSTANTS[job["cwd"]] for job in (etl, generate))


def test_the_dag_never_runs_twice_at_once() -> None:
    """Nor does it make up for missed days one by one."""
    (dag,) = calls("DAG")

    assert (1, False) == (dag["max_active_runs"], dag["catchup"])
    assert re.fullmatch(r"\d+ \d+ \* \* \*", dag["schedule"])


def test_the_dag_needs_nothing_but_airflow() -> None:
    """It is parsed every few seconds, so it imports little."""
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(DAG)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert {"datetime", "airflow.sdk", "airflow.providers.standard.operators.bash"} == modules


def commands() -> list[str]:
    """Every command of ours on the page, those in lines of cron and units among them."""
    blocks = re.findall(r"^```(?:sh|text|ini|yaml)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).splitlines()
    found = (
        re.search(r"(?:^|\s|=|/)(lookml-gen (?:etl|generate|check)\b[^;|#&]*)", x) for x in lines
    )
    return [line[1].strip() for line in found if line]


@pytest.mark.parametrize("command", commands())
def test_the_page_has_commands_that_work(command: str) -> None:
    """Each option is known, and takes what is given."""
    try:
        understood(command)
    except click.ClickException as error:
        pytest.fail(f"{command}: {error.message}")


def test_the_page_has_both_jobs() -> None:
    """For cron and for systemd, the ETL before the other."""
    (units,) = (block for block in re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL))
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    starts: list[str] = re.findall(r"^ExecStart=-?(.*)$", units, re.MULTILINE)
    unit.read_string(units)

    assert ["etl", "generate"] == [understood(command) for command in starts]
    assert {"Unit", "Service", "Timer", "Install"} == set(unit.sections())
    (line,) = re.findall(r"^15 5 .*$", PAGE, re.MULTILINE)
    assert line.index("lookml-gen etl") < line.index("lookml-gen generate")
