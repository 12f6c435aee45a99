"""A plain UDP socket that tells what it sees of each datagram, with its TTL or hop limit.

receiver.py FAMILY ADDRESS [GROUP]   FAMILY is 4 or 6; GROUP is joined on the loopback interface.

Prints {"port": …}, then a line for each datagram. A line of JSON on its input, {"text", "address", "port"}, is sent.
It ends when its input does.
"""

import socket
import struct
import sys

from json_peer import answer, tell

# Python names it since 3.14. macOS has another number, and gives the TTL under that name.
IP_RECVTTL = 24 if sys.platform == "darwin" else 12
IPV4, IPV6 = socket.IPPROTO_IP, socket.IPPROTO_IPV6
TTL = ((IPV4, socket.IP_TTL), (IPV4, IP_RECVTTL), (IPV6, socket.IPV6_HOPLIMIT))
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
SO_RCVBUFFORCE = 33


def open_socket(family, address, group):
    if family == 4:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
    else:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    try:
        # It may be kept from running for a while, and is to lose nothing.
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    except OSError:
        pass
    sock.bind((address, 0))
    if group and family == 4:
        request = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
    elif group:
        request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", socket.if_nametoindex(LOOPBACK))
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
    return sock


def receive(sock):
    data, ancillary, _, sender = sock.recvmsg(70000, 256)
    ttl = None
    for level, kind, value in ancillary:
        if (level, kind) in TTL:
            ttl = int.from_bytes(value, sys.byteorder)
    text = data.decode("latin1")
    tell({"text": text if len(text) < 1000 else "", "size": len(data), "ttl": ttl, "address": sender[0], "port": sender[1]})


def main():
    family, address = int(sys.argv[1]), sys.argv[2]
    sock = open_socket(family, address, sys.argv[3] if len(sys.argv) > 3 else None)
    tell({"port": sock.getsockname()[1]})
    answer(sock, receive, lambda it: sock.sendto(it["text"].encode("latin1"), (it["address"], it["port"])))


main()
