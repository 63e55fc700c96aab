# lib.sh: what every scenario needs; a scenario sources it first.
#
# It makes a folder of its own, starts the lab, the courier and the broker
# there under users other than root, and ends by process id what it started.
# A scenario says check SENTENCE COMMAND..., and done_testing at its end.
# With MAILSEAL_UNITS=1, in a box that runs systemd, the programs are installed
# and run as the shipped units say: see units.sh beside this file.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lab=$top/tests/lab
build=${MAILSEAL_BUILD:-$top/build/asan}
folder=/tmp/mailseal.XXXXXX
[ -z "${MAILSEAL_UNITS:-}" ] || folder=/var/lib/scenario.XXXXXX # no service sees our /tmp
T=$(mktemp -d $folder)
chmod 755 "$T"
broker_user=daemon client_user=www-data other_user=games
python=/usr/bin/python3
[ -x $python ] || python=python3
failed=0
unset MAKEFLAGS MFLAGS MAKELEVEL FLAVOUR # of a make that runs us
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
export LC_ALL=C.UTF-8 NO_COLOR=1

# Ports of this run: a block that is free now, below the ephemeral range.
ports() {
	$python - <<'P'
import os, random, socket
while True:
    base = 10000 + random.randrange(0, 1800) * 10
    try:
        held = []
        for i in range(10):
            s = socket.socket(); held.append(s); s.bind(("127.0.0.1", base + i))
        print(base); break
    except OSError:
        continue
P
}
port=$(ports)
export LAB_DIR=$T/lab LAB_MICROSOFT_PORT=$port LAB_GOOGLE_PORT=$((port + 1)) \
	LAB_SMTP_PORT=$((port + 2)) LAB_SMTPS_PORT=$((port + 3)) \
	LAB_IMAP_PORT=$((port + 4)) LAB_IMAPS_PORT=$((port + 5)) \
	LAB_POP3S_PORT=$((port + 6)) LAB_SINK_PORT=$((port + 7))
spare_port=$((port + 8))
listener_port=$((port + 9))
LAB_CA=$LAB_DIR/ca.pem
export LAB_CA
issuer=https://localhost:$LAB_MICROSOFT_PORT

ok() { echo "ok - $1"; }
not_ok() { failed=1; echo "not ok - $1"; for f in "$T/out" "$T/err" "$T/broker.log" "$T/courier.log"; do [ ! -s "$f" ] || { echo "# ${f##*/}:"; tail -n 12 "$f" | cut -c1-220 | sed 's/^/#   /'; }; done; }
skip() { echo "skip - $1"; }

# check SENTENCE COMMAND...: the command succeeds.
check() { _s=$1; shift; if "$@" >"$T/out" 2>"$T/err"; then ok "$_s"; else not_ok "$_s"; fi; }
# refused SENTENCE STATUS TEXT COMMAND...: it ends with this status and says this.
refused() {
	_s=$1 _c=$2 _t=$3; shift 3
	"$@" >"$T/out" 2>"$T/err"; _r=$?
	if [ $_r = "$_c" ] && grep -qF -- "$_t" "$T/err"; then ok "$_s"; else echo "# status $_r, wanted $_c and: $_t"; not_ok "$_s"; fi
}
# same SENTENCE GOT WANTED
same() { if [ "$2" = "$3" ]; then ok "$1"; else echo "# got [$2], wanted [$3]"; not_ok "$1"; fi; }
# eventually COMMAND...: until it succeeds, for at most 20 s.
eventually() { _n=0; until "$@" >/dev/null 2>&1; do _n=$((_n + 1)); [ $_n -lt 400 ] || return 1; sleep 0.05; done; }

as() { _u=$1; shift; setpriv --reuid="$_u" --regid="$_u" --clear-groups "$@"; }

