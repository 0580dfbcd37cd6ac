"""Trying a credential, and the account's balance."""

from contextlib import suppress

from jimeng_app.call_context import CallContext, handle_errors
from jimeng_core.errors import JimengError, NoSuchTask, Unauthorized
from jimeng_core.settings import BackendName

from .i18n import translate
from .rendering import message

_NO_TASK = "cgt-20260101000000-00000"
"""An id of Ark's shape that no task has."""


async def try_credential(call: CallContext) -> tuple[int | None, str]:
    """Use the credential of a call for a question that costs nothing.

    Returns:
        The account's credits, None where the backend tells none; and the result as HTML.
    """
    found = await handle_errors(lambda: _ask(call), lambda error: error)
    if isinstance(found, JimengError):
        missing = isinstance(found, Unauthorized) and not call.token
        text = translate("test_missing", chinese=call.chinese)
        return None, message(text if missing else call.error_message(found))
    key = "test_works" if found is None else "test_balance"
    text = translate(key, chinese=call.chinese, amount=f"{found or 0:,}")
    return found, message(text, kind="success")


async def balance_of(call: CallContext) -> int | None:
    """The account's credits; None where the backend tells none, or does not answer."""
    if call.backend != BackendName.WEB:
        return None
    balance, _ = await try_credential(call)
    return balance


async def _ask(call: CallContext) -> int | None:
    """The credits of the account.

    Raises:
        JimengError: The credential cannot be used, or there is no answer.
    """
    async with call.jimeng() as jimeng:
        if call.access.backend is not BackendName.ARK:
            return (await jimeng.credits()).total
        with suppress(NoSuchTask):  # Ark tells no balance: it is asked for a task that nobody has
            await jimeng.get(_NO_TASK)
    return None
