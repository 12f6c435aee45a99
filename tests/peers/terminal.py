"""Runs a command at a terminal of its own, where a runtime may ask its user. Nobody answers.

Prints {"output", "code"}; the code is null where the command had to be killed, since it waited.
"""

import json
import os
import pty
import select
import signal
import sys
import time

SECONDS = 20

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

output = b""
end = time.monotonic() + SECONDS
while time.monotonic() < end and b"Allow?" not in output:
    ready, _, _ = select.select([terminal], [], [], 0.5)
    if not ready:
        continue
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        chunk = b""
    if not chunk:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        break
    output += chunk
else:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    code = None

print(json.dumps({"output": output.decode("utf8", "replace"), "code": code}))
