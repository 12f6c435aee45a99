"""Runs a command at a terminal of its own, and types.

typist.py STEPS COMMAND …   STEPS is JSON: [[text, keys], …]. When the text has appeared since the last step, the keys are
typed; "\\u0003" is Ctrl-C and "\\u0004" Ctrl-D.

Prints {"output", "code"}; the code is null where the command had to be killed, since it did not end.
"""

import json
import os
import pty
import select
import signal
import sys
import time

SECONDS = 30

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

output = b""
seen = 0
code = None
end = time.monotonic() + SECONDS
while time.monotonic() < end:
    if steps and steps[0][0].encode() in output[seen:]:
        seen = output.index(steps[0][0].encode(), seen) + len(steps[0][0].encode())
        os.write(terminal, steps.pop(0)[1].encode())
        continue
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

print(json.dumps({"output": output.decode("utf8", "replace"), "code": code}))
