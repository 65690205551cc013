"""The documents: complete, their links alive, and their examples true."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from msgspec.structs import fields

from generator import builders, cli, pipeline, settings
from generator.artifact import MANIFEST, Holds
from generator.diagnostics import CODES, Code
from generator.facts.conventions import Conventions
from generator.facts.namespaces import (
    DASHBOARD_KINDS,
    EXPLORE_KINDS,
    VIEW_KINDS,
    ExploreSpec,
    NamespaceSpec,
    ViewSpec,
)
from generator.names import ACRONYMS
from generator.pipeline import Build, generate
from generator.publish.tree import TreeDiff
from generator.report import report_of
from generator.run import Outcome
from generator.settings import Settings
from generator.stages import Stages
from tests import fakes

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted((*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").glob("*.md")))
NAMESPACES = (DOCS / "namespaces.md").read_text(encoding="utf-8")

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_ROW = re.compile(r"^\| `([a-z-]+)` \| (\w+) \|.*\| (\S+) \|$", re.MULTILINE)


def page(path: Path) -> str:
    """The name of a page."""
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    """The text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The examples in a language."""
    return [block for found, block in _BLOCK.findall(text) if found == language]


def anchors(text: str) -> set[str]:
    """The places in a page that a link can lead to."""
    headings = _HEADING.findall(_CODE.sub("", text))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


# completeness


def options() -> Iterator[tuple[str, click.Option]]:
    """Every option of every command."""
    for name, command in cli.main.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, parameter


@pytest.mark.parametrize("key", settings.KEYS)
def test_settings_are_documented(key: str) -> None:
    """Every setting has a row, with its default."""
    known = {f.name: f for cls in (Settings, Conventions) for f in fields(cls)}
    default = known[key.replace("-", "_")].default
    (row,) = re.findall(rf"^\| `{key}` \|.*$", read("docs/settings.md"), re.MULTILINE)

    if isinstance(default, str):
        assert f"`{default}`" in row
    elif isinstance(default, bool):
        assert f"`{str(default).lower()}`" in row


@pytest.mark.parametrize("command", sorted(cli.main.commands))
def test_commands_are_documented(command: str) -> None:
    """Every command has a row, with its arguments."""
    arguments = [p.name for p in cli.main.commands[command].params if isinstance(p, click.Argument)]
    usage = " ".join((command, *(str(name).upper() for name in arguments)))

    assert f"`lookml-gen {usage}`" in read("docs/settings.md")


@pytest.mark.parametrize(("command", "option"), list(options()), ids=str)
def test_options_are_documented(command: str, option: click.Option) -> None:
    """Every option is there, with its variable."""
    text = read("docs/settings.md")

    assert f"`{option.opts[0]}`" in text or f"`{option.opts[0]} " in text, command
    if option.envvar:
        assert f"`{option.envvar}`" in text


def test_acronyms_are_documented() -> None:
    """The list of acronyms is the list."""
    assert ", ".join(sorted(ACRONYMS)) in read("docs/settings.md")


def test_kinds_are_documented() -> None:
    """Every kind of view and dashboard is there; explores are said to go with them."""
    section = NAMESPACES.partition("\n## Kinds")[2].partition("\n## ")[0]
    built = {kind for line in section.splitlines() if "| yes |" in line for kind in kinds_in(line)}

    assert builders.KINDS == built
    assert {*VIEW_KINDS, *DASHBOARD_KINDS} <= kinds_in(section)
    assert {kind.replace("_explore", "_view") for kind in EXPLORE_KINDS} == set(VIEW_KINDS)


def kinds_in(text: str) -> set[str]:
    """The kinds that a text names."""
    return set(re.findall(r"`(\w+_(?:view|explore|dashboard))`", text))


@pytest.mark.parametrize("spec", [NamespaceSpec, ViewSpec, ExploreSpec], ids=lambda s: s.__name__)
def test_keys_are_documented(spec: type[Any]) -> None:
    """Every key of an entry is there."""
    inner = {"name", "at", "namespace", "kind", "base_view", "others"}
    section = NAMESPACES.partition("\n## Keys")[2].partition("\n## ")[0]

    assert [] == [f.name for f in fields(spec) if f.name not in inner and f.name not in section]


def fate(code: Code) -> str:
    """How the page of diagnostics writes what becomes of published files."""
    if code.holds:
        return "stay"
    return "go" if code.effect else "–"  # noqa: RUF001 - nothing, in a table


def test_diagnostics_are_documented() -> None:
    """Every code has a row with its severity and its fate, and no other has."""
    documented = {code: rest for code, *rest in _ROW.findall(read("docs/diagnostics.md"))}
    known = {code: [str(row.severity), fate(row)] for code, row in CODES.items()}

    assert [] == [code for code in known if code not in documented], (
        "docs/diagnostics.md lacks them"
    )
    assert known == documented


# links


@pytest.mark.parametrize("path", PAGES, ids=page)
def test_links_lead_somewhere(path: Path) -> None:
    """Every link to a file or a heading of ours finds it."""
    assert [] == [target for target in links(path) if not leads_somewhere(path, target)]


def links(path: Path) -> list[str]:
    """The links of a page to others of ours."""
    text = _CODE.sub("", path.read_text(encoding="utf-8"))
    return [target for target in _LINK.findall(text) if "://" not in target]


def leads_somewhere(path: Path, target: str) -> bool:
    """Whether there is such a file, with such a heading."""
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    if not file.is_relative_to(ROOT) or not file.exists():
        return False
    return not anchor or anchor in anchors(file.read_text(encoding="utf-8"))


def test_every_page_is_linked() -> None:
    """A reader who starts at the README can find every page."""
    found, todo = {ROOT / "README.md"}, [ROOT / "README.md"]
    while todo:
        current = todo.pop()
        named = ((current.parent / t.partition("#")[0]).resolve() for t in links(current))
        below = [
            file
            for target in named
            for file in (sorted(target.glob("*.md")) if target.is_dir() else [target])
            if file.suffix == ".md" and file not in found
        ]
        found.update(below)
        todo += below

    assert set(PAGES) <= found


# examples


@pytest.mark.parametrize("path", PAGES, ids=page)
def test_examples_parse(path: Path, tmp_path: Path) -> None:
    """Every block of TOML is settings that load, every block of YAML is YAML."""
    text = path.read_text(encoding="utf-8")
    for block in blocks(text, "yaml"):
        assert yaml.safe_load(block)
    for block in blocks(text, "toml"):
        assert tomllib.loads(block)
        (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
        settings.load(tmp_path / "pyproject.toml", {})


def test_the_readme_shows_the_example() -> None:
    """The entry that the README shows is that of the example."""
    shown, *_ = (yaml.safe_load(block) for block in blocks(read("README.md"), "yaml"))
    whole = yaml.safe_load(read("namespaces.yaml"))

    for namespace, entry in shown.items():
        for part in ("views", "explores"):
            assert entry[part].items() <= whole[namespace][part].items()


def examples() -> list[tuple[str, str]]:
    """The sections of the page on namespaces that have one to run: heading and text."""
    heads, *sections = re.split(r"^## ", NAMESPACES, flags=re.MULTILINE)
    assert "the warehouse, in short" in heads
    named = [(section.partition("\n")[0], section) for section in sections]
    return [(title, text) for title, text in named if "# namespaces.yaml" in text]


@pytest.mark.parametrize(("title", "text"), examples(), ids=lambda value: value.partition("\n")[0])
def test_examples_are_true(title: str, text: str, tmp_path: Path) -> None:
    """The inputs of a section give the LookML and the messages that it shows, and no others."""
    assert title
    build = run(text, tmp_path)
    printed = "\n".join(build.tree.values())
    said = "\n".join(f"{item}\n" for item in build.diagnostics)
    shown = "".join(blocks(text, "text"))

    assert [] == [block for block in blocks(text, "lookml") if block not in printed]
    assert [] == [line for line in shown.splitlines() if line not in said]
    assert [] == [item.code for item in build.diagnostics if f"[{item.code}]" not in shown]


def run(text: str, folder: Path) -> Build:
    """The run over the files of a section; two of one name are one file."""
    (catalog,) = (b for b in blocks(NAMESPACES, "yaml") if b.startswith("# the warehouse"))
    (folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
    for block in blocks(text, "yaml"):
        name = block.partition("\n")[0].removeprefix("# ")
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(block)
    return generate(fakes.folder(folder))


def test_the_manifest_is_where_the_readme_says() -> None:
    """The path of the manifest is as written."""
    assert f"lookml/{MANIFEST}" in read("README.md")


def test_the_glossary_names_files_that_exist() -> None:
    """Every module that the glossary points at is there, and has the name it gives."""
    for line in read("docs/glossary.md").splitlines():
        modules = re.findall(r"`([\w/]+\.py)`", line.rpartition(" | ")[2])
        texts = [(ROOT / "generator" / module).read_text(encoding="utf-8") for module in modules]
        for name in re.findall(r"\.py`, `([\w.]+)`", line):
            assert any(name in text for text in texts), line


def test_the_report_is_documented() -> None:
    """Every key of the report is in the table, and the table has no other."""
    table = read("docs/daily-job.md").partition("## report.json")[2]
    report = report_of(Outcome((), Holds(), {}, TreeDiff()), None, Stages())

    assert list(report) == re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_the_kind_that_a_page_adds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The view kind that docs/adding-a-view-kind.md writes does what the page says."""
    text = read("docs/adding-a-view-kind.md")
    (code,) = (block for block in blocks(text, "python") if "def build(" in block)
    module: dict[str, Any] = {}
    exec(code, module)  # noqa: S102 - the page is ours
    kinds = {"events_stream_view", "events_stream_explore"}
    monkeypatch.setattr(builders, "BUILDERS", {"events_stream_view": module["build"]})
    monkeypatch.setattr(pipeline, "KINDS", frozenset(kinds))
    for name, block in zip(("namespaces", "catalog"), blocks(text, "yaml"), strict=True):
        (tmp_path / f"{name}.yaml").write_text(block, encoding="utf-8")

    build = generate(fakes.folder(tmp_path))

    assert () == build.diagnostics
    assert "measure: client_count {" in build.tree["shop/views/clicks.view.lkml"]
    assert 'submission_date: "7 days"' in build.tree["shop/explores/clicks.explore.lkml"]
