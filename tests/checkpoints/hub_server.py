"""A model hub on this machine that can be told to fail in every way that networks do."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "painters/tiny"


@dataclass
class HubServer:
    """`files` by path. `faults` by path: what the next requests for it meet, in order; none left: all is well.

    A fault is "drop" (the connection breaks in the middle), "truncate" (it ends early, as if all were there),
    "corrupt" (a byte is another one), "stall" (nothing comes for a second), "longer" (more than was said),
    "ignore range", or a number: the status of the answer.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[str | int]] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    api_status: int = 200
    throttle_bytes_s: int = 0
    hashes: dict[str, str] = field(default_factory=dict)
    redirects: str = ""
    license: str = "cc0-1.0"
    url: str = ""

    def listing(self) -> dict:
        siblings = []
        for path, content in self.files.items():
            entry = {"rfilename": path, "size": len(content), "blobId": "x"}
            if path.endswith(".safetensors"):
                digest = self.hashes.get(path, hashlib.sha256(content).hexdigest())
                entry["lfs"] = {"size": len(content), "sha256": digest, "pointerSize": 1}
            siblings.append(entry)
        return {
            "_id": "1", "id": REPO, "sha": COMMIT, "private": False, "gated": False, "siblings": siblings,
            "cardData": {"license": self.license}, "tags": [],
        }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Quiet."""

    @property
    def hub(self) -> HubServer:
        return self.server.hub

    def do_GET(self):
        path = unquote(urlparse(self.path).path)
        self.hub.authorizations.append(self.headers.get("Authorization"))
        if path.startswith("/api/models/"):
            return self._answer_api()
        if self.hub.redirects and not path.startswith("/cdn/"):
            self.send_response(302)
            self.send_header("Location", f"{self.hub.redirects}/cdn{path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        name = path.split(f"/resolve/{COMMIT}/")[-1]
        self.hub.requests.append((name, self.headers.get("Range")))
        if name not in self.hub.files:
            return self._refuse(404)
        return self._answer_file(name)

    def _answer_api(self):
        if self.hub.api_status != 200:
            return self._refuse(self.hub.api_status)
        body = json.dumps(self.hub.listing()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def _refuse(self, status):
        self.send_response(status)
        if status in (401, 403):
            self.send_header("X-Error-Code", "GatedRepo")
        if status == 429:
            self.send_header("Retry-After", "0.01")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer_file(self, name):
        content = self.hub.files[name]
        faults = self.hub.faults.get(name, [])
        fault = faults.pop(0) if faults else ""
        if isinstance(fault, int):
            return self._refuse(fault)
        start = 0
        asked = self.headers.get("Range")
        if asked and fault != "ignore range":
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        body = content[start:]
        if fault == "corrupt" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        if fault == "longer":
            body += b"more"
        length = len(body)
        if fault == "truncate":
            body = body[: len(body) // 2]
            length = len(body)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        return self._send(body, fault)

    def _send(self, body, fault):
        if fault == "drop":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
            return
        if fault == "stall":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(1.0)
            self.close_connection = True
            return
        step = self.hub.throttle_bytes_s // 20 or len(body) or 1
        for at in range(0, len(body), step):
            self.wfile.write(body[at : at + step])
            if self.hub.throttle_bytes_s:
                self.wfile.flush()
                time.sleep(0.05)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that hang up are what is tested."""


@contextmanager
def hub_server(**options) -> Iterator[HubServer]:
    """A running hub; its `url` is its endpoint."""
    hub = HubServer(**options)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.hub = hub
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
