/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/binding.h"
#include "broker/clients.h"
#include "broker/enrolment.h"
#include "broker/flow.h"
#include "broker/log.h"
#include "broker/retest.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define RANDOM_LEN 32	     /* bytes of a state, nonce or verifier */
#define ERRAND_MORE_MS 60000 /* for an errand under way at the end */

static struct enrolment *all[ENROLMENTS_MAX];

static void
base64url(const unsigned char *bytes, size_t len, char *text, size_t size)
{
	(void)sodium_bin2base64(text, size, bytes, len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void
draw(char text[44])
{
	unsigned char bytes[RANDOM_LEN];

	randombytes_buf(bytes, sizeof(bytes));
	base64url(bytes, sizeof(bytes), text, 44);
	sodium_memzero(bytes, sizeof(bytes));
}

static void
time_passes(void *arg)
{
	struct enrolment *e = arg;

	if (e->errand == NULL && !enrolment_has_turn(e)) {
		enrolment_end(e);
		return;
	}
	if (e->errand == NULL || e->over) {
		enrolment_fail(e, MAILSEAL_E_EXPIRED, NULL);
		return;
	}
	e->over = true;
	if (deadline_set(e->broker->deadlines, &e->deadline,
		now_ms() + ERRAND_MORE_MS) != MAILSEAL_OK)
		enrolment_end(e);
}

void
enrolment_end(struct enrolment *e)
{
	for (size_t i = 0; i < ENROLMENTS_MAX; i++)
		if (all[i] == e)
			all[i] = NULL;
	deadline_clear(e->broker->deadlines, &e->deadline);
	deadline_clear(e->broker->deadlines, &e->turn);
	errand_cancel(e->errand);
	tokens_clear(&e->tokens);
	tokens_clear(&e->reading);
	secret_free(e->verifier);
	secret_free(e->device_code);
	secret_free(e->code);
	secret_free(e->password);
	free(e->binding);
	peer_clear(&e->admin);
	sodium_memzero(e, sizeof(*e));
	free(e);
}

void
enrolments_clear(void)
{
	for (size_t i = 0; i < ENROLMENTS_MAX; i++)
		if (all[i] != NULL)
			enrolment_end(all[i]);
}

/* Where one more of this admin's goes; NULL: there are too many, or his are. */
static struct enrolment **
find_place(uid_t uid)
{
	struct enrolment **place = NULL;
	unsigned own = 0;

	for (size_t i = 0; i < ENROLMENTS_MAX; i++) {
		if (all[i] == NULL)
			place = &all[i];
		else if (all[i]->uid == uid)
			own++;
	}
	return own < ENROLMENTS_OF_ONE ? place : NULL;
}

/* What was set for the account that is enrolled at this provider already. */
static void
take_settings(struct enrolment *e)
{
	const struct account *old = accounts_find(e->broker->accounts, e->name);
	bool here = old != NULL && strcmp(old->provider, e->provider) == 0;
	bool renamed = here && strcmp(old->login, old->spelled) != 0;

	/* Where nobody signs in, nobody shows that another one is meant. */
	if (e->type == ACCOUNT_APPLICATION)
		renamed = false;
	(void)snprintf(e->login, sizeof(e->login), "%s",
	    renamed ? old->login : e->spelled);
	(void)snprintf(e->host, sizeof(e->host), "%s", here ? old->host : "");
}

int
enrolment_begin(struct broker *broker, const struct peer *peer,
    const struct provider *provider, const char *spelled, const char *name,
    struct enrolment **enrolment)
{
	struct enrolment **place = find_place(peer->uid), *e;
	unsigned char id[ENROLMENT_ID_LEN / 2];

	if (place == NULL)
		return MAILSEAL_E_BUSY;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	*place = e;
	e->broker = broker;
	e->uid = peer->uid;
	peer_keep(peer, &e->admin);
	(void)snprintf(e->by, sizeof(e->by), "%s", peer_user(peer));
	(void)snprintf(e->spelled, sizeof(e->spelled), "%s", spelled);
	(void)snprintf(e->name, sizeof(e->name), "%s", name);
	(void)snprintf(e->provider, sizeof(e->provider), "%s", provider->name);
	e->type = flow_account_type(provider);
	take_settings(e);
	randombytes_buf(id, sizeof(id));
	(void)sodium_bin2hex(e->id, sizeof(e->id), id, sizeof(id));
	draw(e->state);
	draw(e->nonce);
	e->deadline.pass = time_passes;
	e->deadline.arg = e;
	e->verifier = secret_new(43); /* RFC 7636 section 4.1 */
	if (e->verifier == NULL ||
	    deadline_set(broker->deadlines, &e->deadline,
		now_ms() + ENROLMENT_S * 1000) != MAILSEAL_OK) {
		enrolment_end(e);
		return MAILSEAL_E_NOMEM;
	}
	draw((char *)e->verifier->data);
	*enrolment = e;
	return MAILSEAL_OK;
}

struct enrolment *
enrolment_find(const char *id, const struct peer *peer)
{
	for (size_t i = 0; i < ENROLMENTS_MAX; i++)
		if (all[i] != NULL && strcmp(all[i]->id, id) == 0 &&
		    all[i]->uid == peer->uid)
			return all[i];
	return NULL;
}

bool
enrolment_is_bound(const struct enrolment *e)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	const struct account *old = accounts_find(e->broker->accounts, e->name);
	bool here = old != NULL && strcmp(old->provider, e->provider) == 0;

	/* A host that was set meanwhile must not be put back. */
	return p != NULL && p->fault == NULL &&
	    (!here || strcmp(old->host, e->host) == 0) &&
	    binding_agrees_at(e->binding, p, e->host);
}

int
enrolment_await(struct enrolment *e)
{
	e->awaits = true;
	e->over = false;
	return deadline_set(e->broker->deadlines, &e->deadline,
	    now_ms() + ENROLMENT_S * 1000);
}

void
enrolment_challenge(const struct enrolment *e, char challenge[44])
{
	unsigned char digest[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(digest, e->verifier->data, e->verifier->len);
	base64url(digest, sizeof(digest), challenge, 44);
}

void
enrolment_go_on(struct enrolment *e, const struct conn *conn)
{
	e->ref = conn_ref(conn);
	peer_keep(conn_peer(conn), &e->admin);
}

struct conn *
enrolment_waits(const struct enrolment *e)
{
	return clients_find(e->broker->clients, e->ref);
}

bool
enrolment_has_turn(const struct enrolment *e)
{
	return e->turn.place != 0;
}

void
enrolment_refuse(struct enrolment *e, const struct outcome *outcome)
{
	struct conn *conn = enrolment_waits(e);
	struct plight plight = { .error = outcome->reason,
		.account = e->spelled,
		.detail = outcome->detail,
		.meaning = outcome->meaning,
		.provider = e->provider };

	log_warn("enrolment failed",
	    "account=%s provider=%s reason=%s "
	    "detail=%s",
	    e->spelled, e->provider, mailseal_error_name(outcome->reason),
	    printable(outcome->detail));
	audit_note(e->broker->audit, "enrolment_failed", e->name, &e->admin,
	    "reason=%s", mailseal_error_name(outcome->reason));
	if (conn != NULL)
		answer_plight(conn, &plight);
	enrolment_end(e);
}

void
enrolment_fail(struct enrolment *e, int error, const char *detail)
{
	struct outcome outcome = { .class = "denied",
		.reason = error,
		.detail = detail };

	enrolment_refuse(e, &outcome);
}

/* The account as it will be; its leases and what is under way are not its. */
static struct account *
make_account(const struct enrolment *e, const struct outcome *untested)
{
	const struct account *old = accounts_find(e->broker->accounts, e->name);
	struct account *a = account_new();

	if (a == NULL)
		return NULL;
	memcpy(a->name, e->name, sizeof(a->name));
	memcpy(a->spelled, e->spelled, sizeof(a->spelled));
	memcpy(a->login, e->login, sizeof(a->login));
	memcpy(a->host, e->host, sizeof(a->host));
	if (old != NULL)
		memcpy(a->send_as, old->send_as, sizeof(a->send_as));
	memcpy(a->provider, e->provider, sizeof(a->provider));
	a->type = e->type;
	memcpy(a->iss, e->iss, sizeof(a->iss));
	memcpy(a->sub, e->sub, sizeof(a->sub));
	memcpy(a->identity, e->identity, sizeof(a->identity));
	memcpy(a->scope, e->scope, sizeof(a->scope));
	memcpy(a->enrolled_by, e->by, sizeof(a->enrolled_by));
	a->enrolled_at = now_wall();
	if (e->type != ACCOUNT_PASSWORD)
		a->refreshed_at = a->enrolled_at;
	grant_move(&a->state, &a->beneath, GRANT_ENROLLED);
	if (untested != NULL) {
		a->untested = true;
		grant_move(&a->state, &a->beneath, GRANT_FAULTED);
		a->reason = untested->reason;
		a->meaning = untested->meaning;
		(void)snprintf(a->detail, sizeof(a->detail), "%s",
		    untested->detail != NULL ? untested->detail : "");
		retest_plan(a, untested->retry_after_s);
	}
	/* Who may enrol does not thereby enable. */
	if (old != NULL && old->state == GRANT_DISABLED)
		grant_move(&a->state, &a->beneath, GRANT_SWITCHED_OFF);
	a->bound = strdup(e->binding);
	if (a->bound == NULL) {
		account_free(a);
		return NULL;
	}
	return a;
}

/* Every secret of before goes in the commit that brings the new one. */
static int
save_secrets(const struct enrolment *e, const struct account *a, bool leased)
{
	struct broker *b = e->broker;
	AUTO(secret) none = secret_new(0);
	const struct secret *kept = none;
	int error = record_forget(b->store, e->name);

	if (error == MAILSEAL_OK && none == NULL)
		error = MAILSEAL_E_NOMEM;
	if (e->type == ACCOUNT_PASSWORD)
		kept = e->password;
	if (e->type == ACCOUNT_OAUTH)
		kept = e->tokens.refresh;
	if (error == MAILSEAL_OK)
		error = record_save(b->store, b->keyring, kind_record(e->type),
		    e->name, "", e->provider, e->binding, kept);
	if (error == MAILSEAL_OK && leased)
		error = tokens_save_lease(b, a, e->binding, SERVICE_SMTP,
		    &e->tokens);
	return error;
}

/* Put the new account where the old one was; whoever waits is still there. */
static int
take_over(struct broker *broker, struct account **made, struct account **now)
{
	struct account *old = accounts_find(broker->accounts, (*made)->name);
	struct renewal *renewal;
	struct account *a = *made;
	int error;

	if (old == NULL) {
		error = renew_adopt(broker, a);
		if (error == MAILSEAL_OK)
			error = accounts_add(broker->accounts, made);
		if (error != MAILSEAL_OK)
			renew_drop(a);
		*now = a;
		return error;
	}
	renew_stop(old);
	account_clear_leases(old);
	renewal = old->renewal;
	free(old->bound);
	*old = *a;
	old->renewal = renewal;
	a->bound = NULL; /* it is old's by now */
	*now = old;
	return MAILSEAL_OK;
}

/* Whether its access token still lives; an admin's yes may have taken long. */
static bool
age_tokens(struct enrolment *e)
{
	uint64_t now = now_ms(), gone_s = (now - e->issued_ms) / 1000;

	if (e->tokens.access == NULL || gone_s >= e->tokens.life_s)
		return false;
	e->tokens.life_s -= gone_s;
	e->issued_ms = now;
	return true;
}

int
enrolment_store(struct enrolment *e, const struct outcome *untested)
{
	struct broker *b = e->broker;
	AUTO(account) made = make_account(e, untested);
	struct account *a = NULL;
	bool leased = untested == NULL && age_tokens(e);
	int error;

	if (made == NULL)
		return MAILSEAL_E_NOMEM;
	error = store_begin(b->store);
	if (error == MAILSEAL_OK)
		error = account_save(b->store, made);
	if (error == MAILSEAL_OK)
		error = save_secrets(e, made, leased);
	if (error == MAILSEAL_OK)
		error = store_commit(b->store);
	if (error != MAILSEAL_OK) {
		store_rollback(b->store);
		return error;
	}
	error = take_over(b, &made, &a);
	if (error != MAILSEAL_OK)
		return error;
	if (leased)
		renew_issue(a, &a->lease[SERVICE_SMTP], &e->tokens);
	waiters_wake(renew_waiters(a));
	retest_arrange(b);
	return MAILSEAL_OK;
}
