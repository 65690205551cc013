"""A small BigQuery for tests: its REST protocol over HTTP, a catalog and DuckDB below.

    with Server(Warehouse(catalog)) as server:
        open_warehouse(f"bigquery:shop?api-endpoint={server.endpoint}")

Nothing in the generator is replaced: Google's own client speaks to it over a socket.
"""

from tests.bigquery_server.failures import Way
from tests.bigquery_server.faults import Schedule
from tests.bigquery_server.server import Server
from tests.bigquery_server.warehouse import Warehouse

__all__ = ["Schedule", "Server", "Warehouse", "Way"]
