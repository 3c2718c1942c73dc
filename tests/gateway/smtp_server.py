"""A mail server of the size of a thimble, with a certificate of its own."""

from __future__ import annotations

import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_certificate(folder: Path) -> Path:
    """Key and certificate for localhost in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


@dataclass
class SmtpServer:
    """``answers`` replaces the answer to a command, once it is asked."""

    certificate: Path
    starttls: bool = True
    answers: dict[str, str] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)

    def start(self) -> int:
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                owner.talk(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return int(self._server.server_address[1])

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def talk(self, handler: socketserver.StreamRequestHandler) -> None:
        secure = False

        def say(words: str) -> None:
            handler.wfile.write(words.encode() + b"\r\n")

        say("220 thimble")
        while line := handler.rfile.readline().decode():
            command = line.split()[0].upper()
            if command in self.answers:
                say(self.answers[command])
            elif command == "EHLO":
                say("250-thimble\r\n250 STARTTLS" if self.starttls and not secure else "250 thimble")
            elif command == "STARTTLS":
                say("220 go ahead")
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(self.certificate)
                try:
                    handler.connection = context.wrap_socket(handler.connection, server_side=True)
                except ssl.SSLError:
                    return
                handler.rfile, handler.wfile = handler.connection.makefile("rb"), handler.connection.makefile("wb", 0)
                secure = True
            elif command == "DATA":
                say("354 go on")
                lines: list[str] = []
                while (part := handler.rfile.readline().decode()) != ".\r\n":
                    lines.append(part)
                self.letters.append("".join(lines))
                self.over_tls.append(secure)
                say("250 kept")
            elif command == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")
