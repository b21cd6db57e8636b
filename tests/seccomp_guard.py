"""Forbids this process system calls, for good: a test that a program does without them. Linux on x86_64 and arm64."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

# https://github.com/torvalds/linux, arch/x86/entry/syscalls and include/uapi/asm-generic/unistd.h
NUMBERS = {
    "x86_64": {"socket": (41,), "open": (2, 257, 437, 85)},  # open, openat, openat2, creat
    "aarch64": {"socket": (198,), "open": (56, 437)},
}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
KILL, ALLOW = 0x80000000, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def forbid(*calls: str) -> None:
    """From now on the process is killed (SIGSYS) when it makes one of these calls: socket, open."""
    numbers = [number for call in calls for number in NUMBERS[platform.machine()][call]]
    steps = [(LOAD, 0, 0, 0)]
    for number in numbers:
        steps += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, KILL)]
    steps.append((RETURN, 0, 0, ALLOW))
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    # python -m tests.seccomp_guard CALL PROGRAM ARGUMENT...: its children are bound too.
    forbid(sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
