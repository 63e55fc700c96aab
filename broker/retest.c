/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/application.h"
#include "broker/entrance.h"
#include "broker/log.h"
#include "broker/probe.h"
#include "broker/refresh.h"
#include "broker/renew.h"
#include "broker/retest.h"
#include "proto/error.h"

#define LEASE_WAIT_MS 30000 /* for an access token to test with */
#define SPREAD_MS 2000	    /* over which those that are overdue begin */
#define QUARTER_S 900

/* One that is under way: it waits for a lease, then for a mail server. */
struct retest {
	struct waiter waiter; /* first: the waiter is the retest */
	struct broker *broker;
	struct retest *next;
	char account[ACCOUNT_MAX + 1];
	int64_t enrolled_at; /* another one: the account was enrolled anew */
	enum service service;
	struct errand *errand;
};

static struct retest *under_way;

unsigned
retest_wait_s(int64_t age_s)
{
	static const struct {
		int64_t until; /* this age */
		unsigned wait;
	} steps[] = { { 60, RETEST_FIRST_S }, { 180, 120 }, { 480, 300 },
		{ RETEST_DAY_S, QUARTER_S } };

	if (age_s < 0) /* a clock that jumped */
		return QUARTER_S;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (age_s < steps[i].until)
			return steps[i].wait;
	return RETEST_LAST_S;
}

void
retest_plan(struct account *a, uint64_t least_s)
{
	uint64_t wait = retest_wait_s(now_wall() - a->enrolled_at);

	wait += randombytes_uniform((uint32_t)wait / 10 + 1);
	if (wait < least_s)
		wait = least_s;
	a->retest_at = now_wall() + (int64_t)wait;
	a->retest_ms = now_ms() + wait * 1000;
}

static bool
is_due_some_day(const struct account *a)
{
	return a->untested && a->state == GRANT_BLOCKED && a->renewal != NULL &&
	    a->type != ACCOUNT_PASSWORD;
}

static struct retest *
find(const struct account *a)
{
	for (struct retest *t = under_way; t != NULL; t = t->next)
		if (strcmp(t->account, a->name) == 0)
			return t;
	return NULL;
}

/* Its time of before a restart; one that is over is soon, as is a wild one. */
static void
recall(struct account *a)
{
	int64_t left = a->retest_at - now_wall();

	if (left <= 0 || left > RETEST_LAST_S * 2) {
		a->retest_ms = now_ms() + randombytes_uniform(SPREAD_MS);
		a->retest_at = now_wall();
	} else {
		a->retest_ms = now_ms() + (uint64_t)left * 1000;
	}
}

static void
forget(struct retest *t)
{
	for (struct retest **at = &under_way; *at != NULL; at = &(*at)->next) {
		if (*at != t)
			continue;
		*at = t->next;
		break;
	}
	errand_cancel(t->errand);
	free(t);
}

void
retests_clear(void)
{
	struct retest *t;

	while ((t = under_way) != NULL) {
		if (t->waiter.list != NULL)
			waiter_dismiss(&t->waiter); /* which may end it */
		else
			forget(t);
	}
}

/* The account of a retest, unless it is not what it was. */
static struct account *
account_of(const struct retest *t)
{
	struct account *a = accounts_find(t->broker->accounts, t->account);

	return a != NULL && is_due_some_day(a) &&
		a->enrolled_at == t->enrolled_at ?
	    a :
	    NULL;
}

/* It is over, well or not: the next of whichever account comes at its time. */
static void
end(struct retest *t)
{
	struct broker *broker = t->broker;

	forget(t);
	retest_arrange(broker);
}

/* What stood in the way was none of the mailbox's doing. */
static void
put_off(struct retest *t, struct account *a, uint64_t least_s)
{
	retest_plan(a, least_s);
	(void)refresh_note(t->broker, a); /* it logged what failed */
	end(t);
}

void
retest_passed(struct broker *broker, struct account *a)
{
	if (!a->untested)
		return;
	a->untested = false;
	grant_move(&a->state, &a->beneath, GRANT_ENROLLED);
	a->reason = MAILSEAL_OK;
	a->detail[0] = '\0';
	a->meaning = NULL;
	a->retest_at = 0;
	a->retest_ms = 0;
	(void)refresh_note(broker, a); /* it logged what failed */
}

/* That a token is refused says no more than that the mailbox is not open. */
static enum grant_event
event_of(const struct outcome *outcome)
{
	enum grant_event event = grant_event_of_class(outcome->class);

	return event == GRANT_DIED && outcome->reason == MAILSEAL_E_LOGIN ?
	    GRANT_FAULTED :
	    event;
}

void
retest_failed(struct broker *broker, struct account *a,
    const struct outcome *outcome)
{
	struct outcome judged = *outcome;
	enum grant_event event;

	if (!a->untested)
		return;
	if (a->type == ACCOUNT_APPLICATION)
		application_judge(&judged);
	event = event_of(&judged);
	if (event == GRANT_FAULTED || event == GRANT_DIED) {
		grant_move(&a->state, &a->beneath, event);
		a->reason = judged.reason;
		a->meaning = judged.meaning;
		(void)snprintf(a->detail, sizeof(a->detail), "%s",
		    judged.detail != NULL ? judged.detail : "");
	}
	retest_plan(a, judged.retry_after_s);
	(void)refresh_note(broker, a); /* it logged what failed */
}

static void step(struct retest *t, struct account *a, bool woken);

