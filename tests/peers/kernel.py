"""Runs a command, and answers what it asks of the kernel: a parent may look at its child's sockets.

kernel.py [--udp COUNT FAMILY ADDRESS] COMMAND …   The child gets its descriptors of so many bound sockets, joined by
commas, as its last argument; the same sockets stay open here.

A line of JSON on the child's standard output that has the key "ask" is answered on its standard input; any other line
is passed on.
"""

import errno
import ipaddress
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys

from other_process import duplicate, groups, readings

UDP_GRO = 104
NUMBERS = {
    socket.AF_INET: (socket.IPPROTO_IP, {"ttl": 2, "multicastTTL": 33, "multicastLoopback": 34, "multicastInterface": 32}),
    socket.AF_INET6: (socket.IPPROTO_IPV6, {"ttl": 16, "multicastTTL": 18, "multicastLoopback": 19, "multicastInterface": 17}),
}

own = {}
child = None


def options_of(sock):
    level, numbers = NUMBERS[sock.family]
    found = {name: sock.getsockopt(level, number) for name, number in numbers.items() if name != "multicastInterface"}
    through = sock.getsockopt(level, numbers["multicastInterface"], 4)
    if sock.family == socket.AF_INET:
        found["multicastInterface"] = socket.inet_ntoa(through)
    else:
        index = struct.unpack("@i", through)[0]
        found["multicastInterface"] = socket.if_indextoname(index) if index else ""
    found["broadcast"] = sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)
    found["recvBufferSize"] = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    found["sendBufferSize"] = sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    return found


def ends_of(sock):
    try:
        peer = list(sock.getpeername()[:2])
    except OSError:
        peer = None
    return {"name": list(sock.getsockname()[:2]), "peer": peer}


def own_options(request):
    """Of a socket that the child was given, by the descriptor that stayed here."""
    sock = own[request["descriptor"]]
    return {**options_of(sock), **ends_of(sock), "receiveOffload": sock.getsockopt(socket.IPPROTO_UDP, UDP_GRO)}


def own_receive(request):
    sock = own[request["descriptor"]]
    sock.settimeout(10)
    data, sender = sock.recvfrom(65536)
    return {"text": data.decode(), "port": sender[1]}


def count(_):
    with open(f"/proc/{child.pid}/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return {"descriptors": len(os.listdir(f"/proc/{child.pid}/fd")), "resident": resident * 1024}


def survey(_):
    """All sockets of the child, each looked at through a descriptor of ours."""
    found = []
    for name in os.listdir(f"/proc/{child.pid}/fd"):
        try:
            if not os.readlink(f"/proc/{child.pid}/fd/{name}").startswith("socket:"):
                continue
            taken = duplicate(child.pid, int(name))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EBADF):
                continue
            raise
        with socket.socket(fileno=taken) as sock:
            if sock.family not in NUMBERS:
                continue
            kind = "udp" if sock.type == socket.SOCK_DGRAM else "tcp"
            found.append({"kind": kind, "family": 6 if sock.family == socket.AF_INET6 else 4,
                          **options_of(sock), **ends_of(sock)})
    return found


def defaults(_):
    """The options of sockets that nobody has changed."""
    found = {}
    for kind, number in (("udp", socket.SOCK_DGRAM), ("tcp", socket.SOCK_STREAM)):
        for family, version in ((socket.AF_INET, 4), (socket.AF_INET6, 6)):
            with socket.socket(family, number) as sock:
                found[f"{kind}{version}"] = options_of(sock)
    return found


def statistics(request):
    """The lines of ss about a port."""
    command = ["ss", "-H", "-O", "-u", "-a", "-m", "-i", "-n", "-e", "--tos", "--inet-sockopt"]
    text = subprocess.run([*command, f"sport = :{request['port']}"], capture_output=True, text=True, check=True).stdout
    lines = []
    for line in text.splitlines():
        state, _, _, local, peer = line.split()[:5]
        memory = re.search(r"rb(\d+),t\d+,tb(\d+)", line)
        flags = re.search(r"inet-sockopt: \(([^)]*)\)", line)
        lines.append({"state": state, "local": local, "peer": peer,
                      "recvBufferSize": int(memory[1]), "sendBufferSize": int(memory[2]),
                      "flags": flags[1].split(), "ipv6Only": "v6only:1" in line})
    return lines


def filters(_):
    """The sources that are let in, or kept out, of the groups on the loopback interface."""
    found = {}
    for file, read in (("mcfilter", lambda text: socket.inet_ntoa(struct.pack("!I", int(text, 16)))),
                       ("mcfilter6", lambda text: str(ipaddress.IPv6Address(bytes.fromhex(text))))):
        for rows in readings(f"/proc/net/{file}"):
            for _, fields in rows[1:]:
                if fields[1] == "lo":
                    group, source = read(fields[2]), read(fields[3])
                    found[group, source] = {"group": group, "source": source,
                                            "included": int(fields[4]), "excluded": int(fields[5])}
    return list(found.values())


def all_groups(_):
    return {**groups(6), **groups(4)}


def send(request):
    """From as many sockets as there are texts."""
    ports = []
    for text in request["texts"]:
        with socket.socket(socket.AF_INET6 if ":" in request["address"] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(text.encode(), (request["address"], request["port"]))
            ports.append(sock.getsockname()[1])
    return ports


def refusal(request):
    """What the kernel tells a stranger who sends to a port: where nobody takes the datagram, ECONNREFUSED."""
    with socket.socket(socket.AF_INET6 if ":" in request["address"] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((request["address"], request["port"]))
        sock.send(b"from a stranger")
        poll = select.poll()
        poll.register(sock, 0)
        if not poll.poll(request["patience"]):
            return None
        return errno.errorcode.get(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def limit(request):
    with open(f"/proc/sys/net/core/{request['name']}") as file:
        return int(file.read())


ANSWERS = {"options": own_options, "receive": own_receive, "count": count, "survey": survey, "defaults": defaults,
           "statistics": statistics, "filters": filters, "groups": all_groups, "send": send, "refusal": refusal,
           "limit": limit}

command = sys.argv[1:]
if command[0] == "--udp":
    for _ in range(int(command[1])):
        sock = socket.socket(socket.AF_INET6 if command[2] == "6" else socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((command[3], 0))
        own[sock.fileno()] = sock
    command = [*command[4:], ",".join(map(str, own))]

child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=own, text=True, bufsize=1)
for line in child.stdout:
    asked = json.loads(line) if line.startswith('{"ask":') else None
    if asked is None:
        print(line, end="", flush=True)
        continue
    try:
        answer = {"answer": ANSWERS[asked["ask"]](asked)}
    except (OSError, subprocess.CalledProcessError) as error:
        answer = {"refused": f"{asked['ask']}: {error}"}
    child.stdin.write(json.dumps(answer) + "\n")
    child.stdin.flush()
sys.exit(child.wait())
