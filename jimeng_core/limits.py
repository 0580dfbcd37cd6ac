"""The limits of a request's fields, where they depend on no model."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Range:
    """Inclusive limits of a number, or of the length of a list."""

    low: int
    high: int

    def __contains__(self, number: int) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"

    @property
    def zh(self) -> str:
        """The limits in Chinese."""
        return f"{self.low} 到 {self.high}"


FRAMES: Final = Range(2, 10)
"""Pictures of a multi-frame video (protocol 7.4, sure)."""
FRAME_SECONDS: Final = Range(1, 6)
"""Length of one of its frames (protocol 7.4, sure)."""
IMAGE_COUNT: Final = Range(1, 8)
"""Images that one task makes (contract 2)."""
IMAGE_PICTURES: Final = Range(0, 9)
"""Pictures that images start from (contract 2)."""
SEEDS: Final = Range(0, 2**32 - 1)
"""The wire's seed is an unsigned 32-bit number (protocol 7.1)."""
ARK_SEEDS: Final = Range(0, 2**31 - 1)
"""Ark's seed (Ark protocol A4, the newer page)."""
DEFAULT_FPS: Final = 24
"""Frames per second of every model's videos (protocol 7.7)."""
DEMO_FPS: Final = Range(12, 60)
"""Frames per second that the demo backend renders."""
PROMPT_LIMIT: Final = 2000
"""Characters of a prompt. The site's own limit is not known, this one is a guess: its sister API
takes 800 (Ark protocol B3), Ark suggests 500 Chinese characters (A5)."""
