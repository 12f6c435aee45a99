"""Runs a command at a terminal of its own, and types.

terminal.py SECONDS STEPS COMMAND …   STEPS is JSON: [[text, keys], …]. When the text has appeared since the last step, the
keys are typed; "\\u0003" is Ctrl-C and "\\u0004" Ctrl-D. Where the keys are null nobody answers, and it is killed.

Prints {"output", "code"}; the code is null where the command had to be killed, since it did not end.
"""

import json
import os
import pty
import select
import signal
import sys
import time

seconds = float(sys.argv[1])
steps = json.loads(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])

output = b""
seen = 0
code = None
end = time.monotonic() + seconds
while time.monotonic() < end:
    text, keys = (steps[0][0].encode(), steps[0][1]) if steps else (None, None)
    if text is not None and text in output[seen:]:
        if keys is None:
            break
        seen = output.index(text, seen) + len(text)
        os.write(terminal, keys.encode())
        steps.pop(0)
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
if code is None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

print(json.dumps({"output": output.decode("utf8", "replace"), "code": code}))
