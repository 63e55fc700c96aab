/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/clients.h"
#include "broker/condition.h"
#include "broker/entrance.h"
#include "broker/op/op.h"
#include "broker/op/trial.h"
#include "broker/probe.h"
#include "broker/renew.h"
#include "broker/retest.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define REPLY_ROOM 16384
#define LEASE_WAIT_MS 30000 /* for an access token to test with */

/*
 * A test under way: for each service first it waits for a lease, then for the
 * mail server.
 */
struct trial {
	struct waiter waiter; /* first: the waiter is the trial */
	struct broker *broker;
	struct conn_ref ref;
	char account[ACCOUNT_MAX + 1];
	char to[ACCOUNT_MAX + 1];
	int only;	      /* enum service; -1: all that there are */
	enum service service; /* whose turn it is */
	struct greeting greeting[2];
	struct change change; /* that is tried, where it has a host */
	int64_t enrolled_at;  /* another one: it is not what was tried */
	struct peer admin;    /* who wants it; may be gone by now */
	struct errand *errand;
	struct trial *next; /* of those whose errand is under way */
};

static struct trial *under_way;

static void
leave(const struct trial *t)
{
	for (struct trial **at = &under_way; *at != NULL; at = &(*at)->next) {
		if (*at != t)
			continue;
		*at = t->next;
		return;
	}
}

static void
trial_free(struct trial *t)
{
	peer_clear(&t->admin);
	free(t);
}

void
trials_clear(void)
{
	struct trial *t;

	while ((t = under_way) != NULL) {
		under_way = t->next;
		errand_cancel(t->errand);
		trial_free(t);
	}
}

static void
fail(const struct trial *t, int error, const char *detail,
    const struct meaning *meaning)
{
	struct conn *conn = clients_find(t->broker->clients, t->ref);
	const struct account *a = accounts_find(t->broker->accounts,
	    t->account);
	struct plight plight = { .error = error,
		.account = t->account,
		.detail = detail,
		.meaning = meaning,
		.provider = a != NULL ? a->provider : NULL };

	if (conn != NULL)
		answer_plight(conn, &plight);
}

static void
answer_tested(const struct trial *t, struct conn *conn)
{
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", t->account);
	probe_put(&t->greeting[SERVICE_SMTP], SERVICE_SMTP, &w);
	probe_put(&t->greeting[SERVICE_IMAP], SERVICE_IMAP, &w);
	if (t->to[0] != '\0')
		line_put(&w, "sent_to", t->to);
	answer_line(conn, &w);
}

/* The provider of an account, which may be gone; NULL: gone as well. */
static const struct provider *
provider_of(const struct trial *t, const struct account *a)
{
	return a == NULL ? NULL :
			   config_provider(t->broker->config, a->provider);
}

static void
end_badly(struct trial *t, struct account *a, const struct outcome *outcome)
{
	struct outcome named = *outcome;
	char words[TEXT_MAX];

	named.detail = probe_words(provider_of(t, a), t->service, outcome,
	    words, sizeof(words));
	/* Another host that does not work says nothing of the one there is. */
	if (a != NULL && !t->change.has_host)
		retest_failed(t->broker, a, &named);
	fail(t, named.reason, named.detail, named.meaning);
	trial_free(t);
}

/* The change that was tried works: keep it.  False when it was refused. */
static bool
changes(const struct trial *t, struct account *a)
{
	int error = MAILSEAL_E_NOACCOUNT;

	if (a != NULL && a->renewal != NULL)
		error = a->enrolled_at == t->enrolled_at ?
		    change_apply(t->broker, a, &t->change) :
		    MAILSEAL_E_CHANGED;
	if (error != MAILSEAL_OK)
		fail(t, error, NULL, NULL);
	return error == MAILSEAL_OK;
}

static void
end_well(struct trial *t, struct account *a)
{
	struct conn *conn = clients_find(t->broker->clients, t->ref);
	bool all = t->only < 0 ||
	    !probe_is_wanted(provider_of(t, a), SERVICE_IMAP);

	if (t->change.has_host && !changes(t, a)) {
		trial_free(t);
		return;
	}
	if (a != NULL && all)
		retest_passed(t->broker, a);
	if (t->change.has_host)
		change_tell(t->broker, a, &t->change, &t->admin, conn);
	else if (conn != NULL)
		answer_tested(t, conn);
	trial_free(t);
}

static void run(struct trial *t, bool woken);

static void
probe_ends(void *arg, const struct outcome *outcome)
{
	struct trial *t = arg;
	struct account *a = accounts_find(t->broker->accounts, t->account);

	leave(t);
	if (strcmp(outcome->class, "ok") != 0) {
		end_badly(t, a, outcome);
		return;
	}
	probe_note(outcome, &t->greeting[t->service]);
	if (t->only < 0 && t->service == SERVICE_SMTP &&
	    probe_is_wanted(provider_of(t, a), SERVICE_IMAP)) {
		t->service = SERVICE_IMAP;
		run(t, false);
		return;
	}
	end_well(t, a);
}

