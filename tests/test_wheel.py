"""The wheel: what is installed from it runs by itself, templates and all."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("generator", "templates", "pyproject.toml", "README.md", "LICENSE")


def run(*words: str | Path, cwd: Path, **variables: str) -> str:
    """What a command says, which must end well."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        words,
        cwd=cwd,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout, built from a copy: building leaves nothing behind."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "checkout"
    copy.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, copy)
    run(*build, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


def test_it_holds_the_package_and_the_templates(wheel: Path) -> None:
    """And neither tests nor examples."""
    names = set(zipfile.ZipFile(wheel).namelist())

    for folder in ("generator", "templates"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = path.relative_to(ROOT if folder == "generator" else ROOT / "templates")
                place = inside if folder == "generator" else Path("generator/templates") / inside
                assert str(place) in names
    assert {"generator", wheel.name.rpartition("-py3")[0] + ".dist-info"} == {
        name.partition("/")[0] for name in names
    }


def test_it_runs_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    """The example, from another folder, with nothing of the checkout."""
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(ROOT / "namespaces.yaml", elsewhere)
    shutil.copy(ROOT / "pyproject.toml", elsewhere)
    shutil.copytree(ROOT / "examples", elsewhere / "examples")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, "--disable-pip-version-check", "--target", installed, wheel, cwd=tmp_path)

    def generator(*words: str) -> str:
        return run(sys.executable, *words, cwd=elsewhere, PYTHONPATH=str(installed))

    where = generator("-c", "import generator.templates as t; print(t.__file__, t.folder())")
    assert f"{installed}/generator/templates.py {installed}/generator/templates\n" == where
    assert "rows" in generator("-m", "generator", "demo")
    assert "files in output/lookml" in generator("-m", "generator", "generate")
    assert (elsewhere / "output/lookml/lantern_mobile/views/core.view.lkml").is_file()
