"""Google's analyzer of BigQuery SQL, which also knows the functions that the corpus calls."""

from generator.checks.analyzer import Analyzer, Functions

_HISTOGRAM = (
    "STRUCT<bucket_count INT64, `sum` INT64, histogram_type INT64, `range` ARRAY<INT64>,"
    " `values` ARRAY<STRUCT<key INT64, value INT64>>>"
)
FUNCTIONS: Functions = {
    "mozfun.map.get_key": (
        ("m", "k"),
        "(SELECT entry.value FROM UNNEST(m) AS entry WHERE entry.key = k LIMIT 1)",
    ),
    "mozfun.hist.extract": (("text",), f"IF(text = '', NULL, CAST(NULL AS {_HISTOGRAM}))"),
    "mozfun.bits28.days_since_seen": (("bits",), "IF(bits = 0, NULL, BIT_COUNT(bits & -bits))"),
    "mozfun.map.extract_keyed_scalar_sum": (
        ("m",),
        "(SELECT SUM(entry.value) FROM UNNEST(m) AS entry)",
    ),
    "mozfun.norm.windows_version_info": (
        ("os", "version", "build"),
        "IF(os = '' AND version = '' AND build = 0, NULL, 'Windows 10')",
    ),
    "mozfun.norm.fenix_build_to_datetime": (
        ("build",),
        "IF(build = '', NULL, DATETIME '2030-01-01 00:00:00')",
    ),
    "moz-fx-data-shared-prod.udf.get_key": (
        ("m", "k"),
        "(SELECT entry.value FROM UNNEST(m) AS entry WHERE entry.key = k LIMIT 1)",
    ),
    "moz-fx-data-shared-prod.udf.keyed_histogram_get_sum": (
        ("m", "k"),
        "(SELECT CAST(entry.value AS INT64) FROM UNNEST(m) AS entry WHERE entry.key = k LIMIT 1)",
    ),
}
"""Functions of the warehouse that the corpus calls: their arguments, and a body of their type."""


class Judge(Analyzer):
    """The analyzer."""

    def __init__(self) -> None:
        super().__init__(FUNCTIONS)
