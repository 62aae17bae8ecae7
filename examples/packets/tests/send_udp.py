"""Sends numbered UDP datagrams of many flows to 127.0.0.1: python3 send_udp.py PORT COUNT DATAGRAMS_A_SECOND [FLOWS].

Datagram i is make_datagram(i). Prints "sending", and when all are sent how many the kernel took, and the seconds.
"""

import socket
import struct
import sys
import time

BURST_SECONDS = 0.001


def make_datagram(number):
    return struct.pack('>Q', number) + bytes([number * 7 % 256]) * (number % 200)


def flow_sockets(port, flows):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(flows)]
    for each in sockets:
        each.connect(('127.0.0.1', port))
    return sockets


def send(port, count, rate, flows):
    """Whoever is late makes up for it by the next burst, so that the rate holds on the whole."""
    sends = [each.send for each in flow_sockets(port, flows)]
    start = time.perf_counter()
    number = 0
    while number < count:
        due = min(count, int((time.perf_counter() - start + BURST_SECONDS) * rate))
        for i in range(number, due):
            sends[i % flows](make_datagram(i))
        number = max(number, due)
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
    return time.perf_counter() - start


if __name__ == '__main__':
    PORT, COUNT, RATE = (int(each) for each in sys.argv[1:4])
    FLOWS = int(sys.argv[4]) if len(sys.argv) > 4 else 64
    # Nobody reads what comes here, but were the port closed, every datagram would be answered by a refusal.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(('127.0.0.1', PORT))
        print('sending', flush=True)
        print(COUNT, send(PORT, COUNT, RATE, FLOWS))