/* *t is taken over when it went on its way. */
static int
try_mailbox(struct trial **t, const struct account *a,
    const struct secret *token, const struct secret *password)
{
	const struct change *c = &(*t)->change;
	struct probe probe = { .service = (*t)->service,
		.account = a->spelled,
		.host = c->has_host ? c->host : a->host,
		.login = entrance_user(a->type, a->spelled,
		    c->has_login ? c->login : a->login, (*t)->service),
		.from = a->send_as,
		.token = token,
		.password = password,
		.to = (*t)->to[0] != '\0' ? (*t)->to : NULL };
	int error = condition_binding((*t)->broker, a);

	probe.provider = provider_of(*t, a);
	if (error != MAILSEAL_OK)
		return error;
	if (!probe_is_wanted(probe.provider, probe.service))
		return MAILSEAL_E_UNSUPPORTED;
	error = probe_start((*t)->broker, &probe, probe_ends, *t,
	    &(*t)->errand);
	if (error != MAILSEAL_OK)
		return error;
	(*t)->next = under_way;
	under_way = *t;
	*t = NULL;
	return MAILSEAL_OK;
}

static int
try_password(struct trial **t, const struct account *a)
{
	AUTO(secret) password = NULL;
	int error = record_open_bound((*t)->broker->store,
	    (*t)->broker->keyring, "password", a->name, a->bound, &password);

	return error != MAILSEAL_OK ? error : try_mailbox(t, a, NULL, password);
}

static void trial_wakes(struct waiter *waiter, bool passed);

static int
wait_for_lease(struct trial **t, struct account *a, uint64_t until_ms)
{
	int error;

	a->next_try_ms = 0; /* an admin asks: now */
	error = renew_want((*t)->broker, a, (*t)->service);
	if (error != MAILSEAL_OK)
		return error;
	(*t)->waiter = (struct waiter){ .deadlines = (*t)->broker->deadlines,
		.wake = trial_wakes };
	error = waiter_hang(&(*t)->waiter, renew_waiters(a), until_ms);
	if (error == MAILSEAL_OK)
		*t = NULL;
	return error;
}

/* One step; what is left in *t was not taken over. */
static int
go_on(struct trial **t, struct account *a, bool woken)
{
	const struct lease *lease;

	if (a->state == GRANT_DISABLED)
		return MAILSEAL_E_DISABLED;
	if (a->type == ACCOUNT_PASSWORD)
		return try_password(t, a);
	lease = renew_lease((*t)->broker, a, (*t)->service);
	if (lease_serves(lease, now_ms(), 0))
		return try_mailbox(t, a, lease->token, NULL);
	if (a->state == GRANT_REAUTH || woken)
		return a->reason != MAILSEAL_OK ? a->reason :
						  MAILSEAL_E_TIMEOUT;
	return wait_for_lease(t, a, now_ms() + LEASE_WAIT_MS);
}

static void
run(struct trial *t, bool woken)
{
	struct account *a = accounts_find(t->broker->accounts, t->account);
	int error = keyring_check(t->broker->keyring);
	bool known = false;
	struct trial *left = t;

	if (error == MAILSEAL_OK && (a == NULL || a->renewal == NULL))
		error = MAILSEAL_E_NOACCOUNT;
	if (error == MAILSEAL_OK) {
		t->enrolled_at = a->enrolled_at;
		error = go_on(&left, a, woken);
		known = a->reason == error;
	}
	if (left == NULL)
		return;
	fail(left, error, known ? a->detail : NULL, known ? a->meaning : NULL);
	trial_free(left);
}

/*
 * A permission that the registration was given since is in a new token only.
 */
static void
forget_old(const struct broker *broker, const char *name)
{
	struct account *a = accounts_find(broker->accounts, name);

	if (a != NULL && a->type == ACCOUNT_APPLICATION && a->untested)
		account_clear_leases(a);
}

static void
trial_wakes(struct waiter *waiter, bool passed)
{
	(void)passed; /* the state of the account tells what came of it */
	run((struct trial *)waiter, true);
}

void
trial_start(struct request *r, const struct trial_wish *wish)
{
	struct trial *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		answer_error(r->conn, MAILSEAL_E_NOMEM, wish->account, NULL);
		return;
	}
	forget_old(r->broker, wish->account);
	t->broker = r->broker;
	t->ref = conn_ref(r->conn);
	peer_keep(conn_peer(r->conn), &t->admin);
	t->only = wish->only;
	t->service = t->only < 0 ? SERVICE_SMTP : (enum service)t->only;
	(void)snprintf(t->account, sizeof(t->account), "%s", wish->account);
	(void)snprintf(t->to, sizeof(t->to), "%s",
	    wish->to != NULL ? wish->to : "");
	if (wish->change != NULL)
		t->change = *wish->change;
	run(t, false);
}
