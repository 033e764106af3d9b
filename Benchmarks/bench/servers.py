"""Registries under test, each a process on a folder of its own."""

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A registry that this program started: its CPU time and memory can be read.

    Its folder stays until the end of the run: for half a minute after many files were removed, ext4 makes new ones at a tenth of the
    speed, and the next registry would be measured in that time.
    """

    def __init__(self, name, command, folder, port):
        self.name, self.folder, self.host, self.port = name, folder, "127.0.0.1", port
        self.output = os.path.join(folder, "output")
        begin = time.monotonic()
        with open(self.output, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.wait(begin + 600)
        self.start_seconds = time.monotonic() - begin

    def wait(self, deadline):
        """Until it answers GET /v2/."""
        while True:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
            try:
                connection.request("GET", "/v2/")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.output, encoding="utf-8", errors="replace") as log:
                    sys.exit(f"{self.name} did not start: {log.read()[-2000:]}")
            time.sleep(0.002)

    def cpu(self):
        """Seconds of CPU time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, which="VmRSS"):
        """Resident memory in MiB; VmHWM is the greatest so far."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(which + r":\s+(\d+)", file.read()).group(1)) / 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Remote:
    """A registry that somebody else runs: only what its clients see can be measured."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            sys.exit(f"--against takes http://ADDRESS:PORT, not {url}")
        self.name, self.host, self.port = "other", parts.hostname, parts.port or 80

    cpu = memory = lambda self, *_: None

    def stop(self):
        pass


def start_signalbox(binary, scratch, folder=None, config=None):
    folder, port = folder or tempfile.mkdtemp(dir=scratch), free_port()
    command = [binary, "serve", "--listen", f"127.0.0.1:{port}", "--data", folder + "/data"]
    if config:
        command += ["--config", config]
    return Server("signalbox", command, folder, port)


def start_docker_registry(scratch):
    """As Debian ships it, but without its access log, with the cache that its documentation advises."""
    folder, port = tempfile.mkdtemp(dir=scratch), free_port()
    config = folder + "/config.yml"
    with open(config, "w", encoding="ascii") as file:
        file.write(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage:\n  cache: {{blobdescriptor: inmemory}}\n  filesystem: {{rootdirectory: {folder}/data}}\n"
            f"http: {{addr: '127.0.0.1:{port}'}}\n"
        )
    return Server("docker-registry", ["docker-registry", "serve", config], folder, port)
