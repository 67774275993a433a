"""A beacon on one machine: every few milliseconds a datagram to every other machine, and notes of what came through.

All machines of a lab share one kernel, and so one monotonic clock: what the sender says of the moment is true for the
receiver, too. Each datagram tells when it was sent and when the one before it was, so that whoever gets it knows whether
one was lost in between.

beacon.py NUMBER COUNT: it says `ready` once it has heard all others, and its notes once the file OVER is there.
"""

import json
import os
import socket
import struct
import sys
import time

PORT = 9998
PERIOD_NS = 10_000_000
# Room for all that comes while this program has to wait for its turn: what is lost is to be the fault's.
SO_RCVBUFFORCE, ROOM = 33, 32 << 20
READY, OVER = "/run/beacon-ready", "/run/beacon-over"
FORMAT = struct.Struct("!HQQ")


def give_room(line):
    try:
        line.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    except PermissionError:
        # Without root: as much as there may be.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)


me, count = int(sys.argv[1]), int(sys.argv[2])
others = [n for n in range(count) if n != me]
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
give_room(line)
line.bind(("0.0.0.0", PORT))
line.setblocking(False)

tried = dict.fromkeys(others, 0)  # to whom: when a datagram was last given to the kernel
heard = {}  # from whom: when the last one that came was sent
refusing = {}  # to whom: when one was first refused
silences, refusals = [], []
worst, last_round, ready = 0, None, False


def listen():
    while True:
        try:
            data = line.recv(FORMAT.size)
        except BlockingIOError:
            return
        sender, before, sent = FORMAT.unpack(data)
        if sender in heard and heard[sender] != before:
            silences.append({"other": sender, "last": heard[sender], "first": sent})
        heard[sender] = sent


def speak(to):
    now = time.monotonic_ns()
    try:
        line.sendto(FORMAT.pack(me, tried[to], now), (f"10.61.0.1{to}", PORT))
        if to in refusing:
            refusals.append({"other": to, "begun": refusing.pop(to), "first": now})
    except PermissionError:
        # This machine's own firewall drops it on the way out.
        refusing.setdefault(to, now)
    except OSError:
        pass
    tried[to] = now


due = time.monotonic_ns()
end = due + 300_000_000_000
while time.monotonic_ns() < end and not os.path.exists(OVER):
    listen()
    for other in others:
        speak(other)
    now = time.monotonic_ns()
    if ready and last_round:
        worst = max(worst, now - last_round)
    last_round = now
    if not ready and len(heard) == len(others):
        ready = True
        open(READY, "w").close()
    due = max(due + PERIOD_NS, now)
    time.sleep((due - now) / 1e9)

for file in (READY, OVER):
    if os.path.exists(file):
        os.remove(file)
print(json.dumps({
    "silences": silences,
    "refusals": refusals,
    "worst": worst,
    "wall": time.time_ns() - time.monotonic_ns(),
}))
