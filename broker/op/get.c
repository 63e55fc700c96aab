/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/clients.h"
#include "broker/condition.h"
#include "broker/entrance.h"
#include "broker/op/op.h"
#include "broker/renew.h"
#include "broker/sasl.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define KEY_WAIT_MS 5000 /* for the master key, before "locked" */
#define REPLY_ROOM 32768 /* bytes of a finished reply */

/* What a caller asked for; it hangs as a waiter while it cannot be had. */
struct wish {
	struct waiter waiter; /* first: the waiter is the wish */
	struct broker *broker;
	struct conn_ref ref;
	struct caller caller;
	char account[ACCOUNT_MAX + 1];
	enum service service;
	int mechanism; /* enum sasl_mechanism; -1: the account's best */
	uint64_t life_s;
	uint64_t until_ms;
	bool waited_for_key;
};

static void wish_wakes(struct waiter *waiter, bool passed);

/* What names a finished reply within its lease. */
static unsigned
reply_key(const struct wish *wish, enum sasl_mechanism mechanism)
{
	return (unsigned)wish->service << 8 | (unsigned)mechanism;
}

/* Where the string is for; its host is NULL where that is not known. */
static struct place
place_of(const struct wish *wish, const struct account *a)
{
	const struct provider *p = config_provider(wish->broker->config,
	    a->provider);

	return p == NULL || p->fault != NULL ?
	    (struct place){ 0 } :
	    entrance_place(p, a->host, wish->service);
}

static void
put_head(struct line_writer *w, const struct wish *wish,
    const struct account *a, enum sasl_mechanism mechanism)
{
	struct place place = place_of(wish, a);

	line_put(w, "account", a->spelled);
	line_put(w, "login", account_user(a, wish->service));
	line_put(w, "mechanism", sasl_mechanism_name(mechanism));
	if (a->send_as[0] != '\0')
		line_put(w, "send_as", a->send_as);
	if (place.host == NULL)
		return;
	line_put(w, "host", place.host);
	line_put_number(w, "port", place.port);
	line_put(w, "tls", tls_name(place.tls));
}

/* The secret part of a reply: a string, a bare token, or name and password. */
static int
put_secret(struct line_writer *w, const struct wish *wish,
    const struct account *a, enum sasl_mechanism mechanism,
    const struct secret *secret)
{
	const char *user = account_user(a, wish->service);
	struct place place = place_of(wish, a);
	AUTO(secret) response = NULL;
	int error;

	if (mechanism == SASL_BEARER) {
		line_put_bytes(w, "access_token", secret->data, secret->len);
		return MAILSEAL_OK;
	}
	if (mechanism == SASL_LOGIN) {
		line_put(w, "username", user);
		line_put_bytes(w, "password", secret->data, secret->len);
		return MAILSEAL_OK;
	}
	error = sasl_initial_response(mechanism, user, secret, place.host,
	    (uint16_t)place.port, &response);
	if (error == MAILSEAL_OK)
		line_put_bytes(w, "initial_response", response->data,
		    response->len);
	return error;
}

/* Build a whole reply in the arena. */
static int
build(const struct wish *wish, const struct account *a,
    enum sasl_mechanism mechanism, const struct secret *secret, int64_t expires,
    struct secret **reply)
{
	AUTO(secret) bytes = secret_new(REPLY_ROOM);
	struct line_writer w;
	size_t len;
	int error;