static void
probe_ends(void *arg, const struct outcome *outcome)
{
	struct retest *t = arg;
	struct account *a = account_of(t);
	const struct provider *p;
	struct outcome named = *outcome;
	char words[TEXT_MAX];

	t->errand = NULL;
	if (a == NULL) {
		end(t);
		return;
	}
	p = config_provider(t->broker->config, a->provider);
	if (strcmp(outcome->class, "ok") != 0) {
		named.detail = probe_words(p, t->service, outcome, words,
		    sizeof(words));
		retest_failed(t->broker, a, &named);
		log_info("mailbox still refuses", "account=%s state=%s: %s",
		    a->name, grant_state_name(a->state),
		    printable(named.detail));
		end(t);
		return;
	}
	if (t->service == SERVICE_SMTP && probe_is_wanted(p, SERVICE_IMAP)) {
		t->service = SERVICE_IMAP;
		step(t, a, false);
		return;
	}
	retest_passed(t->broker, a);
	log_info("mailbox works",
	    "account=%s: what its admin had to allow is allowed; it is served "
	    "from now on",
	    a->name);
	end(t);
}

static int
try_mailbox(struct retest *t, const struct account *a,
    const struct secret *token)
{
	struct probe probe = { .service = t->service,
		.account = a->spelled,
		.host = a->host,
		.login = account_user(a, t->service),
		.token = token };

	probe.provider = config_provider(t->broker->config, a->provider);
	if (!probe_is_wanted(probe.provider, probe.service))
		return MAILSEAL_E_UNSUPPORTED;
	return probe_start(t->broker, &probe, probe_ends, t, &t->errand);
}

static void
wakes(struct waiter *waiter, bool passed)
{
	struct retest *t = (struct retest *)waiter;
	struct account *a = account_of(t);

	(void)passed; /* the lease, or the state, tells what came of it */
	if (a != NULL)
		step(t, a, true);
	else
		end(t);
}

static int
wait_for_lease(struct retest *t, struct account *a)
{
	int error = renew_want(t->broker, a, t->service);

	if (error != MAILSEAL_OK)
		return error;
	t->waiter = (struct waiter){ .deadlines = t->broker->deadlines,
		.wake = wakes };
	return waiter_hang(&t->waiter, renew_waiters(a),
	    now_ms() + LEASE_WAIT_MS);
}

/* As far as it goes now. */
static void
step(struct retest *t, struct account *a, bool woken)
{
	struct lease *lease = renew_lease(t->broker, a, t->service);
	int error = keyring_check(t->broker->keyring);

	if (error == MAILSEAL_OK && t->broker->stopping)
		error = MAILSEAL_E_BUSY;
	if (error == MAILSEAL_OK && !renew_is_bound(t->broker, a))
		error = MAILSEAL_E_REBIND;
	if (error == MAILSEAL_OK && lease_serves(lease, now_ms(), 0))
		error = try_mailbox(t, a, lease->token);
	else if (error == MAILSEAL_OK && (woken || a->next_try_ms > now_ms()))
		error = MAILSEAL_E_TIMEOUT; /* its refresh has its own time */
	else if (error == MAILSEAL_OK)
		error = wait_for_lease(t, a);
	if (error != MAILSEAL_OK)
		put_off(t, a, RETEST_FIRST_S);
}

/* First it is written when the next may be: a crash must not make it sooner. */
static void
begin(struct broker *broker, struct account *a)
{
	struct retest *t;

	retest_plan(a, RETEST_FIRST_S);
	if (refresh_note(broker, a) != MAILSEAL_OK)
		return;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return;
	t->broker = broker;
	t->service = SERVICE_SMTP;
	t->enrolled_at = a->enrolled_at;
	memcpy(t->account, a->name, sizeof(t->account));
	/* What was allowed since may be in a new token only. */
	account_clear_leases(a);
	t->next = under_way;
	under_way = t;
	step(t, a, false);
}

/* The first whose time has come and that may begin; NULL: none. */
static struct account *
next_due(struct broker *b)
{
	for (size_t i = 0; i < accounts_count(b->accounts); i++) {
		struct account *a = accounts_at(b->accounts, i);

		if (is_due_some_day(a) && find(a) == NULL &&
		    a->retest_ms <= now_ms())
			return a;
	}
	return NULL;
}

static void
time_comes(void *arg)
{
	struct broker *b = arg;
	struct account *a;

	/* One a turn of the timer, so that none begins within another. */
	if (!errands_are_many() && (a = next_due(b)) != NULL)
		begin(b, a);
	retest_arrange(b);
}

void
retest_arrange(struct broker *b)
{
	uint64_t first = UINT64_MAX, now = now_ms();

	if (b->stopping || !keyring_is_open(b->keyring))
		return;
	for (size_t i = 0; i < accounts_count(b->accounts); i++) {
		struct account *a = accounts_at(b->accounts, i);

		if (!is_due_some_day(a) || find(a) != NULL)
			continue;
		if (a->retest_ms == 0)
			recall(a);
		if (a->retest_ms < first)
			first = a->retest_ms;
	}
	if (first == UINT64_MAX)
		return;
	if (errands_are_many() && first < now + SPREAD_MS)
		first = now + SPREAD_MS;
	b->retest.pass = time_comes;
	b->retest.arg = b;
	if (deadline_set(b->deadlines, &b->retest, first) != MAILSEAL_OK)
		log_error("retest is off", "%s", "out of memory");
}
