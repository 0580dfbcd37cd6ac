"""Streams of events that `gradio_client` reads."""

from concurrent.futures import wait

from gradio_client import Client


def wait_for_stream(client: Client) -> None:
    """Wait until a client has read its stream to the end.

    A call that it makes while the stream of the one before ends is cancelled, though the server has
    answered it.
    """
    if reading := client.streaming_future:
        wait([reading], timeout=100)
