"""The programs that make the load: load/ and limits.c of this folder, and wrk."""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(HERE)
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
UNITS = {"us": 1, "ms": 1000, "s": 1_000_000}


def compile_tools(scratch):
    flags = ["cc", "-O2", "-Wall", "-Wextra", "-Werror"]
    load = [os.path.join(HERE, "load", name) for name in ("main.c", "http.c", "image.c", "layer.c", "loop.c")]
    subprocess.run(flags + ["-o", scratch + "/load", *load, "-lcrypto", "-lpthread"], check=True)
    subprocess.run(flags + ["-o", scratch + "/receiver", os.path.join(HERE, "load", "receiver.c")], check=True)
    subprocess.run(flags + ["-o", scratch + "/limits", HERE + "/limits.c", "-lcrypto", "-lpthread"], check=True)


def build_hub():
    """As the Dockerfile builds what ships; in a folder of its own, since other builds link the libraries dynamically."""
    build = ["swift", "build", "--package-path", ROOT, "--scratch-path", ROOT + "/.build/shipped", "-c", "release"]
    build += ["--static-swift-stdlib", "--product", "signalbox"]
    subprocess.run(build, check=True, stdout=sys.stderr)
    shown = subprocess.run(build + ["--show-bin-path"], check=True, capture_output=True, text=True)
    return shown.stdout.strip() + "/signalbox"


class Tools:
    def __init__(self, scratch):
        self.scratch = scratch

    def load(self, server, job, repository="bench/app", **options):
        """What the load says; its seed's digest for `seed`."""
        words = [name if value is True else f"{name}={value}" for name, value in options.items()]
        command = [self.scratch + "/load", job, server.host, str(server.port), repository, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{server.name}: {' '.join(command)} failed: {done.stdout}{done.stderr}")
        return done.stdout.strip() if job == "seed" else json.loads(done.stdout)

    def hold(self, server, count):
        """Keeps `count` idle connections until the answered process's stdin is closed."""
        command = [self.scratch + "/load", "hold", server.host, str(server.port), "-", f"clients={count}"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if process.stdout.readline().strip() != "holding":
            sys.exit(f"{server.name}: cannot hold {count} connections")
        return process

    def limit(self, *words):
        done = subprocess.run([self.scratch + "/limits", *words], capture_output=True, text=True, check=True)
        return float(done.stdout)

    def ceiling(self, *words):
        """A server of limits.c: its process and its port."""
        process = subprocess.Popen([self.scratch + "/limits", *words], stdout=subprocess.PIPE, text=True)
        return process, int(process.stdout.readline())


def wrk(host, port, path, seconds, connections):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-H", f"Accept: {MANIFEST_TYPE}"]
    done = subprocess.run(command + [f"http://{host}:{port}{path}"], capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"wrk saw errors from {path}:\n{done.stdout}")
    count, took = re.search(r"(\d+) requests in ([\d.]+)(?:s)", done.stdout).groups()
    shares = {share: float(time) * UNITS[unit] for share, time, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", done.stdout)}
    return {"operations": int(count), "seconds": float(took), "p50": shares["50"], "p99": shares["99"]}
