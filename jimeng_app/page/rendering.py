"""The page's HTML, from the Jinja2 templates in `templates/`.

Prompts, ids and links come from outside, so every value is escaped.
"""

from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from .i18n import translate

_ENVIRONMENT = Environment(
    loader=PackageLoader(__package__),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def render(template: str, *, chinese: bool = False, **values: object) -> str:
    """HTML from a template.

    Args:
        template: Its name in `templates/`.
        chinese: The reader's language.
        values: What the template shows.
    """
    values |= {
        "chinese": chinese,
        "translate": partial(translate, chinese=chinese),
    }
    return _ENVIRONMENT.get_template(template).render(values).strip()


def message(*texts: str, kind: str = "problem") -> str:
    """HTML: sentences in a line each, without those that are empty.

    Args:
        texts: The sentences.
        kind: The CSS class: `problem`, `warning`, `hint`, `about` or `empty`.
    """
    return render("message.html", texts=texts, kind=kind)
