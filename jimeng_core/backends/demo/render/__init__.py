"""The demo backend's renderer: real H.264 videos of the user's own pictures.

The values of a job are here; what draws and encodes is imported by the program (`__main__`) alone,
so that the site, which only writes jobs, loads neither PyAV nor numpy.
"""

from .job import Mode, RenderJob, Shot, frame_size

__all__ = ["Mode", "RenderJob", "Shot", "frame_size"]
