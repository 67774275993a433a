"""Traffic to measure faults by. What a receiver or an attempt counted is printed as JSON.

receive-udp PORT                    says `ready`, then counts until two seconds pass without a datagram
receive-tcp PORT                    says `ready`, then takes one connection and reads it to its end
send-udp PORT FIRST COUNT EACH_MS ADDRESS…  datagrams of 1000 bytes, to these addresses in turn; FIRST more before them do
                                    not count: a limit lets pass at once what it has saved up
send-tcp PORT SECONDS ADDRESS       as much as goes through one connection in so long
connect PORT COUNT ADDRESS          connections, one at a time from each of 20 threads; each is given up after half a second
"""

import json
import socket
import sys
import threading
import time

# Room for all that comes while this program has to wait for its turn: what is lost is to be the fault's.
SO_RCVBUFFORCE, ROOM = 33, 32 << 20
HEADERS = 28  # of IP and UDP: what a limit of the firewall counts besides the thousand bytes


def say(**what):
    print(json.dumps(what), flush=True)


def give_room(line):
    try:
        line.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    except PermissionError:
        # Without root: as much as there may be.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)


def receive_udp(port):
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    give_room(line)
    line.bind(("0.0.0.0", port))
    say(ready=True)
    line.settimeout(30)
    count = size = 0
    try:
        while True:
            data = line.recv(2000)
            size += data[0] * (len(data) + HEADERS)
            count += data[0]
            line.settimeout(2)
    except TimeoutError:
        say(count=count, bytes=size)


def receive_tcp(port):
    door = socket.create_server(("0.0.0.0", port))
    say(ready=True)
    door.settimeout(30)
    connection, _ = door.accept()
    connection.settimeout(30)
    size, begun = 0, time.monotonic()
    while data := connection.recv(1 << 16):
        size += len(data)
    say(bytes=size, seconds=time.monotonic() - begun)


def send_udp(port, first, count, each_ms, *addresses):
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for counts, many in ((0, first), (1, count)):
        begun = time.monotonic()
        for n in range(many):
            try:
                line.sendto(bytes([counts]) + bytes(999), (addresses[n % len(addresses)], port))
            except PermissionError:
                pass  # dropped by this machine's own firewall
            time.sleep(max(0, begun + (n + 1) * each_ms / 1000 - time.monotonic()))
    say(seconds=time.monotonic() - begun)


def send_tcp(port, seconds, address):
    line = socket.create_connection((address, port), timeout=30)
    begun, sent = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        sent += line.send(bytes(4096))
    line.close()
    say(bytes=sent)


def connect(port, count, address):
    failed, times, lock = [], [], threading.Lock()
    left = iter(range(count))

    def some():
        while True:
            with lock:
                if next(left, None) is None:
                    return
            begun = time.monotonic()
            try:
                socket.create_connection((address, port), timeout=0.5).close()
                times.append(time.monotonic() - begun)
            except OSError as error:
                failed.append(str(error))

    threads = [threading.Thread(target=some) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    median = times[len(times) // 2] * 1000 if times else None
    say(count=count, failed=len(failed), median_ms=median)


command, *words = sys.argv[1:]
globals()[command.replace("-", "_")](*(int(word) if word.isdigit() else word for word in words))
