"""HTTP in front of a service: checks every request and answer against the discovery document."""

import email
import io
import json
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.google.discovery import Method
from tests.google.exchange import RefusalError, Request, Service, Trouble


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The address of a server in front of `service`, while it runs."""
    server = _Server(service)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.005))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.discovery = service.discovery
        self.uploads: dict[str, Request] = {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: in two, the second waits 40 ms for the first's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *args: Any) -> None:
        """Tests print what matters."""

    def _serve(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if "upload_id" in query:
            self._finish_upload(query["upload_id"][0], content)
            return
        found = self.server.discovery.method(self.command, url.path)
        if found is None:
            self._violation(f"no method for {self.command} {url.path}")
            return
        method, path = found
        violations = self.server.discovery.check_query(method, query)
        upload = query.get("uploadType", [""])[0]
        body, media, media_type = (
            self._parts(content)
            if upload == "multipart"
            else (_json(content), b"", self.headers.get("X-Upload-Content-Type", ""))
        )
        if method.request is None and body:
            violations.append(f"{method.id} takes no body")
        elif method.request is not None:
            violations += self.server.discovery.check(method.request, body)
        if violations:
            self._violation("; ".join(violations))
            return
        request = Request(
            method.id,
            path,
            {k: v[0] for k, v in query.items()},
            body,
            media,
            media_type,
            dict(self.headers.items()),
        )
        if upload == "resumable":
            upload_id = uuid.uuid4().hex
            self.server.uploads[upload_id] = request
            location = f"http://{self.headers['Host']}{url.path}?upload_id={upload_id}"
            self._send(200, b"{}", Location=location)
            return
        self._carry_out(method, request)

    def _finish_upload(self, upload_id: str, content: bytes) -> None:
        request = self.server.uploads[upload_id]
        request.media += content
        method = self.server.discovery.method("POST", urlsplit(self.path).path)
        assert method is not None
        self._carry_out(method[0], request)

    def _carry_out(self, method: Method, request: Request) -> None:
        service = self.server.service
        service.requests.append(request)
        troubles = service.troubles[method.id]
        trouble = troubles.pop(0) if troubles else None
        if trouble and not trouble.carried_out:
            self._be_in(trouble)
            return
        try:
            answer = service.answer(request)
        except RefusalError as refusal:
            self._refuse(refusal)
            return
        if trouble:
            self._be_in(trouble)
            return
        if method.response is None:
            self._send(204, b"")
            return
        wrong = self.server.discovery.check(method.response, answer)
        if wrong:
            self._violation(f"the test's own answer: {'; '.join(wrong)}")
            return
        self._send(200, json.dumps(answer).encode())

    def _parts(self, content: bytes) -> tuple[dict[str, Any], bytes, str]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + content)
        metadata, media = message.get_payload()
        body = json.loads(metadata.get_payload(decode=True))
        return body, media.get_payload(decode=True), media["Content-Type"]

    def _violation(self, message: str) -> None:
        self.server.service.violations.append(message)
        self._refuse(RefusalError(400, "invalid", f"discovery document: {message}"))

    def _be_in(self, trouble: Trouble) -> None:
        if trouble.is_silent:
            threading.Event().wait(0.3)
        if trouble.is_dripping:
            self._drip()
        elif trouble.content is not None:
            self._send(trouble.status or 200, trouble.content)
        elif trouble.status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif trouble.is_html:
            page = b"<html><body>Bad gateway</body></html>"
            self._send(trouble.status, page, **{"Content-Type": "text/html"})
        else:
            refusal = RefusalError(trouble.status, trouble.reason, trouble.message)
            asked = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
            self._refuse(refusal, **asked)

    def _drip(self) -> None:
        """Send a head, and then a blank now and then, for a second and a half."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(30):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:  # the client has given up
                self.wfile = io.BytesIO()
                return
            threading.Event().wait(0.05)

    def _refuse(self, refusal: RefusalError, **headers: str) -> None:
        body = self.server.service.error_body(refusal)
        self._send(refusal.status, json.dumps(body).encode(), **headers)

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _json(content: bytes) -> dict[str, Any]:
    return json.loads(content) if content else {}
