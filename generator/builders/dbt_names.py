"""Names in a dbt project. Those of metrics are global, so each begins with its platform."""

import re

from generator.names import SEPARATOR, identifier

_UNDERSCORES = re.compile(r"_+")

UNUSABLE = frozenset(
    """all and any array as asc between by case cast client_id cross cube current day desc distinct
    else end exists false fetch for from full group having hour in inner intersect interval into is
    join left like limit metric_time millisecond minute month natural not null on or order outer
    over partition qualify quarter range recursive right rows second select set some submission_date
    table then to true union unnest user using values week when where window with year
    """.split()  # noqa: SIM905 - words read better without quotes
)
"""Words that are kept: by SQL of either engine, by MetricFlow, or for our own columns."""


def metric_name(*parts: str) -> str:
    """A name as MetricFlow takes it: small letters, no two `_` in a row, none at the end.

    >>> metric_name("shop", "Orders__v2_", "sum"), metric_name("shop", "a_")
    ('shop_orders_v2_sum', 'shop_a')
    """
    return _UNDERSCORES.sub("_", identifier("_".join(parts))).rstrip("_")


def model_name(platform: str, source: str) -> str:
    """The name of the model of a data source.

    >>> model_name("shop", "orders")
    'shop__orders'
    """
    return identifier(f"{platform}{SEPARATOR}{source}")


def column_name(slug: str) -> str:
    """The column of a metric: its slug, unless an engine would need quotes around that.

    >>> column_name("orders"), column_name("order"), column_name("2fa")
    ('orders', 'order_value', 'f_2fa')
    """
    if slug.lower() in UNUSABLE:
        return f"{slug}_value"
    return slug if slug[:1].isalpha() or slug.startswith("_") else identifier(slug)


def dimension_name(slug: str) -> str:
    """The name of a dimension, as MetricFlow takes it.

    >>> dimension_name("OS"), dimension_name("day")
    ('os', 'day_value')
    """
    return metric_name(column_name(slug.lower()))
