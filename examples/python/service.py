"""Decides about messages and prints events: README.md says how to run it."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from standardwebhooks import Webhook, WebhookVerificationError

lock, seen = Lock(), set()


def decide(question):
    texts = question["data"].get("texts", [])
    is_advertising = any("casino" in (text or "").lower() for text in texts)
    if question["type"] == "message.send" and is_advertising:
        code = 20005 if question["server"] == "openim" else 120005
        return 200, {"decision": "refuse", "code": code, "message": "no advertising"}
    return 200, {"decision": "allow"}


def take(event):
    # An event can come again. Your database remembers ids better, because this set is lost with the process.
    with lock:
        if event["id"] not in seen:
            seen.add(event["id"])
            print(event["type"], event["subject"], json.dumps(event["data"]), flush=True)
    return 204, None


ROUTES = {
    "/decide": (decide, Webhook(os.environ["DECISION_SECRET"])),
    "/events": (take, Webhook(os.environ["DELIVERY_SECRET"])),
}


def answer(path, headers, body):
    if path not in ROUTES:
        return 404, None
    respond, webhook = ROUTES[path]
    try:
        signed = webhook.verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return 401, None
    return respond(signed)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection open
    disable_nagle_algorithm = True  # sends each answer at once

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, answered = answer(self.path, dict(self.headers), body)
        text = b"" if answered is None else json.dumps(answered).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass  # only events are printed


if __name__ == "__main__":
    address = os.environ.get("ADDRESS", "127.0.0.1"), int(os.environ.get("PORT", "8080"))
    ThreadingHTTPServer(address, Handler).serve_forever()
