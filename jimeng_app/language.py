"""The language of sentences: Chinese or English."""


def is_chinese(language: str) -> bool:
    """Whether a language tag, a locale or the first entry of `Accept-Language` is Chinese."""
    return language.strip().lower().startswith("zh")
