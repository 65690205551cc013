"""Functions that sqlglot does not type: what they return, as far as that is the same everywhere."""

from collections.abc import Mapping
from functools import cache

from sqlglot import exp

from generator.semantics.sql_types import UNKNOWN, Value, from_sqlglot

RESULTS: Mapping[str, str] = {
    "ieee_divide": "FLOAT64",
    "hll_count.extract": "INT64",
    "hll_count.init": "BYTES",
    "hll_count.merge": "INT64",
    "hll_count.merge_partial": "BYTES",
    "net.ip_from_string": "BYTES",
    "net.ip_to_string": "STRING",
    "net.ip_trunc": "BYTES",
    "net.public_suffix": "STRING",
    "net.safe_ip_from_string": "BYTES",
    "st_area": "FLOAT64",
    "st_astext": "STRING",
    "st_distance": "FLOAT64",
    "st_geogfromtext": "GEOGRAPHY",
    "st_geogpoint": "GEOGRAPHY",
    # https://github.com/mozilla/bigquery-etl/tree/main/sql/mozfun
    "mozfun.bits28.days_since_seen": "INT64",
    "mozfun.hist.extract": (
        "STRUCT<bucket_count INT64, histogram_type INT64, `sum` INT64, `range` ARRAY<INT64>,"
        " `values` ARRAY<STRUCT<key INT64, value INT64>>>"
    ),
    "mozfun.norm.extract_version": "NUMERIC",
    "mozfun.norm.fenix_build_to_datetime": "DATETIME",
    "mozfun.norm.os": "STRING",
    "mozfun.norm.windows_version_info": "STRING",
}
"""Result types by dotted name. A function whose result has changed over time is not here."""

LOOKUPS = frozenset({"mozfun.map.get_key", "moz-fx-data-shared-prod.udf.get_key"})
"""Functions that give the `value` of an entry in an array of keys and values."""


@cache
def result_of(name: str) -> Value:
    """The result of a function by its dotted name."""
    text = RESULTS.get(name.lower())
    return from_sqlglot(exp.DataType.build(text, dialect="bigquery")) if text else UNKNOWN
