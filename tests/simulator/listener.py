"""A product of the size of a thimble: it notes what the network posts to it and answers as it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from outreach.simulator.http_server import HttpServer

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@dataclass(frozen=True)
class Post:
    path: str
    form: dict[str, list[str]]
    headers: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.form[name][0]


@dataclass
class Listener:
    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], str] = lambda post: EMPTY
    url: str = ""

    def start(self) -> None:
        self._server = HttpServer(self._wsgi, threads=4)
        self.url = self._server.url
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def to(self, beginning: str) -> list[Post]:
        return [post for post in self.posts if post.path.startswith(beginning)]

    def _wsgi(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        post = Post(environ["PATH_INFO"], parse_qs(body, keep_blank_values=True), headers)
        self.posts.append(post)
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [self.answer(post).encode()]
