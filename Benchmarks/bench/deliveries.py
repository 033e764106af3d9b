"""What is measured of deliveries: servers whose events go to receivers, and the works."""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile

from .servers import Server, free_port, start_signalbox


class Receivers:
    """load/receiver.c: some ports of one process that take whatever comes."""

    def __init__(self, scratch, count):
        command = [scratch + "/receiver", str(count)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = [int(port) for port in self.process.stdout.readline().split()]
        if len(self.ports) != count:
            sys.exit("the receivers did not start")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def wait(self, count, seconds=600):
        """Until so many deliveries came; the seconds that they took since "go"."""
        total, least, took, in_time = self.say(f"wait {count} {seconds}")
        if in_time != "1":
            sys.exit(f"only {total} of {count} deliveries came in {seconds} s, {least} at the slowest receiver")
        return float(took)

    def urls(self):
        return [f"http://127.0.0.1:{port}/hook" for port in self.ports]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def signalbox(binary, scratch, receivers):
    server = start_signalbox(binary, scratch)
    for url in receivers.urls():
        body = {"url": url, "pattern": {"type": ["io.signalbox.image.pushed"]}, "timeout": 300}
        connection = http.client.HTTPConnection(server.host, server.port)
        connection.request("POST", "/api/v1/webhooks", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 201:
            sys.exit(f"the webhook was not added: {answer.status} {answer.read()}")
        connection.close()
    return server


def docker_registry(scratch, receivers):
    """As Debian ships it, without its access log, with a notification endpoint for each receiver."""
    folder, port = tempfile.mkdtemp(dir=scratch), free_port()
    endpoints = "".join(
        f"    - {{name: r{index}, url: '{url}', timeout: 600s, threshold: 5, backoff: 1s}}\n"
        for index, url in enumerate(receivers.urls())
    )
    config = folder + "/config.yml"
    with open(config, "w", encoding="ascii") as file:
        file.write(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage:\n  cache: {{blobdescriptor: inmemory}}\n  filesystem: {{rootdirectory: {folder}/data}}\n"
            f"http: {{addr: '127.0.0.1:{port}'}}\nnotifications:\n  endpoints:\n{endpoints}"
        )
    return Server("docker-registry", ["docker-registry", "serve", config], folder, port)


def drain(tools, server, receivers, events):
    """Deliveries of a backlog: the receivers hold their answers until every event is there to be sent."""
    receivers.say("reset")
    receivers.say("hold")
    tools.load(server, "tag", count=events)
    before = server.cpu()
    held = int(receivers.say("go")[0])
    count = events * len(receivers.ports)
    took = receivers.wait(count)
    return {"rate": (count - held) / took, "cpu": (server.cpu() - before) / (count - held) * 1e6}


def latency(tools, server, receivers, rate, seconds):
    """From a push's 201 to the arrival of its event, at a steady rate; microseconds. Negative where it came before."""
    receivers.say("reset")
    sent = tools.scratch + "/sent"
    pushed = tools.load(server, "tag", clients=8, seconds=seconds, rate=rate, log=sent)
    receivers.wait(pushed["operations"] * len(receivers.ports), 60)
    came = tools.scratch + "/came"
    receivers.say("log " + came)
    answered = times(sent)
    waits = sorted((time - answered[tag]) * 1e6 for tag, time in pairs(came) if tag in answered)
    return {
        "pushes/s": pushed["operations"] / pushed["seconds"], "p50": statistics.median(waits), "p99": waits[len(waits) * 99 // 100],
        "greatest": waits[-1],
    }


def pairs(path):
    with open(path, encoding="ascii") as file:
        for line in file:
            tag, time = line.split()
            yield tag, float(time)


def times(path):
    return dict(pairs(path))
