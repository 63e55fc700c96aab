/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>
#include <sysexits.h>

#include "proto/error.h"

static const struct wire {
	const char *code;
	int status;
} wires[] = {
	{ "ok", EX_OK },
	{ "denied", EX_NOPERM },
	{ "busy", EX_TEMPFAIL },
	{ "locked", EX_TEMPFAIL },
	{ "unavailable", EX_TEMPFAIL },
	{ "reauth", EX_CONFIG },
	{ "blocked", EX_CONFIG },
	{ "disabled", EX_CONFIG },
	{ "malformed", EX_PROTOCOL },
	{ "unsupported", EX_PROTOCOL },
	{ "internal", EX_SOFTWARE },
};

/* In the order of the enum; the unit test walks both. */
static const struct entry {
	int error;
	const char *name;
	const char *code;
	const char *text;
	const char *advice;
} entries[] = {
	{ MAILSEAL_OK, "ok", "ok", "done", "nothing to do" },

	{ MAILSEAL_E_MALFORMED, "malformed", "malformed",
	    "the line is not one of the protocol",
	    "see mailseal-protocol(7) for its grammar" },
	{ MAILSEAL_E_TOOLONG, "too_long", "malformed",
	    "a line or a field is longer than its limit",
	    "see mailseal-protocol(7) for the limits" },
	{ MAILSEAL_E_MISSING, "field_missing", "malformed",
	    "a field that is needed is missing",
	    "see mailseal-protocol(7) for the fields of this request" },
	{ MAILSEAL_E_REPEATED, "field_repeated", "malformed",
	    "a field stands on the line twice", "send each field once" },
	{ MAILSEAL_E_UNKNOWN, "field_unknown", "malformed",
	    "a field or its value is not known here",
	    "see mailseal-protocol(7) for the fields of this request" },
	{ MAILSEAL_E_UNSUPPORTED, "unsupported", "unsupported",
	    "this is not offered here",
	    "see mailseal-protocol(7) for what is" },

	{ MAILSEAL_E_DENIED, "denied", "denied", "no rule allows this",
	    "an admin may add an allow line in /etc/mailseal/access.d" },
	{ MAILSEAL_E_BUSY, "busy", "busy", "too much is going on at once",
	    "try again in a moment" },
	{ MAILSEAL_E_TIMEOUT, "deadline", "unavailable",
	    "the deadline of the request passed", "try again later" },
	{ MAILSEAL_E_DISABLED, "disabled", "disabled",
	    "the account is switched off",
	    "an admin may enable it again: "
	    "mailseal enable %s" },

	{ MAILSEAL_E_LOCKED, "locked", "locked",
	    "the master key is not open yet",
	    "run \"mailseal unlock\" with --file FILE or --recovery; "
	    "\"mailseal status\" tells why" },
	{ MAILSEAL_E_NOKEY, "no_key", "locked", "there is no master key yet",
	    "run \"mailseal init\"" },
	{ MAILSEAL_E_WRONGKEY, "wrong_key", "denied",
	    "this secret opens no slot",
	    "use what \"mailseal init\" made: file, credential or code" },
	{ MAILSEAL_E_UNSEAL, "unseal", "blocked",
	    "the stored record does not open: it was altered, swapped or moved",
	    "restore the store from a backup, or enrol again: "
	    "mailseal enroll %s" },
	{ MAILSEAL_E_TRUNCATED, "truncated", "blocked",
	    "the stored record is shorter than its own header",
	    "restore the store from a backup, or enrol again: "
	    "mailseal enroll %s" },
	{ MAILSEAL_E_STORE, "store", "unavailable",
	    "the store cannot be read or written",
	    "look at the log of mailseald and at the disk below the store" },
	{ MAILSEAL_E_FULL, "disk_full", "unavailable",
	    "the disk of the store is full", "make room, then try again" },
	{ MAILSEAL_E_NEWER, "store_newer", "internal",
	    "the store was written by a newer mailseal",
	    "install that version again" },
	{ MAILSEAL_E_INUSE, "store_in_use", "internal",
	    "another mailseald has the store open", "stop the other one" },

	{ MAILSEAL_E_CONFIG, "configuration", "blocked",
	    "the configuration is wrong",
	    "correct it, then run \"mailseal reload\"" },
	{ MAILSEAL_E_UNSAFE, "unsafe_file", "blocked",
	    "a file or folder can be changed by others",
	    "take away write permission for group and others and links" },
	{ MAILSEAL_E_NOPROVIDER, "no_provider", "blocked",
	    "there is no such provider file",
	    "\"mailseal provider list\" tells which there are" },
	{ MAILSEAL_E_NOACCOUNT, "no_account", "blocked",
	    "there is no such account",
	    "\"mailseal list\" tells which there are; a new one: "
	    "mailseal enroll %s" },
	{ MAILSEAL_E_EXISTS, "exists", "blocked", "it is there already",
	    "remove the old one first" },
	{ MAILSEAL_E_REBIND, "rebind", "blocked",
	    "the provider file no longer agrees with what was enrolled",
	    "see what changed: mailseal rebind %p; or put the old values "
	    "back" },

	{ MAILSEAL_E_COURIER, "courier", "unavailable",
	    "mailseal-courier does not answer",
	    "see that mailseal-courier runs" },
	{ MAILSEAL_E_MODULE, "module", "blocked",
	    "the provider's module cannot be used",
	    "look at the log of mailseal-courier" },
	{ MAILSEAL_E_NETWORK, "network", "unavailable",
	    "the server cannot be reached",
	    "see that the host name is right and the network is up" },
	{ MAILSEAL_E_SILENT, "silent", "unavailable",
	    "the server did not answer in time", "try again later" },
	{ MAILSEAL_E_TRUST, "certificate", "blocked",
	    "the server's certificate is not trusted",
	    "have the certificate put right, or set ca_file or "
	    "smtp_auth_ssl_trust in the provider file to the CA that "
	    "signed it" },
	{ MAILSEAL_E_PROVIDER, "provider_down", "unavailable",
	    "the provider has trouble of its own", "try again later" },
	{ MAILSEAL_E_THROTTLED, "throttled", "unavailable",
	    "the provider asks to go slower", "wait" },
	{ MAILSEAL_E_REAUTH, "reauth", "reauth",
	    "the sign-in is no longer valid",
	    "sign in again: mailseal enroll %s" },
	{ MAILSEAL_E_REGISTRATION, "registration", "blocked",
	    "the provider refuses our registration",
	    "check client_id, client secret and endpoints in the "
	    "provider file" },
	{ MAILSEAL_E_ADMIN, "provider_admin", "blocked",
	    "an admin at the provider must change something",
	    "ask the provider's admin, then run: mailseal test %s" },
	{ MAILSEAL_E_ORIGIN, "origin", "blocked",
	    "the exchange wanted to leave its bound origins",
	    "look at the provider file; nothing was sent there" },

	{ MAILSEAL_E_PERSON, "wrong_person", "denied",
	    "another person signed in",
	    "sign in as %s, or have the person who signed in given access to "
	    "that mailbox; then run: mailseal enroll %s" },
	{ MAILSEAL_E_CONSENT, "consent_denied", "denied",
	    "consent was denied at the provider's page",
	    "accept there, or ask the provider's admin to consent" },
	{ MAILSEAL_E_STATE, "wrong_state", "malformed",
	    "the redirect does not belong to this enrolment",
	    "start again and use the newest link: mailseal enroll %s" },
	{ MAILSEAL_E_EXPIRED, "enrolment_over", "blocked",
	    "there is no such enrolment under way, or its time is over",
	    "start again: mailseal enroll %s" },
	{ MAILSEAL_E_NOREFRESH, "no_refresh_token", "blocked",
	    "the provider gave no refresh token",
	    "allow offline access for the registration" },
	{ MAILSEAL_E_SCOPE, "scope", "blocked",
	    "the permission to use the mailbox was not granted",
	    "grant all that the page asks for: mailseal enroll %s" },
	{ MAILSEAL_E_IDTOKEN, "id_token", "blocked",
	    "the provider's id_token does not hold",
	    "check issuer and clock; nothing was stored" },

	{ MAILSEAL_E_PASSWORD, "wrong_password", "reauth",
	    "the mail server refuses the user name or password",
	    "enter the right one: mailseal enroll --password %s" },
	{ MAILSEAL_E_LOGIN, "login_refused", "blocked",
	    "the mail server refuses the login",
	    "let %s use SMTP AUTH, or IMAP where that failed, at the mail "
	    "server" },
	{ MAILSEAL_E_NOAUTH, "no_auth", "blocked",
	    "the mail server offers no way to log in that we know",
	    "check smtp_auth_host and smtp_auth_port, or imap_host and "
	    "imap_port, in the provider file" },
	{ MAILSEAL_E_NOTLS, "no_tls", "blocked",
	    "the mail server offers no TLS",
	    "nothing was sent; check "
	    "smtp_auth_host, smtp_auth_port, smtp_auth_tls, or imap_host, "
	    "imap_port, imap_tls, in the provider file" },
	{ MAILSEAL_E_MAILHOST, "mail_server", "unavailable",
	    "the mail server has trouble of its own", "try again later" },
	{ MAILSEAL_E_MAIL, "mail_refused", "blocked",
	    "the mail server refuses the message", "see its answer" },

	{ MAILSEAL_E_NOMEM, "no_memory", "busy", "out of memory",
	    "raise the limit of locked memory, or try again" },
	{ MAILSEAL_E_IO, "io", "internal", "a system call failed",
	    "look at the log" },
	{ MAILSEAL_E_INTERNAL, "internal", "internal",
	    "mailseal made a mistake", "please report it" },
	{ MAILSEAL_E_NOBROKER, "no_broker", "unavailable",
	    "mailseald does not answer", "see that mailseald runs" },
	{ MAILSEAL_E_IDENTITY, "other_identity", "denied",
	    "another identity than the enrolled one signed in",
	    "sign in as before, or take the new one: "
	    "mailseal enroll --replace-identity %s" },
	{ MAILSEAL_E_ADDRESS, "no_address", "malformed",
	    "this is not the address of a mailbox", "write it as NAME@DOMAIN" },
	{ MAILSEAL_E_CHOICE, "which_provider", "blocked",
	    "no provider was named, and not just one can be meant",
	    "name one with --provider; \"mailseal provider list\" tells "
	    "which there are" },
	{ MAILSEAL_E_KIND, "other_kind", "unsupported",
	    "it does not sign in this way",
	    "\"mailseal provider list\" tells how each signs in" },

	{ MAILSEAL_E_MISTYPED, "mistyped", "malformed",
	    "the recovery code is mistyped",
	    "compare it with the paper, group by group" },
	{ MAILSEAL_E_NORECOVERY, "no_recovery", "blocked",
	    "the master key has no recovery code",
	    "run \"mailseal slot add recovery\", or say --without-recovery" },
	{ MAILSEAL_E_NOSLOT, "no_slot", "blocked", "there is no such slot",
	    "\"mailseal slot list\" tells which there are" },
	{ MAILSEAL_E_LASTSLOT, "last_slot", "blocked",
	    "it is the last slot, and nothing else opens the master key",
	    "make another one first: mailseal slot add" },
	{ MAILSEAL_E_SLOTS, "too_many_slots", "blocked",
	    "there are as many slots as there may be",
	    "remove one first: mailseal slot remove ID" },
	{ MAILSEAL_E_SLOTOVER, "slot_over", "blocked",
	    "the making of this slot is over: its time passed, or another one "
	    "was begun",
	    "start again: mailseal slot add" },

	{ MAILSEAL_E_NOPREFERRED, "no_preferred", "denied",
	    "no account was named, and no allow line has \"preferred\" for "
	    "this caller",
	    "name the account, or have \"preferred\" put on an allow line" },
	{ MAILSEAL_E_NOUSER, "no_user", "malformed",
	    "there is no such user on this host",
	    "\"getent passwd\" lists them" },
	{ MAILSEAL_E_ROLE, "role", "denied", "no role of yours allows this",
	    "an admin may give it in /etc/mailseal/admin.conf" },

	{ MAILSEAL_E_CLIENT, "client_refused", "blocked",
	    "the provider refuses the client secret or certificate",
	    "see which: mailseal provider check %p; seal another one: "
	    "mailseal provider secret %p" },
	{ MAILSEAL_E_SECRETID, "secret_id", "malformed",
	    "this is the id of a client secret, not its value",
	    "take the column Value of the registration; "
	    "it is shown only once, so make a new secret if it is gone" },
	{ MAILSEAL_E_NOSECRET, "no_secret", "blocked",
	    "there is no such client secret, key or certificate",
	    "\"mailseal provider show %p\" tells "
	    "what a provider has" },
	{ MAILSEAL_E_LONGTOKEN, "long_token", "blocked",
	    "the provider's token is longer than 9,000 bytes",
	    "ask the provider's admin for fewer claims in it; "
	    "what was stored stays" },
	{ MAILSEAL_E_COMMAND, "command", "unavailable",
	    "the command that gets the tokens failed",
	    "run it by hand as its provider file says, "
	    "and look at its output" },
	{ MAILSEAL_E_PROXY, "proxy", "unavailable",
	    "the proxy does not let us through",
	    "look at proxy and no_proxy in the provider file" },
	{ MAILSEAL_E_CHANGED, "changed", "blocked",
	    "it is not any more what was shown", "look at it once more" },
	{ MAILSEAL_E_PENDING, "pending", "unavailable",
	    "nobody has signed in with the code yet",
	    "enter it at the page that was shown" },
	{ MAILSEAL_E_REACH, "reach", "blocked",
	    "a string of it opens a mailbox that is under other allow lines",
	    "give both the same ones in /etc/mailseal/access.d, or write "
	    "accept_reach = yes in the provider file" },
	{ MAILSEAL_E_SECRETS, "too_many_secrets", "blocked",
	    "the provider has as many client secrets and keys as there may be",
	    "wipe one first: \"mailseal provider forget %p LABEL\"" },
	{ MAILSEAL_E_NOREVOKE, "no_revocation", "unsupported",
	    "its sign-in cannot be given back", "remove it without --revoke" },
};

static const struct entry *
entry_of(int error)
{
	size_t i = 0u - (unsigned)error;

	if (error > 0 || i >= sizeof(entries) / sizeof(entries[0]))
		i = (size_t)-MAILSEAL_E_INTERNAL;
	return &entries[i];
}

const char *
mailseal_error_name(int error)
{
	return entry_of(error)->name;
}

const char *
mailseal_error_code(int error)
{
	return entry_of(error)->code;
}

int
mailseal_error_exit(int error)
{
	return mailseal_code_exit(entry_of(error)->code);
}

const char *
mailseal_error_text(int error)
{
	return entry_of(error)->text;
}

const char *
mailseal_error_advice(int error)
{
	return entry_of(error)->advice;
}

int
mailseal_error_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (strcmp(entries[i].name, name) == 0)
			return entries[i].error;
	return MAILSEAL_E_INTERNAL;
}

int
mailseal_code_exit(const char *code)
{
	for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++)
		if (strcmp(wires[i].code, code) == 0)
			return wires[i].status;
	return EX_SOFTWARE;
}
