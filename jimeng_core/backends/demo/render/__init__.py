"""The demo backend's renderer: real H.264 videos, and images, of the user's own pictures.

Only the program (`__main__`) imports PyAV and numpy; the site, which writes jobs, does not.
"""

from .job import JOBS, TRY_AGAIN, ClipPath, ImagesJob, RenderJob, RenderMode, Shot, frame_size

__all__ = [
    "JOBS",
    "TRY_AGAIN",
    "ClipPath",
    "ImagesJob",
    "RenderJob",
    "RenderMode",
    "Shot",
    "frame_size",
]
