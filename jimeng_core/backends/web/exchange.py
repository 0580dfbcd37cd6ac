"""What `jimeng_core.backends.exchange` has, under its earlier name."""

from jimeng_core.backends.exchange import ANSWER_LIMIT, Answer, Lost, NotSent, exchange

__all__ = ["ANSWER_LIMIT", "Answer", "Lost", "NotSent", "exchange"]
