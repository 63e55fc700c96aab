# units.sh: the parts of lib.sh for a box that runs systemd: "make install",
# and the programs started, stopped and watched as an admin does it.
build=$top/build
rm -rf "$T/bin/module"
cp "$build/mailseald" "$build/mailseal" "$T/bin/"
make -s -C "$top" install >"$T/install.out" 2>&1 || { cat "$T/install.out"; echo "not ok - make install"; exit 1; }
broker_user=mailseal
etc=/etc/mailseal
modules=/usr/local/lib/mailseal/module
export MAILSEAL_SOCKET=/run/mailseal/mailseal.sock MAILSEAL_ADMIN_SOCKET=/run/mailseal/admin.sock
chown mailseal: "$T/state" "$T/run"
mkdir -p /var/lib/mailseal
mount --bind "$T/etc" /etc/mailseal
mount --bind "$T/state" /var/lib/mailseal
sockets="mailseald.socket mailseald-admin.socket mailseal-courier.socket"

# follow UNIT FILE: what the journal gets of it from now on, as it comes.
follow() { journalctl -q -f -n all -o cat -u "$1" >"$2" 2>/dev/null & extra_follow="${extra_follow:-} $!"; }
follow mailseald.service "$T/broker.log"
follow mailseal-courier.service "$T/courier.log"

main_pid() { systemctl show -P MainPID "$1"; }
courier_up() {
	systemctl start mailseal-courier.socket mailseal-courier.service || { not_ok "mailseal-courier starts"; exit 1; }
	courier_pid=$(main_pid mailseal-courier.service)
}
broker_up() {
	systemctl start $sockets mailseald.service && mailseal whoami >/dev/null || { not_ok "mailseald starts"; exit 1; }
	broker_pid=$(main_pid mailseald.service)
}
down() { # UNIT...: it ends as it should
	systemctl stop "$@"
	_s=$(systemctl show -P Result "${1%.*}.service")
	[ "$_s" = success ] || { echo "# ${1%.*} ended with $_s"; failed=1; }
}
broker_down() { down mailseald.service mailseald.socket mailseald-admin.socket; broker_pid=; }
courier_down() { down mailseal-courier.service mailseal-courier.socket; courier_pid=; }
broker_kill() { systemctl kill -s KILL mailseald.service; broker_pid=; }
replace_broker() { install -m 755 "$1" /usr/local/sbin/mailseald; }
audit_says() { journalctl -q -o cat -u mailseald.service | grep -q -- "$1"; }
units_finish() {
	systemctl stop $sockets mailseald.service mailseal-courier.service 2>/dev/null
	for _p in ${extra_follow:-}; do kill "$_p" 2>/dev/null; wait "$_p" 2>/dev/null; done
	broker_pid= courier_pid=
	umount /etc/mailseal /var/lib/mailseal
}
