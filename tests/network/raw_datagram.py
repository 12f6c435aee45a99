"""Sends two datagrams over IPv4, one from port 0 and one from port 7, which a socket can't do: it writes their UDP headers.

raw_datagram.py ADDRESS PORT
"""

import socket
import struct
import sys

address, port = sys.argv[1], int(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as sender:
    for source in (0, 7):
        payload = f"from port {source}".encode()
        sender.sendto(struct.pack("!HHHH", source, port, 8 + len(payload), 0) + payload, (address, 0))
