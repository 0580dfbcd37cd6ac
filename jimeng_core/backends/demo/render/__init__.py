"""The demo backend's renderer: real H.264 videos, and images, of the user's own pictures.

Only the program (`__main__`) imports PyAV and numpy; the site, which writes jobs, does not.
"""

from .job import ImagesJob, RenderJob, RenderMode, Shot, frame_size, job_text, read_job

__all__ = ["ImagesJob", "RenderJob", "RenderMode", "Shot", "frame_size", "job_text", "read_job"]
