"""Plain UDP sockets on one address, which tell what comes to them; others at each request.

receivers.py ADDRESS

A line of JSON on its input, {"count"}, closes the sockets it has and opens so many: it prints {"ports": […]}, and then a
line {"port", "text"} for each datagram that comes to one of them. It ends when its input does.
"""

import json
import os
import select
import socket
import sys

SO_RCVBUFFORCE = 33


def tell(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def open_socket(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # It may be kept from running for a while, and is to lose nothing.
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    except OSError:
        pass
    sock.bind((address, 0))
    return sock


def main():
    sockets = []
    waiting = b""
    while True:
        ready, _, _ = select.select([0, *sockets], [], [])
        for sock in ready:
            if sock != 0:
                tell({"port": sock.getsockname()[1], "text": sock.recv(70000).decode("latin1")})
        if 0 not in ready:
            continue
        came = os.read(0, 65536)
        if not came:
            return
        *lines, waiting = (waiting + came).split(b"\n")
        for line in lines:
            for sock in sockets:
                sock.close()
            sockets = [open_socket(sys.argv[1]) for _ in range(json.loads(line)["count"])]
            tell({"ports": [sock.getsockname()[1] for sock in sockets]})


main()
