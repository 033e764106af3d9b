"""The works that both registries do in turns. A work answers figures: rate (operations/s), p50 and p99 (us), cpu (us/operation)."""

import hashlib
import os
import subprocess
import time

from .tools import wrk


def measure(server, job):
    before = server.cpu()
    result = job()
    figures = {"rate": result["operations"] / result["seconds"], "p50": result["p50"], "p99": result["p99"]}
    if before is not None:
        figures["cpu"] = (server.cpu() - before) / max(1, result["operations"]) * 1e6
    return figures


def round_of(server, tools, seconds, only=None):
    """One registry, all works."""
    seed = tools.load(server, "seed")
    figures = {}
    if server.memory() is not None:
        figures["memory, idle"] = {"memory": server.memory()}
        holder = tools.hold(server, 1000)
        figures["memory, 1,000 connections"] = {"memory": server.memory()}
        holder.stdin.close()
        holder.wait()

    def work(name, job):
        if only is None or only in name:
            figures[name] = measure(server, job)

    def load(job, **options):
        return lambda: tools.load(server, job, seconds=seconds, **options)

    def get(path, connections):
        return lambda: wrk(server.host, server.port, path, seconds, connections)

    work("push 1 MiB, 8 clients", load("push", clients=8))
    work("push 1 MiB in chunks, 8 clients", load("chunks", clients=8))
    work("push 64 KiB, 64 clients", load("push", clients=64, size=65536))
    for clients in (8, 16, 256):
        work(f"new tag, {clients} clients", load("tag", clients=clients))
    work("GET manifest, 64 connections", get("/v2/bench/app/manifests/seed", 64))
    work("GET blob 1 MiB, 16 connections", get(f"/v2/bench/app/blobs/sha256:{seed}", 16))
    work("pull 1 MiB, 8 clients", load("pull", clients=8))
    if server.memory() is not None:
        figures["memory, after load"] = {"memory": server.memory()}
    return figures


def idle_connections(server, tools, seconds, count):
    """What `count` idle kept connections do to the others: GET of a manifest without and with them."""
    tools.load(server, "seed")
    path = "/v2/bench/app/manifests/seed"
    without = measure(server, lambda: wrk(server.host, server.port, path, seconds, 16))
    holder = tools.hold(server, count)
    beside = measure(server, lambda: wrk(server.host, server.port, path, seconds, 16))
    memory = server.memory()
    holder.stdin.close()
    holder.wait()
    return {"connections": count, "without": without, "with": beside, "memory": memory}


def layer(server, scratch, mebibytes):
    """One large layer up and down, by curl, of a file without blocks, so that reading it costs no disk."""
    size, path = mebibytes << 20, scratch + "/layer"
    with open(path, "wb") as file:
        file.truncate(size)
    block, hashed = bytes(1 << 20), hashlib.sha256()
    for _ in range(mebibytes):
        hashed.update(block)
    digest, base = hashed.hexdigest(), f"http://{server.host}:{server.port}"
    head = subprocess.run(
        ["curl", "-sS", "-i", "-X", "POST", base + "/v2/bench/layer/blobs/uploads/"], capture_output=True, text=True, check=True)
    location = next(line.split(":", 1)[1].strip() for line in head.stdout.splitlines() if line.lower().startswith("location:"))
    target = location if "://" in location else base + location
    target += ("&" if "?" in target else "?") + "digest=sha256:" + digest
    before, begin = server.cpu(), time.monotonic()
    subprocess.run(["curl", "-sS", "--fail", "-T", path, "-H", "Expect:", "-H", "Content-Type: application/octet-stream", target], check=True)
    up = time.monotonic() - begin
    middle, begin = server.cpu(), time.monotonic()
    with open(os.devnull, "wb") as sink:
        subprocess.run(["curl", "-sS", "--fail", f"{base}/v2/bench/layer/blobs/sha256:{digest}"], stdout=sink, check=True)
    down = time.monotonic() - begin
    os.unlink(path)
    return {
        "mebibytes": mebibytes, "up": size / up, "down": size / down, "memory": server.memory("VmHWM"),
        "cpu up": middle - before, "cpu down": server.cpu() - middle,
    }
