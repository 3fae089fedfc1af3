"""Conversations of tests with what is asynchronous."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def in_its_own_loop(conversation: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a conversation to its end in a thread: where a browser was, one loop runs in ours."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, conversation()).result()
