"""Settings: what a file may say, and who wins."""

from pathlib import Path

import pytest

from generator.diagnostics import Fault
from generator.settings import KEYS, Settings, load


def settings_of(folder: Path, text: str, **given: object) -> Settings:
    """The settings of a file with this table."""
    path = folder / "settings.toml"
    path.write_text(f"[tool.lookml-gen]\n{text}\n")
    return load(path, given)


def test_without_a_file_there_are_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing need be said."""
    monkeypatch.chdir(tmp_path)

    assert Settings() == load(None, {})


def test_the_file_beside_the_namespaces_is_found(tmp_path: Path) -> None:
    """Wherever the run is started from."""
    (tmp_path / "pyproject.toml").write_text('[tool.lookml-gen]\noutput = "made"\n')

    found = load(None, {"namespaces": str(tmp_path / "namespaces.yaml")})

    assert str(tmp_path / "made") == found.output


@pytest.mark.parametrize("text", ["", "[tool]", "[tool.other]\na = 1", "[project]\nname = 'x'"])
def test_a_file_without_our_table_says_nothing(tmp_path: Path, text: str) -> None:
    """Most files named pyproject.toml are about something else."""
    (tmp_path / "pyproject.toml").write_text(text)

    assert Settings() == load(tmp_path / "pyproject.toml", {})


def test_paths_are_below_the_folder_of_the_file(tmp_path: Path) -> None:
    """Whatever names a place on this disk; an address or an absolute path stays."""
    found = settings_of(
        tmp_path,
        """
        namespaces = "n.yaml"
        output = "/absolute"
        exclusions = "x.yaml"
        descriptions = "d.yaml"
        opmon-projects = "rows.json"
        monitoring-platforms = "apps.toml"
        experiments = "e.json"
        repository = "../hub"
        warehouse = ["duckdb:a.duckdb", "snapshot:/b.jsonl", "bigquery:project"]
        """,
    )

    assert (str(tmp_path / "n.yaml"), "/absolute") == (found.namespaces, found.output)
    assert (str(tmp_path / "x.yaml"), str(tmp_path / "d.yaml")) == (
        found.exclusions,
        found.descriptions,
    )
    assert [str(tmp_path / name) for name in ("rows.json", "apps.toml", "e.json")] == [
        found.opmon_projects,
        found.monitoring_platforms,
        found.experiments,
    ]
    assert str(tmp_path / "../hub") == found.repository
    assert (
        f"duckdb:{tmp_path}/a.duckdb",
        "snapshot:/b.jsonl",
        "bigquery:project",
    ) == found.warehouse
    assert Path("/absolute/lookml") == found.lookml


@pytest.mark.parametrize("address", ["https://x.org/hub", "git@x.org:hub", "file:///hub", "/hub"])
def test_an_address_stays(tmp_path: Path, address: str) -> None:
    """Only a relative path has a folder to be below of."""
    assert address == settings_of(tmp_path, f'repository = "{address}"').repository


def test_what_is_given_wins(tmp_path: Path) -> None:
    """And stays as it is written; what is not given is None or empty."""
    given = {"output": "here", "warehouse": ("duckdb:x",), "only": (), "fail_on": None}

    found = settings_of(
        tmp_path, 'output = "o"\nonly = ["shop"]\nfail-on = "never"\nwarehouse = []', **given
    )

    assert ("here", ("duckdb:x",)) == (found.output, found.warehouse)
    assert (("shop",), "never") == (found.only, found.fail_on)


def test_conventions_add_to_what_is_known(tmp_path: Path) -> None:
    """Acronyms and map layers are joined to ours; the rest replaces."""
    found = settings_of(tmp_path, 'acronyms = ["xyz"]\ndatagroups = "shared"').conventions

    assert Settings().conventions.acronyms | {"XYZ"} == found.acronyms
    assert "shared" == found.datagroups


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('ouput = "x"', "unknown-key", "did you mean `output`?"),
        ('fail_on = "never"', "unknown-key", "did you mean `fail-on`?"),
        ("only = 3", "wrong-type", "tool.lookml-gen.only"),
        ('warehouse = "duckdb:x"', "wrong-type", "`duckdb:x`"),
        ('fail-on = "sometimes"', "wrong-type", "`error` or `never`"),
        ('overwrite-edited = "yes"', "wrong-type", "`bool`"),
        ('monitoring-namespace = "../x"', "wrong-type", "a name"),
        ('monitoring-prefix = "4"', "wrong-type", "the begin of a name"),
        ('monitoring-project = "a`b"', "wrong-type", "the project of a warehouse"),
        ('monitoring-dataset = "a.b"', "wrong-type", "the name of a dataset"),
        ('output = "', "malformed-file", "TOML"),
    ],
)
def test_a_wrong_setting_is_a_fault(tmp_path: Path, text: str, code: str, said: str) -> None:
    """With the file, the key, and what to do."""
    with pytest.raises(Fault) as stopped:
        settings_of(tmp_path, text)

    message = str(stopped.value)
    assert f"{tmp_path}/settings.toml: error [{code}]" in message
    assert said in message


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nlookml-gen = ['x']"])
def test_a_table_that_is_none_is_a_fault(tmp_path: Path, text: str) -> None:
    """Not a traceback."""
    (tmp_path / "s.toml").write_text(text)

    with pytest.raises(Fault, match="should be a table"):
        load(tmp_path / "s.toml", {})


def test_a_file_that_is_no_text_is_a_fault(tmp_path: Path) -> None:
    """Nor is this one."""
    (tmp_path / "s.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(Fault, match="unreadable-file"):
        load(tmp_path / "s.toml", {})


def test_a_wrong_repository_keeps_its_secret(tmp_path: Path) -> None:
    """The message shows what was found, without the credentials."""
    with pytest.raises(Fault) as stopped:
        settings_of(tmp_path, 'repository = ["https://bot:s3cr3t@x.org/hub"]')

    assert "s3cr3t" not in str(stopped.value)


def test_every_key_can_be_written() -> None:
    """In the way of TOML: with dashes."""
    assert {"output", "publish-branch", "overwrite-edited", "acronyms"} <= set(KEYS)
    assert not [key for key in KEYS if "_" in key]
