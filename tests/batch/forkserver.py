"""A program that forks workers and upstreams which tests kill: starting Python takes too long.

It has imported everything before; it has no thread and no connection. A line of JSON on standard
input starts a process, whose id it prints.
"""

import importlib
import json
import logging
import os
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import jimeng_app.batch.upkeep  # noqa: F401 - before a process is forked
from jimeng_app.batch import transitions
from jimeng_app.batch.engine import WorkerOptions
from jimeng_app.batch.settings import BatchSettings
from jimeng_app.batch.worker import BatchWorker
from jimeng_app.stop_signal import StopSignal
from jimeng_core.backends.demo import worker as renderer
from jimeng_core.backends.demo.site import DemoSite
from jimeng_core.backends.demo.transport import DemoTransport
from jimeng_core.backends.demo.upload_stores import UPLOAD_HOST
from jimeng_core.backends.web import wire
from jimeng_core.clock import SystemClock
from tests import instant_films
from tests.batch.batch_worker import FastClock

for late in (
    *("anyio._backends._asyncio", "httpcore", "pillow_heif", "psycopg"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite"),
):
    importlib.import_module(late)  # before a process is forked, too


def work(name: str, variables: dict[str, str], *, fast: bool = True) -> None:
    """Run a worker until SIGTERM; its times are short if it is to be fast, else the product's."""
    os.environ.update(variables)
    stop = StopSignal()
    options = WorkerOptions(name=name)
    if fast:
        options = replace(options, tick=0.8, lost_after=3.0, clock=FastClock())
        transitions.FIRST_BACKOFF, transitions.MAX_BACKOFF = 0.2, 0.8  # type: ignore[misc]
    with BatchWorker(BatchSettings.load(), options):
        stop.wait()


def serve(folder: str, port: int, seed: int | None) -> None:
    """Serve the demo's site until SIGTERM, and write down each request.

    Its faults are seeded; None: it has none.
    """
    renderer._start = instant_films.start  # type: ignore[assignment]
    clock, chance = SystemClock(), random.Random(seed)
    site = DemoSite(Path(folder, "demo"), lambda: clock.now().timestamp())
    host = f"127.0.0.1:{port}"
    transport = DemoTransport(site, visitor=None, pace=0, media_base=f"http://{host}/media")
    requests = Path(folder, "requests").open("ab", buffering=0)  # noqa: SIM115

    async def answer(request: Request) -> Response:
        path, fault = request.url.path, 0.5 if seed is None else chance.random()
        if path.startswith("/media/"):
            film = Path(folder, "demo", "media", Path(path).name)
            return Response(film.read_bytes()) if film.exists() else Response(status_code=404)
        requests.write(b".")
        if path == wire.GENERATE and fault < 0.06:
            body = {"ret": "1310", "errmsg": "busy", "systime": "0", "logid": "l", "data": None}
            return Response(json.dumps(body), media_type="application/json")
        if path == wire.LOOK_UP and fault < 0.05:
            return Response(status_code=502)
        upstream = UPLOAD_HOST if path.startswith("/upload/v1/") else "127.0.0.1"
        sent = httpx.Request(
            request.method,
            f"https://{upstream}{path}?{request.url.query}",
            headers=request.headers.raw,
            content=await request.body(),
        )
        response = await transport.handle_async_request(sent)
        await response.aread()
        if path == wire.GENERATE and response.json()["ret"] == "0" and fault > 0.95:
            return Response(status_code=504)  # accepted, and the response is lost
        content = response.content.replace(UPLOAD_HOST.encode(), host.encode())
        return Response(content, response.status_code, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False)


def main() -> None:
    """Fork a process for each line."""
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        command: dict[str, Any] = json.loads(line)
        process = os.fork()
        if not process:
            os.close(0)
            try:
                program = work if command.pop("run") == "work" else serve
                program(**command)
            except Exception:  # `os._exit` would hide why the process ended
                logging.getLogger(__name__).exception("The process failed.")
            finally:
                os._exit(0)
        print(process, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
