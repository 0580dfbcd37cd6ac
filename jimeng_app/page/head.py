"""The page's own part of the HTML head: styles and scripts that the page's drawing waits for."""

from collections.abc import Callable

from jinja2 import BaseLoader, Environment

from .browser_scripts import URLS
from .rendering import render


class HeadLoader(BaseLoader):
    """Gradio's templates with this head in them.

    Gradio's `head` is put into the page by its scripts, once they run: too late to be loaded beside
    them, to hide what is not drawn yet, and to change what they start.

    Args:
        templates: The loader of Gradio's templates.
    """

    def __init__(self, templates: BaseLoader) -> None:
        self._templates = templates
        self._head = render("head.html", scripts=URLS.values(), main=URLS["main.js"])

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of a template; see `BaseLoader`."""
        source, path, is_current = self._templates.get_source(environment, template)
        head = f"{{% raw %}}{self._head}{{% endraw %}}"
        return source.replace("<style>", f"{head}<style>", 1), path, is_current
