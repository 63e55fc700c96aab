/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/attempt.h"
#include "broker/binding.h"
#include "broker/clients.h"
#include "broker/log.h"
#include "broker/op/op.h"
#include "broker/op/remove.h"
#include "broker/op/withdrawal.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define EXCHANGE_WAIT_MS 30000 /* for one under way; it may rotate the token */
#define TRIES_MAX 3	       /* tokens of one account */

struct withdrawal {
	struct waiter waiter; /* first: the waiter is the withdrawal */
	struct broker *broker;
	struct conn_ref ref;
	struct peer admin; /* may be gone by now */
	char account[ACCOUNT_MAX + 1];
	int64_t enrolled_at;  /* a later sign-in is not what was meant */
	struct secret *token; /* sent last; NULL: none yet */
	unsigned tries;
	struct errand *errand; /* under way; NULL: none */
	struct withdrawal *next;
};

static struct withdrawal *all;

static void
withdrawal_free(struct withdrawal *d)
{
	for (struct withdrawal **at = &all; *at != NULL; at = &(*at)->next)
		if (*at == d) {
			*at = d->next;
			break;
		}
	errand_cancel(d->errand);
	secret_free(d->token);
	peer_clear(&d->admin);
	free(d);
}

void
withdrawals_clear(void)
{
	struct withdrawal *next;

	for (struct withdrawal *d = all; d != NULL; d = next) {
		next = d->next;
		/* One that waits is freed when it is woken. */
		if (d->waiter.list == NULL)
			withdrawal_free(d);
	}
}

/* Nothing is removed. */
static void
fail(struct withdrawal *d, int error, const char *detail)
{
	struct conn *conn = clients_find(d->broker->clients, d->ref);
	char words[DETAIL_MAX + 64];

	(void)snprintf(words, sizeof(words), "%.*s%snothing was removed",
	    DETAIL_MAX, detail != NULL ? detail : "",
	    detail != NULL ? "; " : "");
	log_warn("revocation failed", "account=%s reason=%s detail=%s",
	    d->account, mailseal_error_name(error), printable(detail));
	audit_note(d->broker->audit, "revocation_failed", d->account, &d->admin,
	    "reason=%s", mailseal_error_name(error));
	if (conn != NULL)
		answer_error(conn, error, d->account, words);
	withdrawal_free(d);
}

/* The account as it was when this began, or NULL. */
static struct account *
account_of(const struct withdrawal *d)
{
	struct account *a = accounts_find(d->broker->accounts, d->account);

	return a != NULL && a->renewal != NULL && a->type == ACCOUNT_OAUTH &&
		a->enrolled_at == d->enrolled_at ?
	    a :
	    NULL;
}

/* Of each attempt: the provider file may have been read again meanwhile. */
static int
build(void *arg, struct errand **errand)
{
	const struct withdrawal *d = arg;
	const struct account *a = account_of(d);
	const struct provider *p = a == NULL ?
	    NULL :
	    config_provider(d->broker->config, a->provider);
	struct bound bound;
	struct errand *e;
	int error;

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	if (!renew_is_bound(d->broker, a))
		return MAILSEAL_E_REBIND;
	error = binding_read(a->bound, &bound);
	if (error != MAILSEAL_OK)
		return error;
	e = errand_new(d->broker, "revoke", p->value[SETTING_MODULE],
	    bound.endpoints.origins);
	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(e, p);
	errand_set(e, "issuer", bound.endpoints.issuer);
	errand_set(e, "token_endpoint", bound.endpoints.token);
	errand_set(e, "revocation_endpoint", bound.endpoints.revocation);
	errand_in_secret(e, "refresh_token", d->token);
	*errand = e;
	return MAILSEAL_OK;
}

static void run(struct withdrawal *d, bool woken);

static void
ends(void *arg, const struct outcome *outcome)
{
	struct withdrawal *d = arg;

	d->errand = NULL;
	if (strcmp(outcome->class, "ok") == 0)
		run(d, false);
	else
		fail(d, outcome->reason, outcome->detail);
}

static void
wakes(struct waiter *waiter, bool passed)
{
	(void)passed; /* what is still under way is seen */
	run((struct withdrawal *)waiter, true);
}

static int
await_exchange(struct withdrawal *d, struct account *a)
{
	d->waiter = (struct waiter){ .deadlines = d->broker->deadlines,
		.wake = wakes };
	return waiter_hang(&d->waiter, renew_waiters(a),
	    now_ms() + EXCHANGE_WAIT_MS);
}

/* What is stored now is gone there: forget it here. */
static int
conclude(struct withdrawal *d, struct account *a)
{
	int error = remove_account(d->broker, a, &d->admin, true,
	    clients_find(d->broker->clients, d->ref));

	if (error == MAILSEAL_OK)
		withdrawal_free(d);
	return error;
}

static int
send_token(struct withdrawal *d, struct account *a)
{
	const struct provider *p = config_provider(d->broker->config,
	    a->provider);
	AUTO(secret) token = NULL;
	int error;

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	error = record_open_bound(d->broker->store, d->broker->keyring,
	    "refresh", a->name, a->bound, &token);
	if (error != MAILSEAL_OK)
		return error;
	if (d->token != NULL && d->token->len == token->len &&
	    sodium_memcmp(d->token->data, token->data, token->len) == 0)
		return conclude(d, a);
	if (d->tries++ == TRIES_MAX)
		return MAILSEAL_E_BUSY;
	secret_free(d->token);
	d->token = secret_move(&token);
	return attempt_start(d->broker, p, build, d, ends, d, &d->errand);
}

/* One step.  On failure it is told and over. */
static void
run(struct withdrawal *d, bool woken)
{
	struct account *a = account_of(d);
	int error = keyring_check(d->broker->keyring);

	if (error == MAILSEAL_OK && a == NULL)
		error = MAILSEAL_E_NOACCOUNT; /* or not that one any more */
	if (error == MAILSEAL_OK && renew_is_owed(a))
		error = woken ? MAILSEAL_E_BUSY : await_exchange(d, a);
	else if (error == MAILSEAL_OK)
		error = send_token(d, a);
	if (error != MAILSEAL_OK)
		fail(d, error, NULL);
}

void
withdrawal_begin(struct broker *broker, struct conn *conn,
    const struct account *a)
{
	struct withdrawal *d;

	if (a->type != ACCOUNT_OAUTH) {
		answer_error(conn, MAILSEAL_E_NOREVOKE, a->spelled,
		    "nobody signed in for it; nothing was removed");
		return;
	}
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		answer_error(conn, MAILSEAL_E_NOMEM, a->spelled, NULL);
		return;
	}
	d->broker = broker;
	d->ref = conn_ref(conn);
	peer_keep(conn_peer(conn), &d->admin);
	memcpy(d->account, a->name, sizeof(d->account));
	d->enrolled_at = a->enrolled_at;
	d->next = all;
	all = d;
	run(d, false);
}
