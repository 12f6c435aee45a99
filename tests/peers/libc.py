"""A second binding of the kernel: sends and receives, and reads the options of another process's sockets.

Reads one JSON request a line and answers with one line.
"""
import base64
import json
import socket
import struct
import sys

from other_process import duplicate

RECVTTL, RECVTOS, RECVHOPLIMIT, RECVTCLASS = 12, 13, 51, 66
SOURCE_JOIN = 46

sockets = {}


def take(pid, fd):
    """The other process's own socket, through a descriptor of ours."""
    return socket.socket(fileno=duplicate(pid, fd))


def options(request):
    with take(request["pid"], request["fd"]) as taken:
        v6 = taken.family == socket.AF_INET6
        level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
        get = taken.getsockopt
        return {
            "recvBufferSize": get(socket.SOL_SOCKET, socket.SO_RCVBUF),
            "sendBufferSize": get(socket.SOL_SOCKET, socket.SO_SNDBUF),
            "broadcast": get(socket.SOL_SOCKET, socket.SO_BROADCAST),
            "reusePort": get(socket.SOL_SOCKET, socket.SO_REUSEPORT),
            "ttl": get(level, socket.IPV6_UNICAST_HOPS if v6 else socket.IP_TTL),
            "multicastTTL": get(level, socket.IPV6_MULTICAST_HOPS if v6 else socket.IP_MULTICAST_TTL),
            "multicastLoopback": get(level, socket.IPV6_MULTICAST_LOOP if v6 else socket.IP_MULTICAST_LOOP),
            "trafficClass": get(level, socket.IPV6_TCLASS if v6 else socket.IP_TOS),
            "multicastInterface": list(get(level, 17 if v6 else 32, 4)),
            "ipv6Only": get(level, socket.IPV6_V6ONLY) if v6 else 0,
            "name": list(taken.getsockname())[:2],
        }


def open_socket(request):
    v6 = request["family"] == 6
    opened = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    opened.settimeout(20)
    if "group" in request:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((request["group"], 0))
        opened.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
            socket.inet_aton(request["group"]) + socket.inet_aton("127.0.0.1"))
    else:
        opened.bind((request.get("address", "::1" if v6 else "127.0.0.1"), 0))
    for name in (RECVHOPLIMIT, RECVTCLASS) if v6 else (RECVTTL, RECVTOS):
        opened.setsockopt(socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP, name, 1)
    port = opened.getsockname()[1]
    sockets[port] = opened
    return {"port": port}


def receive(request):
    received = []
    for _ in range(request["count"]):
        data, control, _, source = sockets[request["port"]].recvmsg(70000, 512)
        entry = {"data": base64.b64encode(data).decode(), "address": source[0], "port": source[1]}
        for _, kind, value in control:
            if kind in (2, 52):
                entry["ttl"] = struct.unpack("i", value[:4])[0]
            if kind in (1, 67):
                entry["trafficClass"] = value[0]
        received.append(entry)
    return received


def send(request):
    sender = sockets[request["port"]]
    v6 = sender.family == socket.AF_INET6
    if "ttl" in request:
        sender.setsockopt(*((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) if v6 else (socket.IPPROTO_IP, socket.IP_TTL)),
                          request["ttl"])
    if "trafficClass" in request:
        sender.setsockopt(*((socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if v6 else (socket.IPPROTO_IP, socket.IP_TOS)),
                          request["trafficClass"])
    if "multicastInterface" in request:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(request["multicastInterface"]))
    for data in request["data"]:
        sender.sendto(base64.b64decode(data), (request["to"], request["toPort"]))
    return {"sent": len(request["data"])}


def close(request):
    sockets.pop(request["port"]).close()
    return {}


OPERATIONS = {"options": options, "open": open_socket, "receive": receive, "send": send, "close": close}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = OPERATIONS[asked["operation"]](asked)
    except OSError as error:
        answer = {"error": error.errno}
    print(json.dumps(answer), flush=True)
