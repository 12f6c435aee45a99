"""Opens a UDP socket and becomes the command given, with the socket's descriptor as its last argument.

descriptor.py KIND COMMAND …   KIND is `plain`, on 127.0.0.1, or `uncut`, whose datagrams are never fragmented.
"""

import os
import socket
import sys

IP_MTU_DISCOVER = 10
IP_PMTUDISC_DO = 2

kind, *command = sys.argv[1:]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if kind == "uncut":
    sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
sock.bind(("127.0.0.1" if kind == "plain" else "0.0.0.0", 0))
sock.set_inheritable(True)
os.execvp(command[0], [*command, str(sock.detach())])
