"""Another process's descriptors, and the groups that are joined on this machine, as the kernel has them."""

import ctypes
import ipaddress
import os
import socket
import struct

PIDFD_OPEN, PIDFD_GETFD = 434, 438


def call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def duplicate(pid, descriptor):
    """A descriptor of ours for the same socket."""
    process = call(PIDFD_OPEN, pid, 0)
    try:
        return call(PIDFD_GETFD, process, descriptor, 0)
    finally:
        os.close(process)


def readings(path):
    """The rows of a table in /proc/net, more than once: while others come and go the kernel may leave out one that is
    there, or tell it twice, since it counts how many it has told."""
    for _ in range(4):
        with open(path) as table:
            yield [(line, line.split()) for line in table]


def groups(family):
    """Those of the loopback interface, with their numbers of members."""
    found = {}
    if family == 6:
        for rows in readings("/proc/net/igmp6"):
            for _, fields in rows:
                if fields[1] == "lo":
                    found[str(ipaddress.IPv6Address(bytes.fromhex(fields[2])))] = int(fields[3])
        return found
    for rows in readings("/proc/net/igmp"):
        device = None
        for line, fields in rows[1:]:
            if not line.startswith("\t"):
                device = fields[1]
            elif device == "lo":
                found[socket.inet_ntoa(struct.pack("<I", int(fields[0], 16)))] = int(fields[1])
    return found
