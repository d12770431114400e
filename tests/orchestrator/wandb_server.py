"""A server on loopback that answers what the client of Weights & Biases asks for, of runs that are invented."""

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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
        delay: seconds before each answer.
        asked: the name of each query that was answered, and the runs that it named.
    """

    projects: dict[str, list[Run]]
    key: str = "k" * 40
    refusals: list[int] = field(default_factory=list)
    delay: float = 0.0
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
        run_name = given.get("name") or given.get("run") or given.get("runName")
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
        return {"project": {"run": None if run is None else _fields(name, run, given)}}


def _page(runs: Sequence[Run], start: int, size: int) -> dict[str, Any]:
    stop = min(start + size, len(runs))
    edges = [{"node": run.node(number), "cursor": str(number + 1)} for number, run in enumerate(runs)][start:stop]
    return {
        "internalId": "1", "runCount": len(runs), "readOnly": True,
        "runs": {"edges": edges, "pageInfo": {"endCursor": str(stop), "hasNextPage": stop < len(runs)}},
    }  # fmt: skip


def _fields(name: str, run: Run, given: dict[str, Any]) -> dict[str, Any]:
    steps = [{"_step": number, **step} for number, step in enumerate(run.history)]
    if name == "RunParquetHistory":
        return {"parquetHistory": {"parquetUrls": [], "liveData": [{"_step": step["_step"]} for step in steps]}}
    if name == "HistoryPage":
        return {"history": [json.dumps(each) for each in steps if given["minStep"] <= each["_step"] < given["maxStep"]]}
    return run.node(0)


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Answer in a thread; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(service.delay)
            if service.refusals:
                self._send(service.refusals.pop(0), {"errors": [{"message": "not now"}]})
            elif service.key not in _password(self.headers.get("Authorization", "")):
                self._send(401, {"errors": [{"message": "user is not logged in"}]})
            else:
                self._send(200, {"data": service.answer(body["query"], body.get("variables") or {})})

        def _send(self, status: int, document: dict[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _password(header: str) -> str:
    import base64

    return base64.b64decode(header.removeprefix("Basic ")).decode() if header.startswith("Basic ") else ""
