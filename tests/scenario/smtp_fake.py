"""smtp_fake.py PORT CERTIFICATE KEY MODE [RECORD]: an SMTP server over TLS that
shows faults which a real one cannot be made to show.
MODE: no-auth (offers none), 535 (refuses), 139 (SMTP AUTH is off), accept."""
import base64, json, socketserver, ssl, sys

port, certificate, key, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
record = sys.argv[5] if len(sys.argv) > 5 else None
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
VERDICT = {"535": "535 5.7.8 Error: authentication failed",
           "139": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
           "accept": "235 2.7.0 Accepted"}


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            tls = context.wrap_socket(self.request, server_side=True)
        except (OSError, ssl.SSLError):
            return
        f = tls.makefile("rwb")

        def say(*lines):
            f.write("".join(l + "\r\n" for l in lines).encode()); f.flush()

        say("220 fake.test ESMTP")
        while True:
            line = f.readline().decode("utf-8", "replace").strip()
            verb = line[:4].upper()
            if not line:
                return
            if verb == "EHLO":
                say("250-fake.test", *([] if mode == "no-auth" else ["250-AUTH PLAIN XOAUTH2"]), "250 8BITMIME")
            elif verb == "AUTH":
                say("334 ")
                answer = f.readline().strip()
                if record:
                    with open(record, "a") as out:
                        out.write(json.dumps({"mechanism": line[5:], "response": base64.b64decode(answer).hex()}) + "\n")
                say(VERDICT[mode])
            elif verb == "QUIT":
                say("221 bye"); return
            else:
                say("250 ok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", port), Talk) as server:
    print("ready", flush=True)
    server.serve_forever()
