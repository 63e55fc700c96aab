"""courier_ask.py SOCKET KEY=VALUE...: one exchange with mailseal-courier, its
answer in JSON.  A value that starts with @ is read from that file; with @-, it
is a field of the JSON on standard input that bears the name behind it."""
import json, socket, sys


def encode(value):
    return "".join(chr(b) if 0x21 <= b <= 0x7E and b != 0x25 else "%%%02X" % b for b in value)


def decode(text):
    out, i, raw = bytearray(), 0, text.encode()
    while i < len(raw):
        if raw[i] == 0x25:
            out.append(int(raw[i + 1:i + 3], 16)); i += 3
        else:
            out.append(raw[i]); i += 1
    return out.decode("utf-8", "replace")


given = None
fields = []
for argument in sys.argv[2:]:
    key, value = argument.split("=", 1)
    if value.startswith("@-"):
        given = given if given is not None else json.load(sys.stdin)
        value = given[value[2:]].encode()
    elif value.startswith("@"):
        value = open(value[1:], "rb").read()
    else:
        value = value.encode()
    fields.append("%s=%s" % (key, encode(value)))
with socket.socket(socket.AF_UNIX) as s:
    s.connect(sys.argv[1])
    s.sendall(("exchange " + " ".join(fields) + "\n").encode())
    answer = b""
    while not answer.endswith(b"\n"):
        piece = s.recv(65536)
        if not piece:
            break
        answer += piece
words = answer.decode().rstrip("\n").split(" ")
print(json.dumps(dict([("word", words[0])] + [(f.split("=", 1)[0], decode(f.split("=", 1)[1])) for f in words[1:]])))
