"""Captures this machine's own loopback traffic: python3 loopback_capture.py FILE PACKETS TCPDUMP...

TCPDUMP is the command to capture with, such as "sudo tcpdump". While it runs, UDP datagrams and TCP connections of many
flows cross the loopback interface, until it has seen PACKETS of them. Nothing leaves the machine.
"""

import socket
import subprocess
import sys
import threading
import time

FLOWS = 64
PATIENCE_S = 60


def send_datagrams(stop):
    """From 64 ports to one that nobody reads; what its buffer does not hold the kernel drops, behind the capture."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(('127.0.0.1', 0))
        senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(FLOWS)]
        for sender in senders:
            sender.connect(receiver.getsockname())
        sent = 0
        while not stop.is_set():
            senders[sent % FLOWS].send(bytes([sent % 256]) * (sent * 37 % 1200))
            sent += 1
            if sent % 500 == 0:
                time.sleep(0.005)  # the capture must keep up
        for sender in senders:
            sender.close()


def make_connections(stop):
    """One short TCP connection after another, with data both ways."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        while not stop.is_set():
            with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
                client.sendall(b'question' * 50)
                accepted.sendall(accepted.recv(4096) * 3)
                client.recv(4096)


def main(path, packets, tcpdump):
    # tcpdump writes to our file, not to one of its own: it changes its user, and may not be allowed to.
    with open(path, 'wb') as capture:
        command = [*tcpdump, '-i', 'lo', '-n', '-s', '0', '-B', '16384', '-c', packets, '-w', '-', 'host 127.0.0.1']
        recorder = subprocess.Popen(command, stdout=capture, stderr=subprocess.PIPE, text=True)
        said = ''
        for line in recorder.stderr:
            said += line
            if 'listening on' in line:
                break
        else:
            sys.exit(f'loopback_capture: {" ".join(tcpdump)} does not capture:\n{said}')
        stop = threading.Event()
        threads = [threading.Thread(target=work, args=(stop,)) for work in (send_datagrams, make_connections)]
        for thread in threads:
            thread.start()
        try:
            recorder.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            recorder.terminate()
            sys.exit(f'loopback_capture: {packets} packets were not captured within {PATIENCE_S} s')
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    return recorder.returncode


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
