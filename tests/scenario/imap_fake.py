"""imap_fake.py PORT CERTIFICATE KEY MODE: an IMAP server over TLS that shows
faults which a real one cannot be made to show.
MODE: no-way (offers none that we know), not-connected (the token is good, the
mailbox is not there), bye (hangs up with too many connections), accept."""
import socketserver, ssl, sys

port, certificate, key, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
WAYS = "LOGINDISABLED AUTH=GSSAPI" if mode == "no-way" else "AUTH=XOAUTH2 AUTH=PLAIN"
VERDICT = {"not-connected": "BAD User is authenticated but not connected.", "accept": "OK Logged in."}


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            tls = context.wrap_socket(self.request, server_side=True)
        except (OSError, ssl.SSLError):
            return
        f = tls.makefile("rwb")

        def say(*lines):
            f.write("".join(l + "\r\n" for l in lines).encode()); f.flush()

        if mode == "bye":
            say("* BYE Too many connections"); return
        say("* OK fake.test ready")
        while True:
            words = f.readline().decode("utf-8", "replace").split()
            if len(words) < 2:
                return
            tag, verb = words[0], words[1].upper()
            if verb == "CAPABILITY":
                say("* CAPABILITY IMAP4rev1 " + WAYS, tag + " OK done")
            elif verb == "AUTHENTICATE":
                say("+ ")
                f.readline()
                say(tag + " " + VERDICT[mode])
            elif verb == "LOGOUT":
                say("* BYE bye", tag + " OK"); return
            else:
                say(tag + " BAD what")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", port), Talk) as server:
    print("ready", flush=True)
    server.serve_forever()
