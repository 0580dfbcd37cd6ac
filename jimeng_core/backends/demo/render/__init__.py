"""The demo backend's renderer: real H.264 videos of the user's own pictures."""

from .film import render
from .job import Mode, RenderJob, Shot, frame_size

__all__ = ["Mode", "RenderJob", "Shot", "frame_size", "render"]
