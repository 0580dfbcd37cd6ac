"""The demo backend's renderer: real H.264 videos, and images, of the user's own pictures.

The values of a job are here; what draws and encodes is imported by the program (`__main__`) alone,
so that the site, which only writes jobs, loads neither PyAV nor numpy.
"""

from .job import ImagesJob, RenderJob, RenderMode, Shot, frame_size, job_text, read_job

__all__ = ["ImagesJob", "RenderJob", "RenderMode", "Shot", "frame_size", "job_text", "read_job"]
