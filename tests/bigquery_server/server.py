"""The HTTP side: routes, pages, jobs, a count of the calls, and failures on demand."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from itertools import count
from threading import Event, Lock, Thread
from typing import Any, Self

from tests.bigquery_server import values
from tests.bigquery_server.failures import Refusal, Trouble, Way
from tests.bigquery_server.faults import Schedule
from tests.bigquery_server.schemas import reference, table_resource
from tests.bigquery_server.transport import Body, Handler
from tests.bigquery_server.warehouse import MINIMUM, Result, Warehouse
from tests.bigquery_server.writing import WritableWarehouse

_ROWS = "_rows"
"""The dataset of the rows that jobs gave."""


@dataclass
class Server:
    """A server on a free port of this machine, as long as the `with` lasts."""

    warehouse: Warehouse
    page_rows: int = 10_000
    page_bytes: int = 10_000_000
    calls: Counter[str] = field(default_factory=Counter)
    seen: list[Body] = field(default_factory=list)
    bytes_processed: int = 0
    bytes_billed: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    schedule: Schedule | None = None
    _jobs: dict[str, Body] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _numbers: "count[int]" = field(default_factory=count)
    _closing: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        bound = type("Bound", (Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        self._http.daemon_threads = True
        Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def endpoint(self) -> str:
        """The address for `api-endpoint`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def queries(self) -> list[str]:
        """The statements that came, dry ones left out."""
        return [body["query"] for body in self.seen if not body.get("dryRun")]

    def fail(self, way: Way, where: str = "", times: int | None = None, **headers: str) -> "Server":
        """Let calls fail whose method, path or statement the pattern `where` finds."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.troubles.append(Trouble(re.compile(where), way, times, named))
        return self

    def trouble(self, call: str) -> Trouble | None:
        """The failure that strikes a call."""
        with self._lock:
            planned = self.schedule.trouble(call) if self.schedule else None
            return planned or next((some for some in self.troubles if some.strikes(call)), None)

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Body) -> Body:
        """The answer to a call. Raises Refusal."""
        for name, verb, pattern, reply in ROUTES:
            found = pattern.fullmatch(path)
            if found and verb == method:
                with self._lock:
                    self.calls[name] += 1
                return reply(self, {**query, **found.groupdict()}, body)
        raise Refusal(404, "notFound", f"no such call: {method} {path}")

    def sleep(self) -> None:
        """Say nothing until the end of the test."""
        self._closing.wait()

    # the calls

    def query(self, said: Mapping[str, str], body: Body) -> Body:
        """`jobs.query`: run, and the first page."""
        job = self._run(said["project"], body, body)
        return {"kind": "bigquery#queryResponse", **self._page(job, {**said, **body})}

    def insert(self, said: Mapping[str, str], body: Body) -> Body:
        """`jobs.insert`: run; the rows are asked for later."""
        configuration = body["configuration"]
        wish = {**configuration["query"], **configuration, **body.get("jobReference", {})}
        return self._job(self._run(said["project"], wish, configuration["query"]))

    def job(self, said: Mapping[str, str], _: Body) -> Body:
        """`jobs.get`."""
        return self._job(self._found(said["job"]))

    def cancel(self, said: Mapping[str, str], _: Body) -> Body:
        """`jobs.cancel`: it is done already."""
        return {"kind": "bigquery#jobCancelResponse", "job": self._job(self._found(said["job"]))}

    def results(self, said: Mapping[str, str], _: Body) -> Body:
        """`jobs.getQueryResults`: a page."""
        page = self._page(self._found(said["job"]), said)
        return {"kind": "bigquery#getQueryResultsResponse", **page}

    def datasets(self, said: Mapping[str, str], _: Body) -> Body:
        """`datasets.list`."""
        names = [name for project, name in self.warehouse.datasets if project == said["project"]]
        listed = [self._dataset(said["project"], name) for name in sorted(names)]
        return {"kind": "bigquery#datasetList", "datasets": listed}

    def dataset(self, said: Mapping[str, str], _: Body) -> Body:
        """`datasets.get`."""
        self.warehouse.dataset(said["project"], said["dataset"])
        return self._dataset(said["project"], said["dataset"])

    def tables(self, said: Mapping[str, str], _: Body) -> Body:
        """`tables.list`."""
        held = self.warehouse.dataset(said["project"], said["dataset"])
        listed = [
            {"tableReference": reference(relation), "type": relation.kind.value}
            for relation in held.values()
        ]
        return {"kind": "bigquery#tableList", "tables": listed, "totalItems": len(listed)}

    def table(self, said: Mapping[str, str], _: Body) -> Body:
        """`tables.get`."""
        if said["dataset"] == _ROWS:
            job = self._found(said["table"])
            place: Body = {"tableReference": _destination(job)["destinationTable"]}
            return {**place, "type": "TABLE", "schema": _schema(job["result"])}
        relation = self.warehouse.relation(said["project"], said["dataset"], said["table"])
        return table_resource(relation, self.warehouse.views)

    def routines(self, said: Mapping[str, str], _: Body) -> Body:
        """`routines.list`: there are none."""
        self.warehouse.dataset(said["project"], said["dataset"])
        return {"routines": []}

    def change(self, said: Mapping[str, str], body: Body) -> Body:
        """`tables.patch`, `tables.update`: descriptions and labels, which nobody here reads."""
        return {**self.table(said, {}), **body}

    def delete(self, said: Mapping[str, str], _: Body) -> Body:
        """`tables.delete`, where the warehouse can be written to."""
        if not isinstance(self.warehouse, WritableWarehouse):
            raise Refusal(403, "accessDenied", "Access Denied: nothing is deleted here")
        self.warehouse.drop(said["project"], said["dataset"], said["table"])
        return {}

    # their parts

    def _run(self, project: str, wish: Body, query: Body) -> Body:
        dry = bool(wish.get("dryRun"))
        with self._lock:
            self.seen.append({**wish, "query": query["query"], "dryRun": dry})
        most = query.get("maximumBytesBilled")
        result = self.warehouse.run(
            query["query"],
            wish.get("location"),
            dry=dry,
            most=int(most) if most else None,
            known=_parameters(query),
        )
        with self._lock:
            name = wish.get("jobId") or f"job_{next(self._numbers)}"
            if not dry:
                self.bytes_processed += result.bytes
                self.bytes_billed += result.billed
        place = wish.get("location") or self.warehouse.location
        job = {"project": project, "name": name, "location": place, "result": result, "dry": dry}
        self._jobs[name] = {**job, "sql": query["query"], "labels": wish.get("labels", {})}
        return self._jobs[name]

    def _found(self, name: str) -> Body:
        if name not in self._jobs:
            raise Refusal(404, "notFound", f"Not found: Job {name}")
        return self._jobs[name]

    def _page(self, job: Body, wish: Mapping[str, Any]) -> Body:
        result: Result = job["result"]
        first = int(wish.get("pageToken") or 0)
        limit = min(self.page_rows, int(wish.get("maxResults") or self.page_rows))
        if str(wish.get("maxResults")) == "0":
            limit = 0
        rows: list[Body] = []
        size = 0
        while len(rows) < limit and first + len(rows) < len(result.rows) and size < self.page_bytes:
            rows.append(values.row(result.columns, result.rows[first + len(rows)]))
            size += len(json.dumps(rows[-1]))
        after = first + len(rows)
        more = {"pageToken": str(after)} if limit and after < len(result.rows) else {}
        shown = {"rows": rows} if limit else {}  # the client asks again for what is not there
        return {**_summary(job), "jobComplete": True, **shown, **more}

    def _job(self, job: Body) -> Body:
        result: Result = job["result"]
        size = str(result.bytes)
        query: Body = {
            "totalBytesProcessed": size,
            "totalBytesBilled": str(result.billed),
            "totalSlotMs": str(_slots(result)),
            "statementType": result.statement,
        }
        if result.columns:
            query = {**query, "schema": _schema(result)}
        if result.affected is not None:
            query = {**query, "numDmlAffectedRows": str(result.affected)}
        return {
            "kind": "bigquery#job",
            "id": f"{job['project']}:{job['location']}.{job['name']}",
            "jobReference": _job_reference(job),
            "status": {"state": "DONE"},
            "statistics": {
                "totalBytesProcessed": size,
                "totalSlotMs": str(_slots(result)),
                "query": query,
            },
            "configuration": {
                "jobType": "QUERY",
                "dryRun": job["dry"],
                "labels": job["labels"],
                "query": {"query": job["sql"], "useLegacySql": False, **_destination(job)},
            },
        }

    def _dataset(self, project: str, name: str) -> Body:
        return {
            "kind": "bigquery#dataset",
            "datasetReference": {"projectId": project, "datasetId": name},
            "location": self.warehouse.place_of(name),
        }


def _slots(result: Result) -> int:
    """Milliseconds, as invented as they are repeatable."""
    return len(result.rows) + result.billed // MINIMUM


def _destination(job: Body) -> Body:
    """Where the rows are: in the table that was written, or in one of the job's own."""
    if job["dry"]:
        return {}
    place = job["result"].destination or (job["project"], _ROWS, job["name"])
    names = zip(("projectId", "datasetId", "tableId"), place, strict=True)
    return {"destinationTable": dict(names)}


