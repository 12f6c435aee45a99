"""Opens a UDP socket and becomes the command given, with the socket's descriptor as its last argument.

descriptor.py KIND COMMAND …   KIND is `plain`, on 127.0.0.1, `uncut`, whose datagrams are never fragmented, or `others`:
                               in place of the one socket's, descriptors of what is none
"""

import os
import socket
import sys

IP_MTU_DISCOVER = 10
IP_PMTUDISC_DO = 2

kind, *command = sys.argv[1:]
if kind == "others":
    local = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach()
    others = [local, os.open("/", os.O_RDONLY), *os.pipe()[:1]]
    for other in others:
        os.set_inheritable(other, True)
    os.execvp(command[0], [*command, *map(str, others)])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if kind == "uncut":
    sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
sock.bind(("127.0.0.1" if kind == "plain" else "0.0.0.0", 0))
sock.set_inheritable(True)
os.execvp(command[0], [*command, str(sock.detach())])
