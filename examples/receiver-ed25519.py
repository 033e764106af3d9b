#!/usr/bin/env python3
"""A webhook receiver that verifies Ed25519 signatures (v1a): it knows a public key and no secret.

    pip install cryptography
    SIGNALBOX_PUBLIC_KEY=whpk_... python3 receiver-ed25519.py --listen 127.0.0.1:8080

The webhook needs "signing": ["v1a"]; the answer that adds it has the key as "publicKey".
"""

import argparse
import base64
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LARGEST_EVENT = 1 << 20
TOLERANCE = 5 * 60  # seconds that a timestamp may be off; older requests may be replays


def say(text):
    # In one piece: two threads that print would mix their lines.
    print(text + "\n", end="", flush=True)


def objection(keys, headers, body):
    """Why a request is not to be believed, or None when it is."""
    webhook_id, timestamp, signatures = (headers.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature"))
    if not (webhook_id and timestamp and signatures):
        return "a webhook header is missing"
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return "the timestamp is too far off"
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    # There can be several signatures and several keys, while a key is being replaced.
    for signature in signatures.split(" "):
        version, _, value = signature.partition(",")
        if version != "v1a":
            continue
        for key in keys:
            try:
                key.verify(base64.b64decode(value), signed)
                return None
            except (InvalidSignature, ValueError):
                pass
    return "no signature matches"


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    keys = []

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_EVENT:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(int(length))
        if problem := objection(self.keys, self.headers, body):
            say(f"refused: {problem}")
            return self.answer(401)
        event = json.loads(body)
        say(f"verified: {event['type']} {event.get('subject', '')} sequence {event['sequence']} id {self.headers['webhook-id']}")
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def public_key(text):
    if not text.startswith("whpk_"):
        sys.exit("set SIGNALBOX_PUBLIC_KEY to the webhook's publicKey (whpk_...), or to several with spaces between them")
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.removeprefix("whpk_"), validate=True))


def main():
    parser = argparse.ArgumentParser(description="Verifies the Ed25519 signatures of a Signalbox hub's events and prints them.")
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="HOST:PORT")
    arguments = parser.parse_args()

    Receiver.keys = [public_key(text) for text in (os.environ.get("SIGNALBOX_PUBLIC_KEY") or "-").split()]
    host, _, port = arguments.listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Receiver)
    say(f"receiving on http://{host}:{server.server_address[1]}/")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
