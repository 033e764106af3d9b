#!/usr/bin/env python3
"""Verifies a Signalbox log over HTTP, independently of Signalbox.

Reads only what C2SP tlog-tiles serves: the checkpoint, the tiles and the entries. Recomputes the root of the tree from the
entries, checks the checkpoint's Ed25519 signature, an inclusion proof for every record asked for, and that the log only grew
since a checkpoint that was kept earlier. Needs the package `cryptography`.

    verify-log.py http://127.0.0.1:5000/log 'hub.example/log+5f7e...' [--record N]... [--old FILE] [--save FILE]
"""

import argparse
import base64
import hashlib
import struct
import sys
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256


class Wrong(Exception):
    """The log is not what it claims to be."""


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


# RFC 6962, section 2.1, word by word.


def split(count):
    return 1 << ((count - 1).bit_length() - 1)


def root(hashes):
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return node_hash(root(hashes[:k]), root(hashes[k:]))


def inclusion(m, hashes):
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if m < k:
        return inclusion(m, hashes[:k]) + [root(hashes[k:])]
    return inclusion(m - k, hashes[k:]) + [root(hashes[:k])]


def root_from_inclusion(leaf, index, size, proof):
    """RFC 9162, section 2.1.3.2."""
    node, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Wrong("the inclusion proof is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise Wrong("the inclusion proof is too short")
    return result


class Key:
    """A C2SP verifier key: name+id+base64(type || key)."""

    def __init__(self, text):
        self.name, identifier, material = text.split("+", 2)
        material = base64.b64decode(material, validate=True)
        if material[0] != 1 or len(material) != 33:
            raise Wrong("only Ed25519 keys are known")
        self.id = sha256(self.name.encode() + b"\n" + material)[:4]
        if self.id.hex() != identifier:
            raise Wrong("the id of the key does not fit it")
        self.key = Ed25519PublicKey.from_public_bytes(material[1:])


def open_checkpoint(note, key):
    """The origin, size and root of a checkpoint, once its signature is checked."""
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    signed = False
    for line in lines.splitlines():
        dash, name, signature = line.split(" ")
        if dash != "\u2014":
            raise Wrong("not a signature: " + line)
        signature = base64.b64decode(signature, validate=True)
        if name == key.name and signature[:4] == key.id:
            try:
                key.key.verify(signature[4:], text.encode())
            except InvalidSignature:
                raise Wrong("the signature of the checkpoint is wrong") from None
            signed = True
    if not signed:
        raise Wrong("the checkpoint is not signed by " + key.name)
    origin, size, root_text = text.split("\n")[:3]
    if origin != key.name:
        raise Wrong("the checkpoint is of another log: " + origin)
    return origin, int(size), base64.b64decode(root_text, validate=True)


class Log:
    def __init__(self, prefix):
        self.prefix = prefix.rstrip("/")

    def get(self, path, kind):
        with urllib.request.urlopen(self.prefix + "/" + path) as answer:
            found = answer.headers["Content-Type"]
            if found != kind:
                raise Wrong(f"{path} has the type {found}")
            cached = answer.headers["Cache-Control"]
            if ("immutable" in cached) == (path == "checkpoint"):
                raise Wrong(f"{path} says {cached} to caches")
            return answer.read()

    def checkpoint(self):
        return self.get("checkpoint", "text/plain; charset=utf-8").decode()

    def tile(self, level, index, width):
        groups = [f"{index % 1000:03}"]
        while index >= 1000:
            index //= 1000
            groups.insert(0, f"x{index % 1000:03}")
        path = f"tile/{level}/" + "/".join(groups) + ("" if width == WIDTH else f".p/{width}")
        return self.get(path, "application/octet-stream")

    def hashes(self, level, count):
        """All hashes of a level, tile by tile."""
        found = []
        for index in range((count + WIDTH - 1) // WIDTH):
            width = min(WIDTH, count - index * WIDTH)
            tile = self.tile(level, index, width)
            if len(tile) != width * 32:
                raise Wrong(f"tile {index} of level {level} has {len(tile)} bytes")
            found += [tile[at : at + 32] for at in range(0, len(tile), 32)]
        return found

    def entries(self, count):
        for index in range((count + WIDTH - 1) // WIDTH):
            width = min(WIDTH, count - index * WIDTH)
            bundle, place = self.tile("entries", index, width), 0
            for _ in range(width):
                (length,) = struct.unpack_from(">H", bundle, place)
                yield bundle[place + 2 : place + 2 + length]
                place += 2 + length
            if place != len(bundle):
                raise Wrong(f"bundle {index} is longer than its entries")


def check_entry(entry, sequence):
    magic, found, _time, kind = struct.unpack_from(">8sQqB", entry)
    if magic != b"SBXENT1\n" or len(entry) != 89 or kind not in (1, 2):
        raise Wrong(f"the entry of record {sequence} has another form")
    if found != sequence:
        raise Wrong(f"the entry of record {sequence} says that it is record {found}")


def verify(arguments):
    key, log = Key(arguments.key), Log(arguments.prefix)
    note = log.checkpoint()
    origin, size, signed_root = open_checkpoint(note, key)
    leaves = []
    for entry in log.entries(size):
        check_entry(entry, len(leaves) + 1)
        leaves.append(leaf_hash(entry))
    if leaves != log.hashes(0, size):
        raise Wrong("the entries are not those in the tiles")
    if root(leaves) != signed_root:
        raise Wrong("the entries do not lead to the root of the checkpoint")
    level, below = 1, leaves
    while len(below) >= WIDTH:
        full = len(below) // WIDTH
        below = [root(below[at * WIDTH : (at + 1) * WIDTH]) for at in range(full)]
        if below != log.hashes(level, full):
            raise Wrong(f"the tiles of level {level} are not the roots of those below")
        level += 1
    for sequence in arguments.record:
        if not 1 <= sequence <= size:
            raise Wrong(f"record {sequence} is not under the checkpoint")
        proof = inclusion(sequence - 1, leaves)
        if root_from_inclusion(leaves[sequence - 1], sequence - 1, size, proof) != signed_root:
            raise Wrong(f"the inclusion proof of record {sequence} does not hold")
    if arguments.old:
        with open(arguments.old, encoding="utf-8") as file:
            _, old_size, old_root = open_checkpoint(file.read(), key)
        if old_size > size or root(leaves[:old_size]) != old_root:
            raise Wrong(f"the log of {old_size} records is not the beginning of this one")
    if arguments.save:
        with open(arguments.save, "w", encoding="utf-8") as file:
            file.write(note)
    print(f"{origin}: {size} records, root {signed_root.hex()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("prefix", help="the log's URL, such as http://127.0.0.1:5000/log")
    parser.add_argument("key", help="the log's verifier key")
    parser.add_argument("--record", type=int, action="append", default=[], help="check an inclusion proof of this record")
    parser.add_argument("--old", help="a checkpoint that was saved earlier: the log must have grown out of it")
    parser.add_argument("--save", help="where to keep the checkpoint for next time")
    try:
        verify(parser.parse_args())
    except Wrong as wrong:
        sys.exit(f"verify-log.py: {wrong}")


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    main()
