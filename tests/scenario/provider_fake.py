"""provider_fake.py PORT CERTIFICATE KEY RECORD: an OpenID provider that writes
down what reaches its token endpoint, byte for byte, and refuses everything."""
import http.server, json, ssl, sys

port, certificate, key, record = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
base = "https://localhost:%d" % port


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer(200, {"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token",
                          "jwks_uri": base + "/keys", "response_types_supported": ["code"]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(record, "a") as out:
            out.write(json.dumps({"body": body.decode("latin-1"), "authorization": self.headers.get("Authorization")}) + "\n")
        self.answer(400, {"error": "invalid_grant", "error_description": "this provider only listens"})

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
