"""Google's analyzer of BigQuery SQL, by the package `zetasql`, made fast enough to judge hundreds.

The package compiles 28 MB of WebAssembly at its start, unless wasmtime is told to keep what it
compiled; it copies memory byte by byte, and its own classes are slow on wide tables. So we patch
the two, talk in its raw messages, and show it only columns whose names the SQL has.
"""

import atexit
import ctypes
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from generator.facts.catalog import Column, DataType, RelationName

VERSION = "zetasql 0.1.5"
"""With whose judgement a verdict agrees."""

Relations: TypeAlias = Mapping[RelationName, Iterable[Column]]
"""The tables that a statement can read."""

Functions: TypeAlias = Mapping[str, tuple[tuple[str, ...], str]]
"""Functions of a warehouse by dotted name: their arguments, and a body of their type."""

_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"`([^`]*)`")
_ALIASES = {
    "INTEGER": "INT64",
    "INT": "INT64",
    "SMALLINT": "INT64",
    "BIGINT": "INT64",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}


class Analyzer:
    """The analyzer; its first start of all takes a minute, later ones a second."""

    def __init__(self, functions: Functions | None = None) -> None:
        self._functions = functions or {}
        self._client = _client()

    def fault(self, relations: Relations, statement: str) -> str | None:
        """What BigQuery would say of a statement that it refuses, over these relations."""
        return next((said for _, said in self.faults(relations, (statement,))), None)

    def faults(self, relations: Relations, statements: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The statements that BigQuery would refuse, and what it would say."""
        from zetasql.core.exceptions import ServerError  # noqa: PLC0415

        written = [_parted(statement) for statement in statements]
        texts = (*written, *(body for _, body in self._functions.values()))
        words = frozenset(word.lower() for text in texts for word in _WORD.findall(text))
        known = self._register(_catalog(relations, self._functions, words))
        try:
            for statement in written:
                try:
                    self._analyze(known, statement)
                except ServerError as error:
                    yield statement, str(error)
        finally:
            self._unregister(known)

    def _register(self, catalog: Any) -> int:
        messages = _messages()
        request = messages.RegisterCatalogRequest(simple_catalog=catalog)
        answer = self._call("RegisterCatalog", request, messages.RegisterResponse)
        return int(answer.registered_id)

    def _unregister(self, known: int) -> None:
        from google.protobuf.empty_pb2 import (  # type: ignore[import-untyped]  # noqa: PLC0415
            Empty,
        )

        request = _messages().UnregisterRequest(registered_id=known)
        self._call("UnregisterCatalog", request, Empty)

    def _analyze(self, known: int, statement: str) -> None:
        messages = _messages()
        request = messages.AnalyzeRequest(
            options=_options(), registered_catalog_id=known, sql_statement=statement
        )
        self._call("Analyze", request, messages.AnalyzeResponse)

    def _call(self, name: str, request: Any, answer: Any) -> Any:
        return self._client.call_grpc_func(f"ZetaSqlLocalService_{name}", request, answer)


def _write(client: Any, at: int, written: bytes) -> None:
    ctypes.memmove(_address(client) + at, written, len(written))


def _read(client: Any, at: int, size: int) -> bytes:
    return ctypes.string_at(_address(client) + at, size)


def _address(client: Any) -> int:
    """Where the memory of the module begins; it may move as it grows."""
    return ctypes.addressof(client.memory.data_ptr().contents)


def _parted(statement: str) -> str:
    """A path in one pair of back-ticks, which is one name to the analyzer, as several names."""
    return _QUOTED.sub(lambda path: f"`{path[1].replace('.', '`.`')}`", statement)


@cache
def _client() -> Any:
    """The one client of a process, whose engine is kept compiled between processes."""
    import wasmtime  # noqa: PLC0415 - an import of seconds, and few have it
    from zetasql.core import wasm_client  # noqa: PLC0415

    engines = []

    def engine(config: Any) -> Any:
        config.cache = True
        engines.append(wasmtime.Engine(config))
        return engines[-1]

    client = wasm_client.WasmClient
    wasm_client.Engine = engine
    client.write_bytes, client.read_bytes = _write, _read
    from zetasql.core.local_service import ZetaSqlLocalService  # noqa: PLC0415

    started = ZetaSqlLocalService.get_instance().wasm_client

    def close() -> None:
        """Or wasmtime complains that it is taken apart after Python."""
        for part in (started.memory, started.module, started.store, *engines):
            part.close()

    atexit.register(close)
    return started


def _messages() -> Any:
    from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2  # noqa: PLC0415

    return local_service_pb2


@cache
def _language() -> Any:
    from zetasql.types import LanguageOptions, ProductMode  # noqa: PLC0415

    options = LanguageOptions.maximum_features()
    options.product_mode = ProductMode.PRODUCT_EXTERNAL
    made = options.to_proto()
    made.reserved_keywords.append("QUALIFY")
    return made


@cache
def _options() -> Any:
    from zetasql.wasi._pb2.zetasql.proto import options_pb2  # noqa: PLC0415

    made = options_pb2.AnalyzerOptionsProto()
    made.language_options.CopyFrom(_language())
    return made


def _catalog(relations: Relations, functions: Functions, words: frozenset[str]) -> Any:
    """The relations with the columns of these names, the functions, and BigQuery's own."""
    from zetasql.wasi._pb2.zetasql.proto import simple_catalog_pb2  # noqa: PLC0415

    root = simple_catalog_pb2.SimpleCatalogProto(name="root")
    root.builtin_function_options.language_options.CopyFrom(_language())
    for alias, name in _ALIASES.items():
        root.named_type.add(name=alias).type.type_kind = _kind(name)
    for relation, columns in relations.items():
        table = _inside(root, relation[:-1]).table.add(name=relation.table)
        for column in columns:
            if column.name.lower() in words:
                _fill(table.column.add(name=column.name).type, column, words)
    for path, (names, body) in functions.items():
        *folders, name = path.split(".")
        _inside(root, folders).custom_function.append(_templated(name, names, body))
    return root


def _templated(name: str, arguments: Iterable[str], body: str) -> Any:
    """A function of any types, which has the type that its body has."""
    from zetasql.wasi._pb2.zetasql.proto import function_pb2  # noqa: PLC0415
    from zetasql.wasi._pb2.zetasql.public import function_pb2 as kinds  # noqa: PLC0415

    arbitrary = kinds.SignatureArgumentKind.Value("ARG_TYPE_ARBITRARY")
    function = function_pb2.FunctionProto(name_path=[name], group="Templated_SQL_Function")
    function.templated_sql_function_argument_name.extend(arguments)
    function.parse_resume_location.input = body
    signature = function.signature.add()
    signature.return_type.kind = arbitrary
    for _ in function.templated_sql_function_argument_name:
        signature.argument.add(kind=arbitrary, num_occurrences=1)
    return function


def _inside(catalog: Any, path: Iterable[str]) -> Any:
    """The catalog at a path within another; it is made if it is not there."""
    for name in path:
        found = next((inner for inner in catalog.catalog if inner.name == name), None)
        catalog = found if found is not None else catalog.catalog.add(name=name)
    return catalog


def _kind(name: str) -> Any:
    from zetasql.wasi._pb2.zetasql.public import type_pb2  # noqa: PLC0415

    names = {"FLOAT64": "DOUBLE", "UNKNOWN": "STRING"}
    return type_pb2.TypeKind.Value(f"TYPE_{names.get(name, name)}")


def _fill(message: Any, column: Column, words: frozenset[str]) -> None:
    """The type of a column; of a record only fields whose names occur, but at least one."""
    if column.repeated:
        message.type_kind = _kind("ARRAY")
        message = message.array_type.element_type
    message.type_kind = _kind(column.type.value)
    if column.type is DataType.STRUCT:
        named = tuple(f for f in column.fields if f.name.lower() in words)
        for inner in named or column.fields[:1]:
            _fill(message.struct_type.field.add(field_name=inner.name).field_type, inner, words)
