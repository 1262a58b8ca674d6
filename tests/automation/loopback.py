"""Slack's API and a mail server on this machine: they keep what they were sent."""

import datetime as dt
import ipaddress
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Slack:
    """Messages with the token that each came with; `error` is what Slack says no with."""

    address: str = ""
    error: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@contextmanager
def slack() -> Iterator[Slack]:
    kept = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told = (
                json.loads(body)
                if "json" in self.headers["Content-Type"]
                else {name: values[0] for name, values in parse_qs(body).items()}
            )
            assert self.path == "/api/chat.postMessage"
            answer: dict[str, Any] = {"ok": kept.error is None, "error": kept.error}
            if kept.error is None:
                kept.messages.append({**told, "authorization": self.headers["Authorization"]})
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.address = f"http://127.0.0.1:{server.server_address[1]}/api"
    with _serving(server):
        yield kept


@dataclass
class Mailbox:
    """Mails with the commands that brought them; `refuses` is what it says to a sender."""

    port: int = 0
    refuses: str | None = None
    commands: list[str] = field(default_factory=list[str])
    mails: list[str] = field(default_factory=list[str])


@contextmanager
def mailbox(certificate: Path | None = None) -> Iterator[Mailbox]:
    """A mail server; with a certificate it offers STARTTLS and wants it before anything else."""
    kept = Mailbox()
    tls: ssl.SSLContext | None = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            say = lambda text: self.wfile.write(text.encode() + b"\r\n")  # noqa: E731
            say("220 loopback")
            secured = False
            while line := self.rfile.readline().decode().strip():
                kept.commands.append(line)
                verb = line.split(" ")[0].upper()
                if verb == "EHLO":
                    say("250-loopback")
                    say("250 AUTH PLAIN" if secured or not tls else "250 STARTTLS")
                elif verb == "STARTTLS" and tls:
                    say("220 go ahead")
                    self.connection = tls.wrap_socket(self.connection, server_side=True)
                    self.rfile = self.connection.makefile("rb")
                    self.wfile = self.connection.makefile("wb", buffering=0)
                    say = lambda text, to=self.wfile: to.write(  # noqa: E731
                        text.encode() + b"\r\n"
                    )
                    secured = True
                elif verb == "AUTH":
                    say("235 welcome")
                elif verb == "MAIL" and (kept.refuses or (tls and not secured)):
                    say(kept.refuses or "530 STARTTLS first")
                elif verb == "DATA":
                    say("354 go on")
                    lines: list[str] = []
                    while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                        lines.append(text)
                    kept.mails.append("\n".join(lines))
                    say("250 kept")
                elif verb == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    with _serving(server):
        yield kept


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def own_certificate(folder: Path) -> Path:
    """A key and a certificate of 127.0.0.1, signed by itself, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