	if (bytes == NULL)
		return MAILSEAL_E_NOMEM;
	line_begin(&w, (char *)bytes->data, bytes->len, "ok");
	put_head(&w, wish, a, mechanism);
	if (expires > 0)
		line_put_number(&w, "expires", (uint64_t)expires);
	error = put_secret(&w, wish, a, mechanism, secret);
	if (error == MAILSEAL_OK)
		error = line_finish(&w, &len);
	if (error != MAILSEAL_OK)
		return error;
	/* A copy of the right size: the room goes back at once. */
	*reply = secret_copy(bytes->data, len);
	return *reply != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

static void
fail(const struct wish *wish, struct conn *conn, int error,
    const struct account *a)
{
	struct plight plight = { .error = error, .account = wish->account };

	if (a != NULL)
		plight.provider = a->provider;
	if (a != NULL && error == a->reason) {
		plight.detail = a->detail;
		plight.meaning = a->meaning;
	}
	if (a != NULL && a->state == GRANT_WAITING && a->next_try > now_wall())
		plight.retry_after_s = (uint64_t)(a->next_try - now_wall());
	answer_plight(conn, &plight);
}

/* What it is for: as was asked, else what the account's provider says. */
static enum sasl_mechanism
mechanism_of(const struct wish *wish, const struct account *a)
{
	const struct provider *p = config_provider(wish->broker->config,
	    a->provider);

	if (wish->mechanism >= 0)
		return (enum sasl_mechanism)wish->mechanism;
	/* Without a sound provider file nobody came so far. */
	return p != NULL && p->fault == NULL ? provider_mechanism(p) :
					       SASL_XOAUTH2;
}

/* The audit line first: what it does not take is not handed out. */
static void
hand_out(struct wish *wish, struct conn *conn, const struct account *a,
    const struct secret *reply, const struct secret *tagged)
{
	const struct peer *peer = conn_peer(conn);
	const struct rule *rule = policy_match(wish->broker->config->policy,
	    &wish->caller, wish->account, wish->service);

	if (rule == NULL) { /* a reload in between took the right away */
		audit_denied(wish->broker->audit, wish->account, peer, "get");
		fail(wish, conn, MAILSEAL_E_DENIED, a);
		return;
	}
	if (audit_served(wish->broker->audit, wish->account, peer, rule,
		tagged) != MAILSEAL_OK) {
		answer_error(conn, MAILSEAL_E_BUSY, wish->account,
		    "the audit takes no lines");
		return;
	}
	conn_answer(conn, reply->data, reply->len, true);
}

static void
serve_lease(struct wish *wish, struct conn *conn, struct account *a,
    struct lease *lease)
{
	enum sasl_mechanism mechanism = mechanism_of(wish, a);
	unsigned key = reply_key(wish, mechanism);
	AUTO(secret) made = NULL;
	const struct secret *reply = lease_reply(lease, key);
	int error;

	lease->wanted = true;
	a->used_at = now_wall();
	if (reply == NULL) {
		error = build(wish, a, mechanism, lease->token, lease->expires,
		    &made);
		if (error != MAILSEAL_OK) {
			fail(wish, conn, error, a);
			return;
		}
		reply = made;
		lease_keep_reply(lease, key, &made);
		reply = lease_reply(lease, key);
	}
	hand_out(wish, conn, a, reply, lease->token);
}

static void
serve_password(struct wish *wish, struct conn *conn, struct account *a)
{
	enum sasl_mechanism mechanism = mechanism_of(wish, a);
	const struct rule *rule = policy_match(wish->broker->config->policy,
	    &wish->caller, wish->account, wish->service);
	AUTO(secret) password = NULL;
	AUTO(secret) reply = NULL;
	int error;

	if (mechanism != SASL_PLAIN && mechanism != SASL_LOGIN) {
		answer_error(conn, MAILSEAL_E_KIND, wish->account,
		    "it has a password; ask for mechanism plain or login");
		return;
	}
	if (rule == NULL || !rule->may_have_password) {
		audit_denied(wish->broker->audit, wish->account,
		    conn_peer(conn), "password");
		answer_error(conn, MAILSEAL_E_DENIED, wish->account,
		    "the string of a password account is the password; the "
		    "allow line needs may-have-password");
		return;
	}
	error = record_open_bound(wish->broker->store, wish->broker->keyring,
	    "password", a->name, a->bound, &password);
	if (error == MAILSEAL_OK)
		error = build(wish, a, mechanism, password, 0, &reply);
	if (error != MAILSEAL_OK) {
		fail(wish, conn, error, a);
		return;
	}
	a->used_at = now_wall();
	hand_out(wish, conn, a, reply, password);
}

/* Hang until the end of the exchange, of the waiting for a key, or of time. */
static void
hang(struct wish *wish, struct conn *conn, struct waiter **list,
    uint64_t until_ms)
{
	struct wish *hung = malloc(sizeof(*hung));

	if (hung != NULL) {
		*hung = *wish;
		hung->waiter = (struct waiter){
			.deadlines = wish->broker->deadlines,
			.wake = wish_wakes
		};
		if (waiter_hang(&hung->waiter, list, until_ms) == MAILSEAL_OK) {
			conn_waits(conn, &hung->waiter);
			return;
		}
		free(hung);
	}
	fail(wish, conn, MAILSEAL_E_NOMEM, NULL);
}

/* No lease with the life asked for: get one, or wait, or say why not. */
static void
serve_later(struct wish *wish, struct conn *conn, struct account *a,
    struct lease *lease, bool passed)
{
	uint64_t now = now_ms();
	bool some = lease_serves(lease, now, 0);
	/* A lease at hand is served to its end while the provider is ill. */
	bool held = some && a->state == GRANT_WAITING;
	int error = grant_trouble(a->state, a->reason);

