"""The works that both registries do in turns. A work answers figures: rate (operations/s), p50 and p99 (us), cpu (us/operation)."""

import os

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


def layer(server, tools, mebibytes):
    """One large layer up, down, and down again when the disk has to be read, where this may empty the page cache."""
    size = mebibytes << 20
    before = server.cpu()
    pushed = tools.load(server, "layer", "bench/layer", size=size)
    middle = server.cpu()
    pull = lambda: tools.load(server, "fetch", "bench/layer", digest=pushed["digest"])["seconds"]
    down = pull()
    after = server.cpu()
    found = {"mebibytes": mebibytes, "up": size / pushed["seconds"], "down": size / down, "memory": server.memory("VmHWM")}
    if before is not None:
        found |= {"cpu up": middle - before, "cpu down": after - middle}
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("1")
    except OSError:
        return found
    return found | {"down, from the disk": size / pull()}
