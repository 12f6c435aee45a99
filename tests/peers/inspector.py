"""Tells what the kernel knows about another process's sockets.

A line {"pid", "family", "port"} is answered by the options of that process's UDP socket, read from a duplicate of its
descriptor. A line {"groups": 4 or 6} is answered by the groups joined on the loopback interface, each with its number
of members.
"""

import json
import os
import socket
import sys

from other_process import duplicate, groups, readings

IP_MULTICAST_IF = 32
IPV6_MULTICAST_IF = 17
IPV6_UNICAST_HOPS = 16
IPV6_MULTICAST_HOPS = 18
IPV6_MULTICAST_LOOP = 19
IPV6_V6ONLY = 26
SO_REUSEPORT = 15


def sockets_at(family, port):
    """Others may have the port on other addresses."""
    found = set()
    for rows in readings("/proc/net/udp" if family == 4 else "/proc/net/udp6"):
        for _, fields in rows[1:]:
            if int(fields[1].rsplit(":", 1)[1], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    if not found:
        raise LookupError("no such socket")
    return found


def descriptor_of(pid, sockets):
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}") in sockets:
                return int(name)
        except FileNotFoundError:
            continue
    raise LookupError("no such descriptor")


def options(pid, family, port):
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    sock = socket.socket(kind, socket.SOCK_DGRAM, 0, duplicate(pid, descriptor_of(pid, sockets_at(family, port))))
    number = lambda level, option: sock.getsockopt(level, option)
    base = {
        "broadcast": number(socket.SOL_SOCKET, socket.SO_BROADCAST),
        "recvBufferSize": number(socket.SOL_SOCKET, socket.SO_RCVBUF),
        "sendBufferSize": number(socket.SOL_SOCKET, socket.SO_SNDBUF),
        "reuseAddr": number(socket.SOL_SOCKET, socket.SO_REUSEADDR),
        "reusePort": number(socket.SOL_SOCKET, SO_REUSEPORT),
    }
    try:
        base["peer"] = list(sock.getpeername()[:2])
    except OSError:
        base["peer"] = None
    if family == 4:
        level = socket.IPPROTO_IP
        through = sock.getsockopt(level, IP_MULTICAST_IF, 4)
        more = {
            "ttl": number(level, socket.IP_TTL),
            "multicastTTL": number(level, socket.IP_MULTICAST_TTL),
            "multicastLoopback": number(level, socket.IP_MULTICAST_LOOP),
            "multicastInterface": socket.inet_ntoa(through),
        }
    else:
        level = socket.IPPROTO_IPV6
        index = number(level, IPV6_MULTICAST_IF)
        more = {
            "ttl": number(level, IPV6_UNICAST_HOPS),
            "multicastTTL": number(level, IPV6_MULTICAST_HOPS),
            "multicastLoopback": number(level, IPV6_MULTICAST_LOOP),
            "multicastInterface": socket.if_indextoname(index) if index else "",
            "ipv6Only": number(level, IPV6_V6ONLY),
        }
    return {**base, **more}


def answer(command):
    if "groups" in command:
        return groups(command["groups"])
    return options(command["pid"], command["family"], command["port"])


for line in sys.stdin:
    try:
        print(json.dumps(answer(json.loads(line))), flush=True)
    except (OSError, LookupError, AttributeError) as error:
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"}), flush=True)
