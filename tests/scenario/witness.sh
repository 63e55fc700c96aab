# witness.sh: servers elsewhere, at which nothing may arrive; sourced after lib.sh,
# when the lab is up.  They have a certificate of the lab's CA, so that whoever
# comes believes them, and write down each connection: see witness.py beside this.
elsewhere=127.0.0.2 # the lab's ports at another address
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=witness -keyout "$T/witness.key" -out "$T/witness.csr" 2>/dev/null
printf 'subjectAltName=IP:%s,IP:127.0.0.1,DNS:localhost\n' $elsewhere >"$T/witness.ext"
openssl x509 -req -in "$T/witness.csr" -CA "$LAB_DIR/ca.pem" -CAkey "$LAB_DIR/ca.key" -CAcreateserial -days 2 -extfile "$T/witness.ext" -out "$T/witness.pem" 2>/dev/null
witness_up() { # SERVER...
	: >"$T/heard"
	$python "$top/tests/scenario/witness.py" "$T/witness.pem" "$T/witness.key" "$T/heard" "$@" >"$T/witness.out" 2>&1 &
	extra_pids=$!
	eventually grep -q ready "$T/witness.out" || { cat "$T/witness.out"; not_ok "the witness starts"; }
}
# heard: which connections and credentials there were; arrives SENTENCE PATTERN: one of them.
heard() { cut -d' ' -f1-3 "$T/heard" | sort -u; }
arrives() { if grep -qE -- "$2" "$T/heard"; then ok "$1"; else cat "$T/heard"; not_ok "$1"; fi; }
