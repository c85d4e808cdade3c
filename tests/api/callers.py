"""Programs that ask the JSON door, each request in a session of its own as in real life."""

import contextvars
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse


@dataclass(frozen=True)
class Caller:
    """Somebody's program; without a token, a passer-by's."""

    app: Flask
    token: str = ""

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.ask("GET", path, **given)

    def put(self, path: str, json: Any, **given: Any) -> TestResponse:
        return self.ask("PUT", path, json=json, **given)

    def post(self, path: str, json: Any, **given: Any) -> TestResponse:
        return self.ask("POST", path, json=json, **given)

    def delete(self, path: str, **given: Any) -> TestResponse:
        return self.ask("DELETE", path, **given)

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **given: Any
    ) -> TestResponse:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        client = self.app.test_client()

        def ask() -> TestResponse:
            return client.open(path, method=method, headers={**bearer, **(headers or {})}, **given)

        return contextvars.Context().run(ask)
