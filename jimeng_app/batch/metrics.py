"""The numbers of a process for Prometheus: its counters, and the states in the database."""

import hmac
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from pydantic import SecretStr
from starlette.requests import Request

from . import store
from .database import ROWS, Database


def _totals(c: sa.Connection) -> list[tuple[str, str, int, float]]:
    """The rows of all batches: account, stage, how many, and their estimated price in all."""
    rows = c.execute(
        sa.select(
            ROWS.c.account, ROWS.c.stage, ROWS.c.price["amount"].as_float(), sa.func.count()
        ).group_by(ROWS.c.account, ROWS.c.stage, ROWS.c.price["amount"].as_float())
    )
    return [(account, stage, n, (amount or 0.0) * n) for account, stage, amount, n in rows]


class Metrics:
    """The counters of one process. Labels name accounts, codes and stages, never a secret."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.upstream = Histogram(
            *("jimeng_upstream_seconds", "Seconds of upstream calls.", ["call"]),
            registry=self.registry,
        )
        self.lookups = Counter(
            *("jimeng_lookups", "Tasks looked up.", ["account"]), registry=self.registry
        )
        self.refusals = Counter(
            *("jimeng_refusals", "Submissions that were refused.", ["account", "code"]),
            registry=self.registry,
        )
        self.ended = Counter(
            *("jimeng_rows_ended", "Rows that have ended.", ["stage"]), registry=self.registry
        )


class DatabaseNumbers(Collector):
    """The rows of all batches by stage, the depth of the queues, and paused accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        rows = GaugeMetricFamily("jimeng_rows", "Rows by stage.", labels=["account", "stage"])
        price = GaugeMetricFamily(
            *("jimeng_rows_estimate", "Their estimated price."), labels=["account", "stage"]
        )
        paused = GaugeMetricFamily("jimeng_account_paused", "1: paused.", labels=["account"])
        running = GaugeMetricFamily("jimeng_account_running", "Its limit.", labels=["account"])
        numbers: dict[tuple[str, str], tuple[int, float]] = {}
        for account, stage, count, amount in self._database.read(_totals):
            before = numbers.get((account, stage), (0, 0.0))
            numbers[account, stage] = (before[0] + count, before[1] + amount)
        for labels, (count, amount) in numbers.items():
            rows.add_metric(labels, count)
            price.add_metric(labels, amount)
        for row in self._database.read(store.accounts_now):
            paused.add_metric([row["name"]], 1 if row["paused"] else 0)
            running.add_metric([row["name"]], row["running"])
        return iter((rows, price, paused, running))


def render(database: Database, processes: Iterable[Metrics]) -> bytes:
    """The numbers in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(DatabaseNumbers(database))
    text = generate_latest(registry)
    return text + b"".join(generate_latest(each.registry) for each in processes)


def may_read(request: Request, token: SecretStr | None, *, local: bool) -> bool:
    """Whether a caller may read the numbers: on this machine, or with the bearer."""
    if local:
        return True
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    return token is not None and hmac.compare_digest(
        sent.encode(), token.get_secret_value().encode()
    )
