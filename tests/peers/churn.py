"""Opens and closes UDP sockets, all the time, until its standard input ends or half a minute has passed."""
import select
import socket
import sys
import time

print("{}", flush=True)
end = time.monotonic() + 30
while time.monotonic() < end and not select.select([sys.stdin], [], [], 0)[0]:
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(200)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    for each in sockets:
        each.close()
