"""Reads the file of apps: TOML, a table for each platform.

    [lantern_mobile]
    is_glean_app = true
    app_id = { release = "org.lantern.mobile", beta = "org.lantern.mobile_beta" }

An `app_id` that is a text is that of every channel.
"""

from collections.abc import Iterator
from pathlib import Path

from generator.diagnostics import Diagnostic, Fault, diagnostic, fault, nearest, split
from generator.facts.monitoring import App
from generator.names import identifier, is_identifier
from generator.sources.toml import Toml, read_toml

CHANNELS = ("release", "beta", "nightly")
_KEYS = ("is_glean_app", "app_id")

APPS = "apps"
"""What is unread if the file is."""


def read_apps(path: Path) -> Iterator[App | str | Diagnostic]:
    """The apps in the order of the file; texts name what could not be read, as in `Monitoring`."""
    try:
        for platform, table in read_toml(path).entries():
            try:
                yield from _app(platform, table)
            except Fault as found:
                yield found.diagnostic
                yield f"{APPS}.{platform}"
    except Fault as found:
        yield found.diagnostic
        yield APPS


def _app(platform: str, table: Toml) -> Iterator[App | Diagnostic]:
    if not is_identifier(platform):
        better = identifier(platform)
        raise fault("bad-name", table.at, None, name=platform, what="a platform", better=better)
    keys = dict(table.entries())
    yield from _unknown(keys, _KEYS)
    ids, noticed = split(_ids(keys["app_id"]) if "app_id" in keys else ())
    yield from noticed
    is_glean = keys["is_glean_app"].flag() if "is_glean_app" in keys else False
    yield App(platform, table.at, is_glean, dict(ids))


def _ids(value: Toml) -> Iterator[tuple[str, str] | Diagnostic]:
    if isinstance(value.value, str):
        yield from ((channel, value.text()) for channel in CHANNELS)
        return
    keys = dict(value.entries())
    yield from _unknown(keys, CHANNELS)
    yield from ((channel, keys[channel].text()) for channel in CHANNELS if channel in keys)


def _unknown(keys: dict[str, Toml], known: tuple[str, ...]) -> Iterator[Diagnostic]:
    for key, value in keys.items():
        if key not in known:
            yield diagnostic("ignored-key", value.at, key=key, nearest=nearest(key, known))
