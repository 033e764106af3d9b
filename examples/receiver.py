#!/usr/bin/env python3
"""A webhook receiver: verifies each event with the Standard Webhooks library and prints it.

    pip install standardwebhooks
    SIGNALBOX_SECRET=whsec_... python3 receiver.py --listen 127.0.0.1:8080

With --register it adds itself to a hub and keeps the secret that the hub gives it in --secret-file:

    python3 receiver.py --register http://127.0.0.1:5000 --secret-file receiver.secret
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

LARGEST_EVENT = 1 << 20


def say(text):
    # In one piece: two threads that print would mix their lines.
    print(text + "\n", end="", flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    webhook = None
    # The same event can come twice: a delivery whose answer got lost is repeated under the same webhook-id.
    # A receiver that acts on events keeps these ids where they survive a restart.
    seen = set()

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_EVENT:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(int(length))
        try:
            # Checks the signature over these very bytes, and that the timestamp is less than five minutes off.
            event = self.webhook.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            say(f"refused: {error}")
            return self.answer(401)
        webhook_id = self.headers["webhook-id"]
        again = " (again)" if webhook_id in self.seen else ""
        self.seen.add(webhook_id)
        say(f"verified: {event['type']} {event.get('subject', '')} sequence {event['sequence']} id {webhook_id}{again}")
        self.answer(204)

    def do_GET(self):
        self.answer(200)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def register(hub, url):
    """Adds a webhook for `url` and returns its secret; waits for a hub that is still starting."""
    request = urllib.request.Request(
        hub.rstrip("/") + "/api/v1/webhooks",
        data=json.dumps({"url": url}).encode(),
        headers={"Content-Type": "application/json"},
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)["secret"]
        except urllib.error.HTTPError as error:
            sys.exit(f"the hub refused the webhook: {error.code} {error.read().decode(errors='replace')}")
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"no hub at {hub}: {error}")
            time.sleep(0.5)


def secret_of(arguments, url):
    path = arguments.secret_file
    if path and os.path.exists(path):
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    if arguments.register:
        secret = register(arguments.register, url)
        if path:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secret + "\n")
        return secret
    secret = os.environ.get("SIGNALBOX_SECRET")
    return secret or sys.exit("set SIGNALBOX_SECRET to the webhook's secret (whsec_...), or use --register")


def main():
    parser = argparse.ArgumentParser(description="Verifies and prints the events of a Signalbox hub.")
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="HOST:PORT")
    parser.add_argument("--secret-file", metavar="FILE", help="where the webhook's secret is, or is kept after --register")
    parser.add_argument("--register", metavar="HUB", help="address of a hub to add a webhook to, if there is no secret yet")
    parser.add_argument("--url", help="the address under which the hub reaches this receiver")
    arguments = parser.parse_args()

    host, _, port = arguments.listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Receiver)
    port = server.server_address[1]
    Receiver.webhook = Webhook(secret_of(arguments, arguments.url or f"http://127.0.0.1:{port}/"))
    say(f"receiving on http://{host}:{port}/")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
