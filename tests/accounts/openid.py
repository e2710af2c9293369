"""A small OpenID Connect provider on loopback: whoever comes is signed in there as the person that the test names."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from django.conf import LazySettings
from django.test import Client


class Provider:
    """``person``: the claims of whoever is at the keyboard; ``auth_time``: when they authenticated there, or None for none said."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.person: dict[str, Any] = {}
        self.auth_time: int | None = None
        self.asked: dict[str, str] = {}

    def answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "me", "jwks_uri": "keys"}
            return {"issuer": self.issuer} | {name: f"{self.issuer}/{end}" for name, end in names.items()}
        if path == "/token":
            claims = {"iss": self.issuer, "aud": "countersign", "exp": time.time() + 300, "sub": self.person["sub"]}
            if self.auth_time is not None:
                claims["auth_time"] = self.auth_time
            token = jwt.encode(claims, "a secret that is long enough for SHA-256", "HS256")
            return {"access_token": "opaque", "token_type": "Bearer", "id_token": token}
        return self.person

    def visit(self, client: Client, address: str) -> Any:
        """Follow our redirect to the provider, be signed in there, and come back; returns the page where that ends."""
        asked = urlsplit(client.get(address)["Location"])
        assert f"{asked.scheme}://{asked.netloc}" == self.issuer
        self.asked = {name: values[0] for name, values in parse_qs(asked.query).items()}
        back = urlsplit(self.asked["redirect_uri"])
        return client.get(back.path, {"code": "a-code", "state": self.asked["state"]}, follow=True)


@contextmanager
def provider(settings: LazySettings) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(fake.answer(urlsplit(self.path).path)).encode())

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = Provider(f"http://127.0.0.1:{server.server_port}")
        app = {
            "provider_id": "oidc",
            "name": "Meridian ID",
            "client_id": "countersign",
            "secret": "s",
            "settings": {"server_url": fake.issuer},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield fake
        server.shutdown()
