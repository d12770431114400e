"""A server on loopback that answers what the client of Weights & Biases asks for, of runs that are invented."""

import io
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd

ENTITY, PROJECT = "someone", "stage1"
CREATED = "2024-01-01T00:00:00Z"


@dataclass(kw_only=True)
class Run:
    """A run as the service holds it."""

    name: str
    config: dict[str, Any]
    summary: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    state: str = "finished"
    heartbeat: str = CREATED
    exported: int = 0
    """How many steps of its history the service has as a Parquet file."""

    def steps(self) -> list[dict[str, Any]]:
        """The history as it was logged."""
        return [{"_step": number, **step} for number, step in enumerate(self.history)]

    def node(self, number: int) -> dict[str, Any]:
        """All fields of the API's fragments of a run."""
        keys = dict.fromkeys(key for step in self.history for key in step if not key.startswith("_"))
        return {
            "projectId": "1", "id": f"UnVuOnYx{number}", "name": self.name, "displayName": f"brave-{self.name}",
            "tags": [], "sweepName": None, "state": self.state, "group": None, "jobType": None, "commit": None,
            "readOnly": True, "createdAt": CREATED, "heartbeatAt": self.heartbeat, "description": None, "notes": None,
            "historyLineCount": len(self.history), "user": {"name": "Some One", "username": ENTITY},
            "config": json.dumps({key: {"desc": None, "value": value} for key, value in self.config.items()}),
            "systemMetrics": "{}", "summaryMetrics": json.dumps(self.summary),
            "historyKeys": {"keys": {key: {} for key in keys}, "lastStep": len(self.history) - 1},
        }  # fmt: skip


@dataclass(kw_only=True)
class Service:
    """What the server knows, and what it was asked.

    Attributes:
        projects: runs by ENTITY/PROJECT, the oldest first.
        key: the one that it knows.
        refusals: statuses of the next answers, instead of what was asked for.
        busy: runs about which too much is asked.
        retry_after: seconds that a refused client is told to wait.
        delay: seconds before each answer.
        asked: the name of each query that was answered, and the runs that it named.
    """

    projects: dict[str, list[Run]]
    key: str = "k" * 40
    refusals: list[int] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    retry_after: str = "0"
    delay: float = 0.0
    address: str = ""
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def queries(self, name: str) -> list[tuple[str, ...]]:
        """The runs of each query of a name."""
        return [runs for asked, runs in self.asked if asked == name]

    def answer(self, query: str, given: dict[str, Any]) -> dict[str, Any]:
        """The data of an answer."""
        match = re.search(r"query\s+(\w+)", query)
        name = match[1] if match else ""
        filters = json.loads(given.get("filters") or "{}")
        named = filters.get("name", {}).get("$in", [])
        run_name = run_of(given)
        self.asked.append((name, tuple(named or ([run_name] if run_name else []))))
        if "viewer" in query:
            return {"viewer": {"id": "1", "entity": ENTITY, "username": ENTITY, "email": "", "name": "Some One",
                               "flags": "{}", "admin": False, "teams": {"edges": []}}}  # fmt: skip
        if "serverInfo" in query:
            return {"serverInfo": {"features": []}}
        runs = self.projects.get(f"{given.get('entity')}/{given.get('project')}")
        if runs is None:
            return {"project": None}
        if name == "Runs":
            chosen = [run for run in runs if not named or run.name in named]
            return {"project": _page(chosen, int(given.get("cursor") or 0), int(given["perPage"]))}
        run = next((run for run in runs if run.name == run_name), None)
        return {"project": {"run": None if run is None else _fields(name, run, given, self.address)}}


def run_of(given: dict[str, Any]) -> str:
    """The one run that a query is about; empty where it is about none or several."""
    return given.get("name") or given.get("run") or given.get("runName") or ""


def _page(runs: Sequence[Run], start: int, size: int) -> dict[str, Any]:
    stop = min(start + size, len(runs))
    edges = [{"node": run.node(number), "cursor": str(number + 1)} for number, run in enumerate(runs)][start:stop]
    return {
        "internalId": "1", "runCount": len(runs), "readOnly": True,
        "runs": {"edges": edges, "pageInfo": {"endCursor": str(stop), "hasNextPage": stop < len(runs)}},
    }  # fmt: skip


def _fields(name: str, run: Run, given: dict[str, Any], address: str) -> dict[str, Any]:
    steps = run.steps()
    if name == "RunParquetHistory":
        urls = [f"{address}/{run.name}.parquet"] if run.exported else []
        live = [{"_step": step["_step"]} for step in steps[run.exported :]]
        return {"parquetHistory": {"parquetUrls": urls, "liveData": live}}
    if name == "HistoryPage":
        return {"history": [json.dumps(each) for each in steps if given["minStep"] <= each["_step"] < given["maxStep"]]}
    return run.node(0)


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Answer in a thread; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.removeprefix("/").removesuffix(".parquet")
            run = next(run for runs in service.projects.values() for run in runs if run.name == name)
            file = io.BytesIO()
            pd.DataFrame(run.steps()[: run.exported]).to_parquet(file)
            content = file.getvalue()
            first, last = (self.headers.get("Range") or f"bytes=0-{len(content) - 1}").removeprefix("bytes=").split("-")
            part = content[int(first) : int(last) + 1] if first else content[-int(last) :]
            self.send_response(206 if "Range" in self.headers else 200)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/graphql":  # what the client counts of itself
                self._send(404, {})
                return
            asked = json.loads(body)
            time.sleep(service.delay)
            given = asked.get("variables") or {}
            if service.refusals or run_of(given) in service.busy:
                status = service.refusals.pop(0) if service.refusals else 429
                self._send(status, {"errors": [{"message": "not now"}]})
            elif service.key not in _password(self.headers.get("Authorization", "")):
                self._send(401, {"errors": [{"message": "user is not logged in"}]})
            else:
                self._send(200, {"data": service.answer(asked["query"], given)})

        def _send(self, status: int, document: dict[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Retry-After", service.retry_after)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    service.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _password(header: str) -> str:
    import base64

    return base64.b64decode(header.removeprefix("Basic ")).decode() if header.startswith("Basic ") else ""