	if (!passed && !held && a->state != GRANT_REAUTH &&
	    a->state != GRANT_DISABLED && a->next_try_ms < wish->until_ms &&
	    (a->state != GRANT_BLOCKED || a->next_try_ms <= now)) {
		error = renew_want(wish->broker, a, wish->service);
		if (error == MAILSEAL_OK) {
			hang(wish, conn, renew_waiters(a), wish->until_ms);
			return;
		}
	}
	if (some)
		serve_lease(wish, conn, a, lease);
	else
		fail(wish, conn, error, a);
}

static void
serve_account(struct wish *wish, struct conn *conn, struct account *a,
    bool passed)
{
	int error = condition_binding(wish->broker, a);
	struct lease *lease;

	if (a->state == GRANT_DISABLED) {
		fail(wish, conn, MAILSEAL_E_DISABLED, a);
		return;
	}
	if (error != MAILSEAL_OK) {
		/* What the file says is the admin's: here just what it is. */
		fail(wish, conn, error, a);
		return;
	}
	if (a->untested) {
		fail(wish, conn, grant_trouble(a->state, a->reason), a);
		return;
	}
	if (a->type == ACCOUNT_PASSWORD) {
		serve_password(wish, conn, a);
		return;
	}
	if (wish->mechanism == SASL_PLAIN || wish->mechanism == SASL_LOGIN) {
		answer_error(conn, MAILSEAL_E_KIND, wish->account,
		    "it signs in with OAuth; ask for mechanism xoauth2, "
		    "oauthbearer or bearer");
		return;
	}
	lease = renew_lease(wish->broker, a, wish->service);
	if (lease_serves(lease, now_ms(), wish->life_s))
		serve_lease(wish, conn, a, lease);
	else
		serve_later(wish, conn, a, lease, passed);
}

/* As far as it goes now: answered, or hung up as a copy. */
static void
serve(struct wish *wish, struct conn *conn, bool passed)
{
	struct broker *broker = wish->broker;
	struct account *a;
	uint64_t until = now_ms() + KEY_WAIT_MS;
	int key = keyring_check(broker->keyring);

	if (key != MAILSEAL_OK) {
		if (wish->waited_for_key || passed || key == MAILSEAL_E_NOKEY) {
			fail(wish, conn, key, NULL);
			return;
		}
		wish->waited_for_key = true;
		hang(wish, conn, &broker->waiters_for_key,
		    until < wish->until_ms ? until : wish->until_ms);
		return;
	}
	a = accounts_find(broker->accounts, wish->account);
	if (a == NULL || a->renewal == NULL) {
		/* As for an account without a rule: nobody can tell. */
		audit_denied(broker->audit, wish->account, conn_peer(conn),
		    "no_account");
		fail(wish, conn, MAILSEAL_E_DENIED, NULL);
		return;
	}
	serve_account(wish, conn, a, passed);
}

static void
wish_wakes(struct waiter *waiter, bool passed)
{
	struct wish *wish = (struct wish *)waiter;
	struct conn *conn = clients_find(wish->broker->clients, wish->ref);

	if (conn != NULL) { /* else it hung up in between */
		conn_waits(conn, NULL);
		serve(wish, conn, passed);
	}
	free(wish);
}

void
op_get(struct request *r)
{
	struct wish wish = { .broker = r->broker,
		.ref = conn_ref(r->conn),
		.caller = r->caller,
		.service = r->service,
		.mechanism = -1 };
	const char *mechanism = line_get(r->in, "mechanism", LINE_KEY_MAX);
	uint64_t wait;

	memcpy(wish.account, r->account, sizeof(wish.account));
	if (mechanism != NULL) {
		wish.mechanism = sasl_mechanism_by_name(mechanism);
		if (wish.mechanism < 0)
			line_fail(r->in, MAILSEAL_E_UNKNOWN, "mechanism");
	}
	wish.life_s = line_get_number(r->in, "life", LIFE_DEFAULT, LIFE_MAX);
	wait = line_get_number(r->in, "wait", WAIT_DEFAULT, WAIT_MAX);
	wish.until_ms = now_ms() + wait * 1000;
	if (line_end(r->in) != MAILSEAL_OK) {
		answer_error(r->conn, r->in->error, wish.account,
		    r->in->culprit);
		return;
	}
	serve(&wish, r->conn, false);
}
