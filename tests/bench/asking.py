"""Ask a server again and again over kept connections, and count how long each answer takes."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Thread

OK = 200  # HTTP's own
Answered = tuple[float, int, int]  # milliseconds until it was whole, status, bytes


@dataclass(frozen=True)
class Pace:
    """Milliseconds until half, 95 and 99 of a hundred answers were whole; answers a second; bytes
    of one, on average; how many were not 200."""

    p50: float
    p95: float
    p99: float
    per_s: float
    size: int
    wrong: int


def pace(port: int, paths: Sequence[str], token: str, *, clients: int, seconds: float) -> Pace:
    """So many clients at once for so long, each with a connection of its own; the paths in turn,
    from another place for each client."""
    for path in paths[:10]:
        _get(HTTPConnection("127.0.0.1", port), path, token)
    found: list[Answered] = []
    until = time.perf_counter() + seconds

    def ask(first: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        number = first
        while time.perf_counter() < until:
            began = time.perf_counter()
            status, size = _get(connection, paths[number % len(paths)], token)
            found.append(((time.perf_counter() - began) * 1000, status, size))
            number += 1
        connection.close()

    began = time.perf_counter()
    threads = [Thread(target=ask, args=(n * len(paths) // clients,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return summed(found, time.perf_counter() - began)


def summed(found: Sequence[Answered], took_s: float) -> Pace:
    """What many answers come to."""
    times = sorted(one for one, _, _ in found)
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return Pace(
        round(cuts[49], 2),
        round(cuts[94], 2),
        round(cuts[98], 2),
        round(len(found) / took_s, 1),
        round(statistics.mean(size for _, _, size in found)),
        sum(status != OK for _, status, _ in found),
    )


def _get(connection: HTTPConnection, path: str, token: str) -> tuple[int, int]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, len(answer.read())
