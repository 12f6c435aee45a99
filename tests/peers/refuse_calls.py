"""
refuse_calls.py RULE... -- COMMAND: runs a command whose system calls the kernel refuses, as a container's seccomp profile
or a hardened service does. A rule is CALL:ERRNO, or CALL:ERRNO:INDEX=VALUE,... for a call with those arguments only.
Ends with 77 where there is no seccomp or no libseccomp.
"""

import ctypes
import errno
import os
import sys

ALLOW = 0x7FFF0000
REFUSE = 0x00050000
MASKED_EQUAL = 7
# Arguments are ints, whose upper half may hold anything.
INT = 0xFFFFFFFF
SKIPPED = 77


class Argument(ctypes.Structure):
    _fields_ = [
        ("index", ctypes.c_uint),
        ("comparison", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    ]


def load_filter(rules):
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError as error:
        print(f"no libseccomp: {error}", file=sys.stderr)
        sys.exit(SKIPPED)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Argument)
    ]
    context = library.seccomp_init(ALLOW)
    for rule in rules:
        name, refusal, *conditions = rule.split(":")
        pairs = [pair.split("=") for pair in conditions[0].split(",")] if conditions else []
        arguments = (Argument * max(1, len(pairs)))(
            *[Argument(int(index), MASKED_EQUAL, INT, int(value)) for index, value in pairs]
        )
        number = library.seccomp_syscall_resolve_name(name.encode())
        action = REFUSE | getattr(errno, refusal)
        if library.seccomp_rule_add_array(context, action, number, len(pairs), arguments) != 0:
            sys.exit(f"no rule: {rule}")
    if library.seccomp_load(context) != 0:
        print("the kernel takes no seccomp filter here", file=sys.stderr)
        sys.exit(SKIPPED)


end = sys.argv.index("--")
load_filter(sys.argv[1:end])
os.execvp(sys.argv[end + 1], sys.argv[end + 1:])
