"""A web server on this machine that can be as bad as the real ones."""

import hashlib
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

BODY = np.random.default_rng(0).bytes(700_000)


class Server(ThreadingHTTPServer):
    """Serves `files` {path: bytes}; the switches below make it as bad as the real ones."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/a.zip": BODY}
        self.cut_after = []  # how many bytes to send in the next answers before the line goes dead
        self.ranges = True  # does it understand Range?
        self.etag = True  # does it give ETags?
        self.status = []  # answer the next requests with these instead
        self.asked = []  # (path, Range) of every request
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server: Server = self.server
        wanted = self.headers.get("Range") if server.ranges else None
        server.asked.append((self.path, self.headers.get("Range")))
        body = server.files.get(self.path)
        if server.status or body is None:
            self.send_error(server.status.pop(0) if server.status else 404)
            return
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if wanted and self.headers.get("If-Range", etag) != etag:
            wanted = None
        first = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        if first >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.end_headers()
            return
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        if server.etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body) - first))
        self.end_headers()
        much = server.cut_after.pop(0) if server.cut_after else len(body)
        with suppress(ConnectionError):  # the client may have hung up
            self.wfile.write(body[first : first + much])

    def log_message(self, *_):
        pass


def md5(data):
    return hashlib.md5(data).hexdigest()


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path
