# matrix.sh: every client of the lab's table (tests/lab/README.md) as a row: a
# provider file, a registration and a mailbox of its own.  What happens, happens
# to all rows at once; of each it is said by itself.
#
# Which scenario shows what of them ("all" but for the password):
#   33  wrong person, consent denied: each that signs in
#       535 5.7.139, a server without AUTH: all, and the password
#       served and read, fresh token and rotation, crash, access token revoked: all
#   34  503, 429, dropped connection, HTML with 200, late for the caller: all
#       late for the exchange: those without a secret, and the service account
#       client secret, certificate refused: each that has one
#       account switched off: all; sign-in revoked: each that signs in
#   03  the password itself is wrong; certificates of servers; silence
#   13  what Microsoft and Google say of consent, tenants, sessions, policies
#   14  a device code's own ends: denied, expired, slow down, policy
#   15  several secrets and keys of one registration; 20 the courier alone
#   22  an application's reach; 32 a command
# National clouds and Conditional Access: labelled inputs only (skipped in 34).
#
# ROW       PRESET    CLIENT             AUTH            ALG   FLOW
table="
ms          microsoft mail-broker        none            -     code
ms.dev      microsoft mail-broker        none            -     device
ms.post     microsoft mail-broker-secret post            -     code
ms.postdev  microsoft mail-broker-secret post            -     device
ms.ps       microsoft mail-broker-cert   private_key_jwt PS256 code
ms.rs       microsoft mail-broker-cert   private_key_jwt RS256 code
ms.rsdev    microsoft mail-broker-cert   private_key_jwt RS256 device
ms.basic    microsoft mail-broker-basic  basic           -     code
ms.basicdev microsoft mail-broker-basic  basic           -     device
oidc.basic  oidc      mail-broker-basic  basic           -     code
ms.app      microsoft mail-app           post            -     application
ms.appps    microsoft mail-app-cert      private_key_jwt PS256 application
ms.apprs    microsoft mail-app-cert      private_key_jwt RS256 application
goog        google    mail-broker        none            -     code
goog.post   google    mail-broker-secret post            -     code
goog.basic  google    mail-broker-basic  basic           -     code
goog.sa     google    -                  key             RS256 application
old         password  -                  password        -     password
"
tenant=c0113e6e-0000-4000-8000-000000000000
google=https://localhost:$LAB_GOOGLE_PORT
microsoft=$issuer

# rows_of COLUMN PATTERN: the rows where it is so.
rows_of() { printf %s "$table" | awk -v c="$1" -v p="$2" '$c ~ p { print $1 }'; }
# the COLUMN of ROW
the() { printf %s "$table" | awk -v c="$1" -v r="$2" '$1 == r { print $c }'; }
# mailbox ROW: the one for a password is of those that the mail server knows.
mailbox() { case $1 in old) echo billing@college.test;; *) echo "$1@college.test";; esac; }
everybody=$(rows_of 1 .)
people=$(rows_of 6 'code|device')
tokens=$(rows_of 6 'code|device|application')
LAB_PEOPLE=$(echo $tokens)
export LAB_PEOPLE
mkdir "$T/row"

# row_file ROW PRESET CLIENT AUTH ALG FLOW
row_file() {
	echo "[provider]
preset = $2
ca_file = $T/etc/ca.pem
SMTP_AUTH_HOST = localhost
SMTP_AUTH_PORT = $LAB_SMTPS_PORT
SMTP_AUTH_SSL = Y
SMTP_AUTH_TLS = N
IMAP_HOST = localhost
IMAP_PORT = $LAB_IMAPS_PORT"
	case $2 in
	microsoft) printf '%s\n' "authority = $microsoft" "tenant = $tenant";;
	google) printf '%s\n' "authority = $google" "hd = college.test";;
	oidc) printf '%s\n' "authority = $microsoft" "scope_smtp = https://outlook.office.com/SMTP.Send" "scope_imap = https://outlook.office.com/IMAP.AccessAsUser.All";;
	esac
	[ $3 = - ] || printf '%s\n' "client_id = $3" "client_auth = $4"
	[ $5 = - ] || [ $3 = - ] || echo "client_alg = $5"
	[ $6 != application ] || echo "flow = application"
}

