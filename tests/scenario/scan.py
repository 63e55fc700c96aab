"""scan.py SECRETS FILE...: which secret stands in which file, in raw, base64,
base64url, hex or URL form.  SECRETS holds one a line.  A file "pid:N" is what
/proc tells of a process: argv and environment; "mem:N" its writable memory."""
import base64, os, re, sys, urllib.parse


def forms(secret):
    yield "raw", secret
    for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for skew in range(3):  # wherever in a longer text it stands
            coded = encode(b"x" * skew + secret).rstrip(b"=")
            # The first and last digits depend on the neighbours.
            yield name, coded[4 if skew else 0:len(coded) - 1 - len(coded) % 4 % 2]
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    url = urllib.parse.quote_plus(secret).encode()
    if url != secret:
        yield "url", url
    line = b"".join(bytes([c]) if 0x21 <= c <= 0x7e and c != 0x25 else b"%%%02X" % c for c in secret)
    if line not in (secret, url):
        yield "line", line


def memory(pid):
    with open("/proc/%s/maps" % pid) as maps, open("/proc/%s/mem" % pid, "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r)(w)", line)
            if not m or "[v" in line:
                continue
            low, high = int(m[1], 16), int(m[2], 16)
            if high - low > 1 << 32:
                continue  # a sanitizer's shadow holds no bytes of ours
            try:
                mem.seek(low)
                yield mem.read(high - low)
            except (OSError, ValueError):
                continue


def read(what):
    if what.startswith("pid:"):
        for f in ("cmdline", "environ"):
            with open("/proc/%s/%s" % (what[4:], f), "rb") as file:
                yield file.read()
    elif what.startswith("mem:"):
        yield from memory(what[4:])
    else:
        with open(what, "rb") as file:
            yield file.read()


secrets = [l for l in open(sys.argv[1], "rb").read().split(b"\n") if l]
found = 0
for what in sys.argv[2:]:
    try:
        for part in read(what):
            for secret in secrets:
                for name, form in forms(secret):
                    if len(form) >= 6 and form in part:
                        found += 1
                        print("%s: %s... as %s" % (what, secret[:12].decode("latin-1"), name))
    except FileNotFoundError:
        continue  # a process that ended, a log that was never written
print(found, "found")
sys.exit(1 if found else 0)
