# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a daemon, and reaps at once what its children leave behind: libvirtd waits for processes of guests to vanish, and the first process
# of a container may take its time. Usage: reaper.py COMMAND…
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
prctl = ctypes.CDLL(None).prctl
prctl(PR_SET_CHILD_SUBREAPER, 1)
daemon = os.fork()
if daemon == 0:
    # Whoever kills the one kills the other.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(daemon, signal.SIGTERM))
while True:
    pid, status = os.wait()
    if pid == daemon:
        sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
