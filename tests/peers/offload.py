"""A UDP socket for which the kernel joins what it receives (UDP_GRO), and which has it cut what it sends (UDP_SEGMENT).

offload.py FAMILY   FAMILY is 4 or 6.

Prints {"port": …}, then a line {"size", "segment"} for each piece received; segment is null for a single datagram. A
line of JSON on its input, {"size", "segment", "address", "port"}, is sent: byte i of it is i modulo 251. It ends when
its input does.
"""

import socket
import struct
import sys

from json_peer import answer, tell

UDP_SEGMENT = 103
UDP_GRO = 104


def receive(sock):
    data, ancillary, _, _ = sock.recvmsg(70000, 256)
    joined = [struct.unpack("@i", value)[0] for level, kind, value in ancillary
              if (level, kind) == (socket.IPPROTO_UDP, UDP_GRO)]
    tell({"size": len(data), "segment": joined[0] if joined else None})


def send(sock, command):
    data = bytes(i % 251 for i in range(command["size"]))
    cut = [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("@H", command["segment"]))]
    sock.sendmsg([data], cut, 0, (command["address"], command["port"]))


def main():
    sock = socket.socket(socket.AF_INET if sys.argv[1] == "4" else socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    sock.bind(("127.0.0.1" if sys.argv[1] == "4" else "::1", 0))
    tell({"port": sock.getsockname()[1]})
    answer(sock, receive, lambda command: send(sock, command))


main()