# The programs lie where users other than root can run them.
mkdir "$T/bin" "$T/bin/module" "$T/etc" "$T/etc/provider.d" "$T/etc/access.d" "$T/state" "$T/run"
cp "$build/mailseald" "$build/mailseal-courier" "$build/mailseal" "$T/bin/"
cp "$build"/module/*.so "$T/bin/module/"
chmod -R go-w "$T/bin" "$T/etc"
chown "$broker_user" "$T/state" "$T/run"
chmod 700 "$T/state"
modules=$T/bin/module
etc=$T/etc # as the broker calls it
export MAILSEAL_SOCKET=$T/run/mailseal.sock MAILSEAL_ADMIN_SOCKET=$T/run/admin.sock
mailseal() { "$T/bin/mailseal" "$@"; }

lab_up() { "$lab/up" "$LAB_DIR" >"$T/lab.out" 2>&1 || { cat "$T/lab.out"; not_ok "the lab starts"; exit 1; }; }

# provider_files: campus signs in with OAuth, old with a password.
provider_files() {
	cp "$LAB_CA" "$T/etc/ca.pem"
	cat >"$T/etc/provider.d/campus.conf" <<C
[provider]
module = oidc
authority = $issuer
client_id = mail-broker
scope = openid email profile offline_access
scope_smtp = https://outlook.office.com/SMTP.Send
scope_imap = https://outlook.office.com/IMAP.AccessAsUser.All
prompt = login
ca_file = $T/etc/ca.pem
SMTP_AUTH_HOST = localhost
SMTP_AUTH_PORT = $LAB_SMTP_PORT
SMTP_AUTH_TLS = Y
IMAP_HOST = localhost
IMAP_PORT = $LAB_IMAPS_PORT
C
	cat >"$T/etc/provider.d/old.conf" <<C
[provider]
module = password
ca_file = $T/etc/ca.pem
SMTP_AUTH_HOST = localhost
SMTP_AUTH_PORT = $LAB_SMTPS_PORT
SMTP_AUTH_SSL = Y
C
	cat >"$T/etc/access.d/web.conf" <<C
[admissions@college.test]
allow = user:$client_user for:smtp,imap
[billing@college.test]
allow = user:$client_user for:smtp may-have-password   # a password account
[no-reply@college.test]
allow = user:$client_user for:smtp
C
}

courier_up() {
	setpriv --reuid=$broker_user --regid=$broker_user --clear-groups "$T/bin/mailseal-courier" --socket "$T/run/courier.sock" --modules "$modules" "$@" 2>>"$T/courier.log" &
	courier_pid=$!
	eventually test -S "$T/run/courier.sock" || { not_ok "mailseal-courier starts"; exit 1; }
}
broker_up() {
	setpriv --reuid=$broker_user --regid=$broker_user --clear-groups "$T/bin/mailseald" -v -c "$T/etc" -s "$T/state" --socket "$MAILSEAL_SOCKET" --admin-socket "$MAILSEAL_ADMIN_SOCKET" --courier-socket "$T/run/courier.sock" --audit "$T/run/audit.log" --journal "" "$@" 2>>"$T/broker.log" &
	broker_pid=$!
	eventually mailseal whoami || { not_ok "mailseald starts"; exit 1; }
}
# replace_broker FILE: the next broker_up starts this one.
replace_broker() { cp "$1" "$T/bin/mailseald"; }
broker_kill() { kill -9 $broker_pid 2>/dev/null; wait $broker_pid 2>/dev/null; broker_pid=; }
# audit_says TEXT: the audit has a line of it.
audit_says() { grep -q -- "$1" "$T/run/audit.log"; }
stop() { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; _r=$?; return $_r; }
broker_down() { stop $broker_pid; _r=$?; broker_pid=; [ $_r = 0 ] || { echo "# mailseald ended with $_r"; failed=1; }; }
courier_down() { stop $courier_pid; courier_pid=; rm -f "$T/run/courier.sock"; }
everything_up() { lab_up; provider_files; courier_up; broker_up; check "a master key is made" mailseal init --file "$T/run/slot.key" --recovery-file "$T/run/recovery.txt"; }

# person ADDRESS [OPTION...]: signs in at the page that enrol printed.
person() { _who=$1; shift; "$lab/idp/user" --ca "$LAB_CA" "$@" login "$(grep -m1 -o 'https://[^ ]*' "$T/enroll.out")" "$_who" >"$T/person.out" 2>&1; }
# enroll ADDRESS [as PERSON] [-- OPTIONS OF user]: the whole sign-in; leaves enroll.out, enroll.err.
enroll() {
	_a=$1 _p=$1; shift
	[ "${1:-}" != as ] || { _p=$2; shift 2; }
	: >"$T/enroll.out"
	mailseal enroll "$_a" --provider campus --port $listener_port >"$T/enroll.out" 2>"$T/enroll.err" </dev/null &
	_e=$!
	eventually grep -q https:// "$T/enroll.out" || { kill $_e 2>/dev/null; wait $_e; return; }
	person "$_p" "$@"
	wait $_e
}

# login_with ADDRESS: as the client, ask for a string and log in with it; two-step AUTH.
login_with() {
	as $client_user $python - "$1" "$LAB_SMTP_PORT" "$LAB_CA" "$T/bin/mailseal" <<'P'
import base64, smtplib, ssl, subprocess, sys
address, port, ca, mailseal = sys.argv[1:5]
string = subprocess.run([mailseal, "xoauth2", address], check=True, capture_output=True, text=True).stdout.strip()
with smtplib.SMTP("localhost", int(port)) as s:
    s.starttls(context=ssl.create_default_context(cafile=ca)); s.ehlo()
    s.auth("XOAUTH2", lambda challenge=None: base64.b64decode(string).decode(), initial_response_ok=False)
    s.sendmail(address, ["friend@else.test"], "From: %s\r\nTo: friend@else.test\r\nSubject: sent by %s\r\n\r\nhello\r\n" % (address, address))
P
}
# expires COMMAND...: the end of the token that this (with --json) shows.
expires() { "$@" --json | $python -c 'import json,sys; print(json.load(sys.stdin)["expires"])'; }
# until_time SECONDS [MORE]: until that wall-clock time, and MORE (or less): its coming is the event.
until_time() { $python -c 'import sys, time; time.sleep(max(0, float(sys.argv[1]) + float(sys.argv[2]) - time.time()))' "$1" "${2:-0.1}"; }
lab_log() { curl -fsS --cacert "$LAB_CA" "$issuer/lab/log"; }
lab_forget() { curl -fsS --cacert "$LAB_CA" -X DELETE "$issuer/lab/log" >/dev/null; }
lab_do() { _w=$1; shift; curl -fsS --cacert "$LAB_CA" "$@" "$issuer/lab/$_w" >/dev/null; }
# refreshes STATUS: how many refreshes of this status the provider saw.
refreshes() { lab_log | $python -c 'import json,sys; print(sum(e["grant"] == "refresh_token" and str(e.get("status")) == sys.argv[1] for e in json.load(sys.stdin)))' "$1"; }
field() { sed -n "s/^$1: *//p" "$2"; }

finish() {
	[ -z "${MAILSEAL_UNITS:-}" ] || units_finish
	for _p in ${broker_pid:-} ${courier_pid:-} ${extra_pids:-}; do stop "$_p"; done
	[ ! -e "$LAB_DIR" ] || "$lab/down" "$LAB_DIR"
	if grep -q -E 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$T"/*.log 2>/dev/null; then
		grep -h -A12 -E 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$T"/*.log | sed 's/^/# /' | head -40
		echo "not ok - no memory error in any program"; failed=1
	fi
	[ -n "${KEEP:-}" ] && echo "# kept: $T" || rm -rf "$T"
}
broker_pid= courier_pid= extra_pids=
[ -z "${MAILSEAL_UNITS:-}" ] || . "$top/tests/scenario/units.sh"
trap finish EXIT
trap 'exit 130' INT TERM
done_testing() {
	[ -z "$broker_pid" ] || broker_down
	[ -z "$courier_pid" ] || courier_down
	finish; trap - EXIT; exit $failed
}
