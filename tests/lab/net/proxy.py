#!/usr/bin/env python3
"""proxy.py PORT [--net NAME] [--log FILE] [--mode MODE]: an HTTP proxy for CONNECT.

It listens on 127.0.0.1:PORT, with --net in that network namespace (of "ip
netns"), and connects from where it was started: the one way out of there.
MODE: allow (all), https (just the ports of --allow PORT,...), deny (403),
password (407), hang (says nothing), garbage (is no proxy).
--log gets a line for each request: the mode's verdict, the target, and all
header lines, so that a test can look for what should not be there.
"""
import argparse, ctypes, os, select, socket, threading

CLONE_NEWNET = 0x40000000
options = argparse.ArgumentParser()
options.add_argument("port", type=int)
options.add_argument("--net")
options.add_argument("--log")
options.add_argument("--mode", default="allow")
options.add_argument("--allow", default="443")
options = options.parse_args()
allowed = [int(p) for p in options.allow.split(",")]


def enter(path):
    """This thread moves into a network namespace; sockets stay where they were made."""
    fd = os.open(path, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns " + path)
    os.close(fd)


def listen():
    home = "/proc/%d/ns/net" % os.getpid()
    back = os.open(home, os.O_RDONLY)
    if options.net:
        enter("/run/netns/" + options.net)
    listener = socket.create_server(("127.0.0.1", options.port), backlog=64)
    if options.net:
        enter("/proc/self/fd/%d" % back)
    os.close(back)
    return listener


def note(verdict, target, headers):
    if options.log:
        with open(options.log, "a") as log:
            log.write(" | ".join([verdict, target] + headers) + "\n")


def head(client):
    """The request, byte by byte: nothing of what follows is taken."""
    got = b""
    while not got.endswith(b"\r\n\r\n") and len(got) < 16384:
        byte = client.recv(1)
        if not byte:
            return None
        got += byte
    return got.decode("latin-1").split("\r\n")[:-2]


def carry(a, b):
    while True:
        for s in select.select([a, b], [], [])[0]:
            data = s.recv(65536)
            if not data:
                return
            (b if s is a else a).sendall(data)


def serve(client):
    with client:
        lines = head(client)
        if lines is None:
            return
        method, target = (lines[0].split(" ") + ["", ""])[:2]
        host, _, port = target.rpartition(":")
        answers = {"deny": b"HTTP/1.1 403 Forbidden by policy\r\n\r\n",
                   "password": b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
                   "garbage": b"SSH-2.0-OpenSSH_9.2p1\r\n"}
        if options.mode == "hang":
            note("hang", target, lines[1:])
            client.recv(1)
            return
        if options.mode in answers:
            note(options.mode, target, lines[1:])
            client.sendall(answers[options.mode])
            return
        if method != "CONNECT" or not port.isdigit() or (options.mode == "https" and int(port) not in allowed):
            note("deny", target, lines[1:])
            client.sendall(answers["deny"])
            return
        try:
            server = socket.create_connection((host.strip("[]"), int(port)), 10)
        except OSError:
            note("fail", target, lines[1:])
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        note("allow", target, lines[1:])
        with server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                carry(client, server)
            except OSError:
                pass


def main():
    listener = listen()
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


main()
