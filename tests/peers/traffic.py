"""A plain UDP socket that tells each datagram's TOS byte and TTL, and sends datagrams with those that it is told.

traffic.py FAMILY   FAMILY is 4 or 6.

Prints {"port": …, "lo": the loopback interface's number}, then a line for each datagram. A line of JSON on its input,
{"texts", "address", "port", "tos", "ttl"}, is sent. It ends when its input does.
"""

import socket
import sys

from json_peer import answer, tell

# Python names these since 3.14 and 3.10. macOS has other numbers, and gives the values under those names.
IP_RECVTTL, IP_RECVTOS = (24, 27) if sys.platform == "darwin" else (12, 13)
IPV4, IPV6 = socket.IPPROTO_IP, socket.IPPROTO_IPV6
TOS = ((IPV4, socket.IP_TOS), (IPV4, IP_RECVTOS), (IPV6, socket.IPV6_TCLASS))
TTL = ((IPV4, socket.IP_TTL), (IPV4, IP_RECVTTL), (IPV6, socket.IPV6_HOPLIMIT))
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


def open_socket(family):
    if family == 4:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sock.bind(("127.0.0.1", 0))
    else:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        sock.bind(("::1", 0))
    return sock


def receive(sock):
    data, ancillary, _, sender = sock.recvmsg(70000, 256)
    seen = {"text": data.decode("latin1"), "address": sender[0], "port": sender[1]}
    for level, kind, value in ancillary:
        number = int.from_bytes(value, sys.byteorder)
        if (level, kind) in TOS:
            seen["tos"] = number
        elif (level, kind) in TTL:
            seen["ttl"] = number
    tell(seen)


def send(sock, family, command):
    if family == 4:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, command["tos"])
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, command["ttl"])
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, command["ttl"])
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, command["tos"])
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, command["ttl"])
    for text in command["texts"]:
        sock.sendto(text.encode("latin1"), (command["address"], command["port"]))


def main():
    family = int(sys.argv[1])
    sock = open_socket(family)
    tell({"port": sock.getsockname()[1], "lo": socket.if_nametoindex(LOOPBACK)})
    answer(sock, receive, lambda command: send(sock, family, command))


main()