def _schema(result: Result) -> Body:
    return {"fields": [values.field(column) for column in result.columns]}


def _job_reference(job: Body) -> Body:
    return {"projectId": job["project"], "jobId": job["name"], "location": job["location"]}


def _parameters(query: Body) -> dict[str, list[str]]:
    """The lists of texts that a statement is told by name."""
    return {
        said["name"]: [one["value"] for one in said["parameterValue"].get("arrayValues", ())]
        for said in query.get("queryParameters", ())
    }


def _summary(job: Body) -> Body:
    result: Result = job["result"]
    return {
        "totalBytesBilled": str(result.billed),
        "totalSlotMs": str(_slots(result)),
        "cacheHit": False,
        "schema": _schema(result),
        "jobReference": _job_reference(job),
        "totalRows": str(len(result.rows)),
        "totalBytesProcessed": str(result.bytes),
    }


Reply = Callable[[Server, Mapping[str, str], Body], Body]


def _route(
    name: str, verb: str, path: str, reply: Reply
) -> tuple[str, str, re.Pattern[str], Reply]:
    return name, verb, re.compile(f"/bigquery/v2/projects/(?P<project>[^/]+){path}"), reply


_DATASET, _TABLE, _JOB = "/(?P<dataset>[^/]+)", "/(?P<table>[^/]+)", "/(?P<job>[^/]+)"
ROUTES = (
    _route("jobs.query", "POST", "/queries", Server.query),
    _route("jobs.getQueryResults", "GET", f"/queries{_JOB}", Server.results),
    _route("jobs.insert", "POST", "/jobs", Server.insert),
    _route("jobs.get", "GET", f"/jobs{_JOB}", Server.job),
    _route("jobs.cancel", "POST", f"/jobs{_JOB}/cancel", Server.cancel),
    _route("datasets.list", "GET", "/datasets", Server.datasets),
    _route("datasets.get", "GET", f"/datasets{_DATASET}", Server.dataset),
    _route("tables.list", "GET", f"/datasets{_DATASET}/tables", Server.tables),
    _route("tables.get", "GET", f"/datasets{_DATASET}/tables{_TABLE}", Server.table),
    _route("tables.patch", "PATCH", f"/datasets{_DATASET}/tables{_TABLE}", Server.change),
    _route("tables.update", "PUT", f"/datasets{_DATASET}/tables{_TABLE}", Server.change),
    _route("tables.delete", "DELETE", f"/datasets{_DATASET}/tables{_TABLE}", Server.delete),
    _route("routines.list", "GET", f"/datasets{_DATASET}/routines", Server.routines),
)
"""The calls that are known: the name to count by, verb, path, and what replies."""
