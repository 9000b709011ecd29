"""DuckDB connections that reach nothing but what is handed to them, and a time limit for them.

No file, no network, no extension, no Python variable, no setting can be reached from a connection
made here, whatever is run on it. What is run is held against an allow-list before.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

import duckdb

from vault.errors import InvalidInput

THREADS = 2
"""Threads that one evaluation may use."""

_MOST_DEPTH = 100
_AGAIN_SECONDS = 0.05
_CONFIGURATION: dict[str, str | int | float | list[str]] = {
    "threads": THREADS,
    "memory_limit": "1GB",
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
}


class _Kept(threading.local):
    """The connection of each thread; one of a process that forked away is not used again."""

    process = 0
    connection: duckdb.DuckDBPyConnection | None = None


_kept = _Kept()


def closed_off(**settings: str | int | float | list[str]) -> duckdb.DuckDBPyConnection:
    """Return a new connection in memory that reaches nothing; 30 ms. `settings` are DuckDB's."""
    connection = duckdb.connect(":memory:", config={**_CONFIGURATION, **settings})
    # In this order: the later ones forbid the earlier.
    connection.execute(
        f"""
        SET temp_directory = '';
        SET max_expression_depth = {_MOST_DEPTH};
        SET enable_external_access = false;
        SET lock_configuration = true;
        """
    )
    return connection


def kept_connection() -> duckdb.DuckDBPyConnection:
    """Return this thread's connection that reaches nothing, made when it is first wanted."""
    if _kept.connection is None or _kept.process != os.getpid():
        _kept.connection, _kept.process = closed_off(), os.getpid()
    return _kept.connection


@contextlib.contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what runs on a connection after so many seconds.

    Raises InvalidInput (`expression-too-slow`) when that happened.
    """
    done = threading.Event()
    interrupted = threading.Event()

    def interrupt() -> None:
        # Again and again: an interruption between two steps of a query is forgotten.
        wait = seconds
        while not done.wait(wait):
            interrupted.set()
            connection.interrupt()
            wait = _AGAIN_SECONDS

    watch = threading.Thread(target=interrupt, daemon=True)
    watch.start()
    try:
        yield
    except duckdb.InterruptException:
        if not interrupted.is_set():
            raise KeyboardInterrupt from None
        raise InvalidInput(
            f"it was stopped after {seconds:g} seconds",
            code="expression-too-slow",
            hint="compare with a text or a number where it searches or joins",
        ) from None
    finally:
        done.set()
        watch.join()
