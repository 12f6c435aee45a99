"""Opens sockets and files, and becomes the command given, which inherits them; DGRAM_DESCRIPTORS says which is which."""
import json
import os
import socket
import sys

EACH = 6


def udp(family, address):
    opened = socket.socket(family, socket.SOCK_DGRAM)
    if address:
        opened.bind((address, 0))
    return opened.detach()


def bound6():
    try:
        return udp(socket.AF_INET6, "::1")
    except OSError:
        return udp(socket.AF_INET, "127.0.0.1")


KINDS = {
    "bound": lambda: udp(socket.AF_INET, "127.0.0.1"),
    "bound6": bound6,
    "unbound": lambda: udp(socket.AF_INET, None),
    "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).detach(),
    "file": lambda: os.open(__file__, os.O_RDONLY),
}

descriptors = {}
for kind, make in KINDS.items():
    descriptors[kind] = [make() for _ in range(EACH)]
    for descriptor in descriptors[kind]:
        os.set_inheritable(descriptor, True)

os.environ["DGRAM_DESCRIPTORS"] = json.dumps(descriptors)
os.execvp(sys.argv[1], sys.argv[1:])
