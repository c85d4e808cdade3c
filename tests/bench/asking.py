"""Ask a server again and again over kept connections, and count how long each answer takes."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count

from uuid6 import uuid7

OK, ADDED = 200, 201  # HTTP's own
Answered = tuple[float, int, int]  # milliseconds until it was whole, status, bytes


@dataclass(frozen=True)
class Pace:
    """Milliseconds until half, 95 and 99 of a hundred answers were whole; answers a second; bytes
    of one, on average; how many were not as asked."""

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

    def ask(connection: HTTPConnection, number: int) -> tuple[int, int]:
        return _get(connection, paths[number % len(paths)], token)

    return _keep_on(port, ask, clients=clients, apart=len(paths), seconds=seconds)


def pace_of_logging(
    port: int, bodies: Sequence[bytes], token: str, *, clients: int, seconds: float
) -> Pace:
    """The same of phones that send what was logged, each entry under a uid of its own."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/geo+json"}

    def send(connection: HTTPConnection, number: int) -> tuple[int, int]:
        body = bodies[number % len(bodies)]
        connection.request("PUT", f"/api/assets/{uuid7()}", body, headers)
        answer = connection.getresponse()
        return answer.status, len(answer.read())

    return _keep_on(port, send, clients=clients, apart=len(bodies), seconds=seconds)


def _keep_on(
    port: int,
    ask: Callable[[HTTPConnection, int], tuple[int, int]],
    *,
    clients: int,
    apart: int,
    seconds: float,
) -> Pace:
    until = time.perf_counter() + seconds

    def one(client: int) -> list[Answered]:
        connection = HTTPConnection("127.0.0.1", port)
        found: list[Answered] = []
        for number in count(client * apart // clients):
            began = time.perf_counter()
            if began >= until and found:
                break
            status, size = ask(connection, number)
            found.append(((time.perf_counter() - began) * 1000, status, size))
        connection.close()
        return found

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = [one for some in pool.map(one, range(clients)) for one in some]
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
        sum(status not in (OK, ADDED) for _, status, _ in found),
    )


def _get(connection: HTTPConnection, path: str, token: str) -> tuple[int, int]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, len(answer.read())
