"""witness.py CERTIFICATE KEY RECORD SERVER...: servers at which nothing may arrive
that nobody said yes to, and that would believe all that does.
SERVER: KIND:ADDRESS:PORT, KIND one of smtp, imap, https. A mail server takes TLS
from the first byte or after STARTTLS, whichever the client wants, and lets
everybody in. RECORD gets a line for each connection, before anything is said, and
one for each credential or request, decoded."""
import base64, json, select, socketserver, ssl, sys, threading

certificate, key, record = sys.argv[1:4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
lock = threading.Lock()


def note(*words):
    with lock, open(record, "a") as out:
        out.write(" ".join(words).replace("\0", " ").replace("\1", " ") + "\n")


class Talk(socketserver.BaseRequestHandler):
    def setup(self):
        self.place = "%s %s:%d" % (self.server.kind, *self.server.server_address)
        note("connect", self.place)
        self.talk = self.request

    def upgrade(self):
        self.talk = context.wrap_socket(self.request, server_side=True)
        self.file = self.talk.makefile("rwb")

    def say(self, *lines):
        self.file.write("".join(l + "\r\n" for l in lines).encode())
        self.file.flush()

    def hear(self):
        return self.file.readline().decode("utf-8", "replace").strip()

    def credential(self, mechanism, text):
        note("credential", self.place, mechanism, base64.b64decode(text).decode("latin-1"))

    def handle(self):
        try:
            # A client that begins with TLS says so at once; another waits.
            early, _, _ = select.select([self.request], [], [], 0.3)
            self.file = self.request.makefile("rwb")
            if self.server.kind == "https" or early:
                self.upgrade()
            getattr(self, self.server.kind)()
        except (OSError, ssl.SSLError, ValueError) as fault:
            note("fault", self.place, str(fault))

    def smtp(self):
        self.say("220 witness.test ESMTP")
        while line := self.hear():
            verb = line[:4].upper()
            if verb == "EHLO":
                tls = isinstance(self.talk, ssl.SSLSocket)
                self.say("250-witness.test", "250 AUTH PLAIN LOGIN XOAUTH2" if tls else "250 STARTTLS")
            elif verb == "STAR":
                self.say("220 go on"); self.upgrade()
            elif verb == "AUTH":
                self.say("334 "); self.credential(line.split()[1], self.hear()); self.say("235 2.7.0 Accepted")
            elif verb == "QUIT":
                self.say("221 bye"); return
            else:
                self.say("250 ok")

    def imap(self):
        self.say("* OK witness.test ready")
        while len(words := self.hear().split()) > 1:
            tag, verb = words[0], words[1].upper()
            if verb == "CAPABILITY":
                tls = isinstance(self.talk, ssl.SSLSocket)
                self.say("* CAPABILITY IMAP4rev1 " + ("AUTH=XOAUTH2 AUTH=PLAIN" if tls else "STARTTLS LOGINDISABLED"), tag + " OK")
            elif verb == "STARTTLS":
                self.say(tag + " OK go on"); self.upgrade()
            elif verb == "AUTHENTICATE":
                self.say("+ "); self.credential(words[2], self.hear()); self.say(tag + " OK Logged in.")
            elif verb == "LOGOUT":
                self.say("* BYE bye", tag + " OK"); return
            else:
                self.say(tag + " BAD what")

    def https(self):
        line, length = self.hear(), 0
        while header := self.hear():
            if header.lower().startswith("content-length:"):
                length = int(header.split(":")[1])
        note("request", self.place, line, self.file.read(length).decode("latin-1"))
        base = "https://%s:%d" % self.server.server_address
        body = json.dumps({"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token",
                           "jwks_uri": base + "/keys"} if line.startswith("GET") else {"error": "invalid_grant"})
        self.say("HTTP/1.1 %s" % ("200 OK" if line.startswith("GET") else "400 Bad Request"), "Content-Type: application/json",
                 "Content-Length: %d" % len(body), "Connection: close", "", body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


servers = []
for word in sys.argv[4:]:
    kind, address, port = word.split(":")
    servers.append(Server((address, int(port)), Talk))
    servers[-1].kind = kind
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
