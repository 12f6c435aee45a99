"""Tells the UDP packets that come to an interface, as they are there, and changes what the interface does itself.

packets.py INTERFACE

Prints {}, then a line {"size", "port", "first"} for each datagram: its bytes, its destination port and its first byte.
A fragment tells of the whole datagram, and only the first does. A line of JSON on its input, {"checksum": 0 or 1}, has
the interface no longer, or again, write checksums, and is answered by {"checksum": 0, or an errno}. It ends when its
input does.
"""

import ctypes
import fcntl
import socket
import struct
import sys

from json_peer import answer, tell

ETH_P_ALL = 3
UDP = socket.IPPROTO_UDP
OUTGOING = 4
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17


def receive(sock):
    frame, (_, _, kind, _, _) = sock.recvfrom(70000)
    if kind == OUTGOING:
        return
    protocol = struct.unpack_from("!H", frame, 12)[0]
    if protocol == 0x0800 and frame[23] == UDP and struct.unpack_from("!H", frame, 20)[0] & 0x1FFF == 0:
        at = 14 + (frame[14] & 15) * 4
    elif protocol == 0x86DD and frame[20] == UDP:
        at = 54
    elif protocol == 0x86DD and frame[20] == 44 and frame[54] == UDP and struct.unpack_from("!H", frame, 56)[0] < 8:
        at = 62
    else:
        return
    port, length = struct.unpack_from("!HH", frame, at + 2)
    tell({"size": length - 8, "port": port, "first": frame[at + 8] if length > 8 else None})


def change(sock, interface, command):
    value = ctypes.create_string_buffer(struct.pack("@II", ETHTOOL_STXCSUM, command["checksum"]))
    try:
        fcntl.ioctl(sock, SIOCETHTOOL, struct.pack("@16sQ16x", interface.encode(), ctypes.addressof(value)))
        tell({"checksum": 0})
    except OSError as error:
        tell({"checksum": error.errno})


def main():
    interface = sys.argv[1]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.bind((interface, 0))
    tell({})
    answer(sock, receive, lambda command: change(sock, interface, command))


main()
