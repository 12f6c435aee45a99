"""A path that loses, doubles and delays datagrams, and knows what it has done.

lossy.py PORT SIZE [--no-copies]   Carries what comes to it on to PORT of 127.0.0.1, and the answers back.

Of datagrams of SIZE bytes every 10th is lost, every 13th comes twice, and every 7th is overtaken by two others; others
pass as they are. It is meant for one client at a time. Prints {"port": …}; a line on its input is answered with
{"sent", "lost", "outOfOrder", "duplicates"}, and it ends with its input. Connections over TCP are carried on, too.
"""

import json
import select
import socket
import sys
import threading

TARGET = ("127.0.0.1", int(sys.argv[1]))
SIZE = int(sys.argv[2])
COPIES = "--no-copies" not in sys.argv

front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.bind(("127.0.0.1", 0))
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
back.connect(TARGET)
doors = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
doors.bind(front.getsockname())
doors.listen()

client = None
sent = 0
left = []
held = []


def leave(number, data):
    left.append(number)
    back.send(data)


def disturb(data):
    global sent
    sent += 1
    if sent % 10 == 0:
        return
    if sent % 7 == 0:
        held.append([sent, data, 2])
        return
    leave(sent, data)
    if COPIES and sent % 13 == 0:
        leave(sent, data)
    for late in list(held):
        late[2] -= 1
        if late[2] == 0:
            held.remove(late)
            leave(late[0], late[1])


def counts():
    came, highest, out_of_order, duplicates = set(), 0, 0, 0
    for number in left:
        if number in came:
            duplicates += 1
        elif number < highest:
            out_of_order += 1
        came.add(number)
        highest = max(highest, number)
    return {"sent": sent, "lost": sent - len(came), "outOfOrder": out_of_order, "duplicates": duplicates}


def pump(one, other):
    while chunk := one.recv(65536):
        other.sendall(chunk)
    other.shutdown(socket.SHUT_WR)


def serve(near):
    far = socket.create_connection(TARGET)
    threading.Thread(target=pump, args=(near, far), daemon=True).start()
    threading.Thread(target=pump, args=(far, near), daemon=True).start()


print(json.dumps({"port": front.getsockname()[1]}), flush=True)
while True:
    ready, _, _ = select.select([front, back, doors, sys.stdin], [], [])
    if doors in ready:
        serve(doors.accept()[0])
    if front in ready:
        data, client = front.recvfrom(70000)
        if len(data) == SIZE:
            disturb(data)
        else:
            # What asks for the counts comes last.
            for number, late, _ in held:
                leave(number, late)
            held.clear()
            back.send(data)
    if back in ready:
        try:
            answer = back.recv(70000)
            if client:
                front.sendto(answer, client)
        except ConnectionRefusedError:
            pass
    if sys.stdin in ready:
        if not sys.stdin.readline():
            break
        print(json.dumps(counts()), flush=True)
