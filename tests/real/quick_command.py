"""The `assetmap` command for a script that calls it many times over.

To import the service takes longer than most commands do. So it is imported once, by `serve`, and
each call of the command is a process forked from that one, with the caller's arguments, folder,
environment and streams.
"""

import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 1_000_000  # bytes of what a call sends
STREAMS = (0, 1, 2)
CALL = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect({address!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(there, [call], [0, 1, 2])
    there.shutdown(socket.SHUT_WR)
    sys.exit(int(there.recv(9) or 70))
"""


@contextmanager
def command(program: Path) -> Iterator[None]:
    """A program that does as `assetmap` does, as long as this lasts."""
    address = str(program.with_suffix(".socket"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        number = listening.fileno()
        run = [sys.executable, "-m", "tests.real.quick_command", str(number)]
        program.write_text(CALL.format(python=sys.executable, address=address))
        program.chmod(0o755)
        serving = subprocess.Popen(run, cwd=ROOT, pass_fds=[number])
    # only `serve` listens now: should it end, calls are refused and wait for nobody
    try:
        yield
    finally:
        serving.kill()
        serving.wait()


def serve(listening: socket.socket) -> None:
    """Answer calls, one at a time, for ever."""
    import assetmap.app  # noqa: F401  # what takes the time

    while True:
        there, _ = listening.accept()
        with there:
            said, streams, _, _ = socket.recv_fds(there, LONGEST, len(STREAMS))
            while more := there.recv(LONGEST):
                said += more
            child = os.fork()
            if not child:
                _be(streams, *json.loads(said))
            for stream in streams:
                os.close(stream)
            _, status = os.waitpid(child, 0)
            there.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _be(
    streams: Sequence[int], arguments: Sequence[str], folder: str, environment: dict[str, str]
) -> None:
    """Become one call of the command."""
    code = 70
    try:
        for mine, theirs in zip(STREAMS, streams, strict=True):
            os.dup2(theirs, mine)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["assetmap", *arguments]
        from assetmap.start import main

        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # whatever it is, this process ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
