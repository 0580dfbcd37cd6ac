"""One test for a table of cases."""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

Test = Callable[..., Any]


def each(names: str | Sequence[str], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for every case of a table, as one test of pytest; a failure names its case.

    Takes what `pytest.mark.parametrize` takes, and costs less: what pytest does for one test is
    more work than most checks. The cases share the test's fixtures, except that each has a
    directory `tmp_path`, a `monkeypatch` and an empty `caplog` of its own.
    """
    keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [_values(keys, case) for case in cases]
    assert table, f"no case of {keys}"

    def decorate(test: Test) -> Test:
        async def run_async(**fixtures: Any) -> None:
            for number, values in enumerate(table):
                with _case(number, values, fixtures) as arguments:
                    await test(**arguments)

        def run(**fixtures: Any) -> None:
            for number, values in enumerate(table):
                with _case(number, values, fixtures) as arguments:
                    test(**arguments)

        runner: Any = run_async if inspect.iscoroutinefunction(test) else run
        functools.update_wrapper(runner, test)
        signature = inspect.signature(test)
        fixtures = [
            parameter.replace(kind=parameter.KEYWORD_ONLY)
            for name, parameter in signature.parameters.items()
            if name not in keys
        ]
        runner.__signature__ = signature.replace(parameters=fixtures)
        return runner  # type: ignore[no-any-return]

    return decorate


def _values(keys: Sequence[str], case: Any) -> dict[str, Any]:
    """A case as the arguments that it gives the test."""
    marked = isinstance(case, tuple) and hasattr(case, "marks")  # what pytest.param makes
    values = case.values if marked else [case] if len(keys) == 1 else case
    return dict(zip(keys, values, strict=True))


@contextmanager
def _case(
    number: int, values: Mapping[str, Any], fixtures: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The arguments of one case, whose exception says which it is."""
    arguments = {**fixtures, **values}
    with ExitStack() as closing:
        if "monkeypatch" in fixtures:
            arguments["monkeypatch"] = closing.enter_context(pytest.MonkeyPatch.context())
        if "caplog" in fixtures:
            fixtures["caplog"].clear()
        if "tmp_path" in fixtures:
            arguments["tmp_path"] = Path(fixtures["tmp_path"], f"case-{number}")
            arguments["tmp_path"].mkdir()
        try:
            yield arguments
        except BaseException as error:
            shown = ", ".join(f"{name}={value!r:.500}" for name, value in values.items())
            error.add_note(f"with {shown}")
            raise
