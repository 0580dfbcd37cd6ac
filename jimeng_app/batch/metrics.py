"""The numbers of a process: Prometheus counters, and the states in the database."""

from prometheus_client import CollectorRegistry, Counter, Histogram


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