# matrix_up: lab, files, programs, secrets and keys.
matrix_up() {
	local r p c a g f
	lab_up
	cp "$LAB_CA" "$T/etc/ca.pem"
	printf '%s\n' '[*@college.test]' "allow = user:$client_user may-have-password" >"$T/etc/access.d/web.conf"
	mkdir "$T/etc/preset.d"; cp "$top"/units/preset.d/*.conf "$T/etc/preset.d/"
	while read -r r p c a g f; do
		[ -z "$r" ] || row_file $r $p $c $a $g $f >"$T/etc/provider.d/$r.conf"
	done <<<"$table"
	chmod -R go-w "$T/etc"
	courier_up
	matrix_broker
	check "a master key is made" mailseal init --file "$T/run/slot.key" --recovery-file "$T/run/recovery.txt"
	# A key of the lab with a certificate, as an admin brings it.
	openssl req -new -x509 -key "$LAB_DIR/app-assertion.key" -subj /CN=campus -days 60 -out "$T/app.crt" 2>/dev/null
	cat "$LAB_DIR/app-assertion.key" "$T/app.crt" >"$T/app.pem"
	rows=$(rows_of 4 'post|basic|private_key_jwt|key')
	few proof
	each "its registration can prove itself" 0
}
matrix_broker() { broker_up --preset-dir "$T/etc/preset.d"; }
# proof ROW: what its registration proves itself with.
proof() {
	case $(the 3 $1) in
	mail-app) printf lab-app-secret | mailseal provider secret $1;;
	mail-broker-secret | mail-broker-basic) printf lab-secret | mailseal provider secret $1;;
	*-cert) mailseal provider key $1 --file "$T/app.pem";;
	-) mailseal provider key $1 --file "$LAB_DIR/service-account.json";;
	esac
}

# all COMMAND...: for each of $rows at once, with its name behind; what came of
# it lies in $T/row.
all() {
	local r p= n=0
	for r in $rows; do
		rm -f "$T/row/$r.status"
		{ "$@" $r >"$T/row/$r.out" 2>"$T/row/$r.err" </dev/null; echo $? >"$T/row/$r.status"; } &
		p="$p $!" n=$((n + 1))
		[ $n -lt ${at_once:-100} ] || { wait $p; p= n=0; }
	done
	[ -z "$p" ] || wait $p
}
# few COMMAND...: likewise, as many as fit on the admin socket.
few() { at_once=6 all "$@"; }
# each SENTENCE STATUS [TEXT]: so it ended for each of $rows.
each() {
	local r s
	for r in $rows; do
		s=$(cat "$T/row/$r.status" 2>/dev/null)
		if [ "$s" = "$2" ] && { [ -z "${3:-}" ] || grep -qF -- "$3" "$T/row/$r.err"; }; then ok "$r: $1"; continue; fi
		echo "# status $s, wanted $2 and: ${3:-}"
		cp "$T/row/$r.out" "$T/out"; cp "$T/row/$r.err" "$T/err"
		not_ok "$r: $1"
	done
}

# enrol PERSON ROW [OPTION OF user...]: PERSON or "" for the one whose mailbox it is.
enrol() {
	local who=${1:-$(mailbox $2)} r=$2 e s a; shift 2
	a=$(mailbox $r)
	case $(the 6 $r) in
	application) mailseal enroll $a --provider $r; return;;
	password) printf pw-billing | mailseal enroll $a --provider $r; return;;
	esac
	set -- "$who" "$@"
	: >"$T/row/$r.page"
	s=; [ "$(the 6 $r)" != device ] || s=--device
	mailseal enroll $a --provider $r $s >"$T/row/$r.page" 2>&1 </dev/null &
	e=$!
	if eventually grep -qE "${s:+Waiting}|https://.*state=" "$T/row/$r.page"; then at_page $r "$@"; fi
	wait $e; s=$?
	cat "$T/row/$r.page" >&2
	return $s
}
# at_page ROW PERSON [OPTION OF user...]: what the person does there.
at_page() {
	local r=$1 who=$2 page; shift 2
	page=$(grep -m1 -o 'https://[^ ]*' "$T/row/$r.page")
	if [ "$(the 6 $r)" = device ]; then
		"$lab/idp/user" --ca "$LAB_CA" "$@" device "$page" "$(sed -n '/^with this code/{n;n;s/^ *//p}' "$T/row/$r.page")" "$who"
	else
		"$lab/idp/user" --ca "$LAB_CA" "$@" login "$page" "$who"
	fi >"$T/row/$r.person" 2>&1
}

token() { as $client_user "$T/bin/mailseal" token "$(mailbox "${!#}")" "${@:1:$#-1}"; }
tested() { mailseal test "$(mailbox "${!#}")" "${@:1:$#-1}"; }

# records: what is sealed of each mailbox, a line each.
records() {
	rm -rf "$T/copy"; mkdir "$T/copy"; cp "$T"/state/mailseal.db "$T"/state/mailseal.db-wal "$T/copy/"
	sqlite3 "$T/copy/mailseal.db" "select owner || ' ' || hex(sealed) from record where kind in ('refresh', 'application', 'password')" | sort
}
sealed() { grep "^$(mailbox $1) " "$2"; } # ROW RECORDS
hold() { records >"$T/held.${1:-now}"; }
# kept [NAME]: of each of $rows what is sealed is what it was at hold [NAME].
kept() {
	local r was
	records >"$T/found"
	for r in $rows; do
		was=$(sealed $r "$T/held.${1:-now}")
		if [ -n "$was" ] && [ "$(sealed $r "$T/found")" = "$was" ]; then ok "$r:   and what is sealed is what it was"; else not_ok "$r:   and what is sealed is what it was"; fi
	done
}
# states WANTED SENTENCE: of each of $rows.
states() {
	local r
	mailseal list --json | $python -c 'import json,sys; [print(a["account"], a["state"]) for a in json.load(sys.stdin)]' >"$T/states"
	for r in $rows; do same "$r:   $2" "$(sed -n "s/^$(mailbox $r) //p" "$T/states")" "$1"; done
}
# ended: the leases that there may be are over.
ended() { until_time "$(date +%s)" $((LAB_ACCESS_TTL + 1)).1; }
# idle: nor is one renewed any more, as for who asks again and again.
idle() { until_time "$(date +%s)" $((LAB_ACCESS_TTL * 3)).1; }
# fault JSON: at both providers, for every way to get a token.
fault() {
	local i
	for i in $microsoft $google; do curl -fsS --cacert "$LAB_CA" -H 'Content-Type: application/json' $i/lab/fault -o /dev/null -d "$1"; done
}
lever() { # WHAT [OPTION OF curl...]: at both providers
	local i w=$1; shift
	for i in $microsoft $google; do issuer=$i lab_do $w "$@"; done
}
