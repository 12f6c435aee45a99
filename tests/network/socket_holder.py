"""Holds a socket for a worker, as a service manager does: it starts the command with the descriptor as its last argument,
and again whenever that has ended, until it is told to end (SIGTERM).

socket_holder.py ADDRESS BYTES COMMAND …   the socket has a free port and a receive buffer of so many bytes
"""

import signal
import socket
import subprocess
import sys

address, size, *command = sys.argv[1:]
SO_REUSEPORT = 15
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, SO_REUSEPORT, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(size))
sock.bind((address, 0))
ended = False
worker = None


def end(_number, _frame):
    global ended
    ended = True
    worker.terminate()


signal.signal(signal.SIGTERM, end)
while not ended:
    worker = subprocess.Popen([*command, str(sock.fileno())], stdin=subprocess.DEVNULL, pass_fds=[sock.fileno()])
    print(f"process {worker.pid}", flush=True)
    worker.wait()
