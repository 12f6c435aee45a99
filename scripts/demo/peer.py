"""What examples/echo.mjs and examples/ask.mjs do, by Python's standard library: a UDP that shares no code with ours."""

import argparse
import socket
import statistics
import struct
import sys
import time

PATIENCE = 2.0  # seconds for one answer


def open_socket(address):
    return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)


def serve(options):
    with open_socket(options.address) as server:
        server.bind((options.address, options.port))
        if options.group:
            request = struct.pack("4s4s", socket.inet_aton(options.group), socket.inet_aton(options.interface))
            server.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        address, port = server.getsockname()[:2]
        print(f"listening on {address} port {port}", flush=True)
        while True:
            message, sender = server.recvfrom(65535)
            server.sendto(message, sender)


def ask(options):
    times = []
    with open_socket(options.address) as asker:
        asker.settimeout(PATIENCE)
        if options.interface:
            interface = socket.inet_aton(options.interface)
            asker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
        if options.connect:
            asker.connect((options.address, options.port))
        try:
            for number in range(options.count):
                question = f"question {number}".encode()
                started = time.perf_counter()
                if options.connect:
                    asker.send(question)
                else:
                    asker.sendto(question, (options.address, options.port))
                answer, sender = asker.recvfrom(65535)
                if answer != question or sender[1] != options.port:
                    raise OSError(f"asked {question!r}, heard {answer!r} from {sender}")
                times.append((time.perf_counter() - started) * 1000)
        except OSError as error:
            print(error, file=sys.stderr)
    median = statistics.median(times) if times else float("nan")
    print(f"{len(times)} of {options.count} answers, median {median:.3f} ms")
    return 0 if len(times) == options.count else 1


parser = argparse.ArgumentParser()
roles = parser.add_subparsers(required=True)

server_role = roles.add_parser("serve")
server_role.add_argument("--address", default="127.0.0.1")
server_role.add_argument("--port", type=int, default=0)
server_role.add_argument("--group")
server_role.add_argument("--interface", default="0.0.0.0")
server_role.set_defaults(run=serve)

asker_role = roles.add_parser("ask")
asker_role.add_argument("address")
asker_role.add_argument("port", type=int)
asker_role.add_argument("--count", type=int, default=20)
asker_role.add_argument("--connect", action="store_true")
asker_role.add_argument("--interface")
asker_role.set_defaults(run=ask)

chosen = parser.parse_args()
sys.exit(chosen.run(chosen))
