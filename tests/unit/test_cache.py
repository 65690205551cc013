"""The cache on this disk: it answers what was put there, and nothing else whatever lies there."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.sources.cache import Cache, default_folder


def files(folder: Path) -> list[Path]:
    """What lies in a cache."""
    return sorted(folder.iterdir())


def test_what_was_put_is_found(tmp_path: Path) -> None:
    """Under its own key, by any process; the last one put."""
    Cache(tmp_path / "c").put("a", b"1")
    Cache(tmp_path / "c").put("b", b"")
    Cache(tmp_path / "c").put("a", b"2")

    found = Cache(tmp_path / "c")
    assert (b"2", b"", None) == (found.get("a"), found.get("b"), found.get("c"))
    assert 2 == len(files(tmp_path / "c"))
    assert 0 == (tmp_path / "c").stat().st_mode & 0o077


def test_without_a_folder_nothing_is_kept() -> None:
    """As with `--no-cache`."""
    cache = Cache()
    cache.put("a", b"1")

    assert cache.get("a") is None


@pytest.mark.parametrize("text", [b"", b"lookml-gen cache 1\n", b"PK\x03\x04", b"\x00" * 99])
def test_what_is_not_ours_is_replaced(tmp_path: Path, text: bytes) -> None:
    """Foreign and half-written files are as good as none."""
    cache = Cache(tmp_path)
    cache.put("a", b"1")
    (path,) = files(tmp_path)
    path.write_bytes(text)

    assert cache.get("a") is None
    cache.put("a", b"2")
    assert b"2" == cache.get("a")


def test_the_file_of_another_key_says_nothing(tmp_path: Path) -> None:
    """Whoever put it there."""
    cache = Cache(tmp_path)
    cache.put("a", b"1")
    (path,) = files(tmp_path)
    cache.put("b", b"2")
    (other,) = {*files(tmp_path)} - {path}
    other.replace(path)

    assert cache.get("a") is None


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_single_changed_byte_is_noticed(place: int, change: int) -> None:
    """Wherever it is."""
    folder = Path(os.environ["XDG_CACHE_HOME"]) / "byte"
    cache = Cache(folder)
    cache.put("key", b"value" * 9)
    (path,) = files(folder)
    text = bytearray(path.read_bytes())
    text[place % len(text)] ^= change
    path.write_bytes(bytes(text))

    assert cache.get("key") is None


def test_what_cannot_be_read_or_written_is_no_fault(tmp_path: Path) -> None:
    """A file where the folder should be, a folder where the file should be."""
    (tmp_path / "file").write_text("x")
    cache = Cache(tmp_path / "file")
    cache.put("a", b"1")
    assert cache.get("a") is None

    held = Cache(tmp_path / "held")
    held.put("a", b"1")
    (path,) = files(tmp_path / "held")
    path.unlink()
    path.mkdir()
    held.put("a", b"2")
    assert held.get("a") is None


def test_its_size_is_bounded(tmp_path: Path) -> None:
    """What was not used for the longest time goes first."""
    cache = Cache(tmp_path, largest=1000)
    for number in range(5):
        cache.put(str(number), b"x" * 200)
        for age, path in enumerate(sorted(files(tmp_path), key=lambda one: one.stat().st_mtime)):
            os.utime(path, (age, age))
        cache.get("0")

    assert cache.get("0") is not None
    assert cache.get("1") is None
    assert cache.get("4") is not None
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 1000


def test_several_at_once(tmp_path: Path) -> None:
    """Whoever reads sees one value or the other, whole; nothing is left behind."""
    values = [bytes([number]) * 100_000 for number in range(4)]
    seen: set[bytes | None] = set()

    def work(value: bytes) -> None:
        cache = Cache(tmp_path)
        for _ in range(50):
            cache.put("a", value)
            seen.add(cache.get("a"))

    threads = [threading.Thread(target=work, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen <= {*values}
    assert 1 == len(files(tmp_path))


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "linux", "/c/lookml-gen"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "linux", "/h/.cache/lookml-gen"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Caches/lookml-gen"),
        ({"LOCALAPPDATA": "/l", "USERPROFILE": "/u"}, "win32", "/l/lookml-gen"),
    ],
)
def test_where_users_keep_caches(environment: dict[str, str], platform: str, expected: str) -> None:
    """As each platform has it."""
    found = default_folder(environment, platform)

    assert found is not None
    assert expected == found.as_posix()


def test_nobody_has_a_home() -> None:
    """Then there is no cache."""
    assert default_folder({}) is None
