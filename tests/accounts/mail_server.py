"""A mail server of a few lines on loopback, which answers each command as the test wants it."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

HANG_UP = ""


class MailServer(socketserver.ThreadingTCPServer):
    """``answers``: command (END stands for the whole mail) to reply, ``HANG_UP`` to break off; ``mails``: what was taken."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers = {"EHLO": "250-localhost\r\n250 AUTH PLAIN", "AUTH": "235 welcome", "DATA": "354 go on", "QUIT": "221 bye"}
        self.mails: list[bytes] = []


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            command = line.split()[0].decode().upper()
            answer = self.server.answers.get(command, "250 fine")
            if answer == HANG_UP:
                return
            self.say(answer)
            if answer.startswith("354"):
                self.take_mail()

    def take_mail(self) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        answer = self.server.answers.get("END", "250 taken")
        if answer.startswith("250"):
            self.server.mails.append(b"".join(lines))
        self.say(answer)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving() -> Iterator[MailServer]:
    """Serve from a thread; the port is ``server_address[1]``."""
    with MailServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
