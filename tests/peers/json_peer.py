"""What the peers have in common that are asked by lines of JSON while they receive."""

import json
import select
import sys


def tell(value):
    print(json.dumps(value), flush=True)


def answer(sock, receive, do):
    """Calls `receive` when there is a datagram, and `do` with each command of the input, until that ends."""
    pending = b""
    while True:
        ready, _, _ = select.select([sock, sys.stdin], [], [])
        if sock in ready:
            receive(sock)
        if sys.stdin in ready:
            chunk = sys.stdin.buffer.raw.read(65536)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                do(json.loads(line))
