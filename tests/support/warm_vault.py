"""`vault` for tests that type hundreds of commands: each is forked from a process that is warm.

Starting Python and importing vault takes most of the time of a small command. The forked process
runs `vault.__main__` as a new one would, with the arguments, folder, environment and streams of the
client; nothing of one command is there for the next.
"""

from __future__ import annotations

import array
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CLIENT = """
import array, json, os, socket, sys
streams = array.array("i", [0, 1, 2])
said = {"argv": sys.argv[2:], "cwd": os.getcwd(), "env": dict(os.environ)}
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
client.sendall(json.dumps(said).encode() + b"\\n")
answer = client.makefile("rb").read()
sys.exit(int(answer or 70))
"""
_WARM = ("pyarrow", "pyarrow.parquet", "pyarrow.compute", "numpy", "orjson", "xxhash", "click")


@contextmanager
def warm_vault(program: Path) -> Iterator[None]:
    """Write a program `vault` that runs commands in forks of a warm process, while this lasts."""
    address = program.with_name("vault.socket")
    client = program.with_name("vault.client")
    client.write_text(_CLIENT, encoding="utf-8")
    # Without its site a Python starts in a third of the time.
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{client}" "{address}" "$@"\n')
    program.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm_vault", str(address)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == b"ready\n"
        yield
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def _serve(address: str) -> None:
    import importlib

    from vault.__main__ import WithoutPandas

    sys.meta_path.insert(0, WithoutPandas)
    for name in _WARM:
        importlib.import_module(name)
    importlib.import_module("vault.cli.frame.main")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        # A grandchild of the server, so that nobody has to wait for it.
        child = os.fork()
        if child == 0:
            if os.fork() == 0:
                listener.close()
                _run(connection)
            os._exit(0)
        os.waitpid(child, 0)
        connection.close()


def _run(connection: socket.socket) -> None:
    _, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(3 * 4))
    streams = array.array("i")
    streams.frombytes(ancillary[0][2])
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    said = json.loads(connection.makefile("rb").readline())
    os.chdir(said["cwd"])
    os.environ.clear()
    os.environ.update(said["env"])
    sys.argv = ["vault", *said["argv"]]
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(0, "r"),
        os.fdopen(1, "w"),
        os.fdopen(2, "w", 1, errors="backslashreplace"),
    )
    code = 70
    try:
        from vault.__main__ import main

        code = main() or 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
