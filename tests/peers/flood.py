"""Sends as many datagrams as a line of JSON asks for, to a port of loopback, as fast as it can, and tells how many left."""

import json
import socket
import sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for line in sys.stdin:
    asked = json.loads(line)
    sock.connect(("127.0.0.1", asked["port"]))
    payload = bytes(asked["size"])
    sent = 0
    for _ in range(asked["count"]):
        sent += sock.send(payload) == len(payload)
    print(json.dumps({"sent": sent}), flush=True)
