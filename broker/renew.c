/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "broker/binding.h"
#include "broker/errand.h"
#include "broker/log.h"
#include "broker/refresh.h"
#include "broker/renew.h"
#include "proto/error.h"

#define QUEUE_MS 250	     /* until a place among the errands is looked for */
#define NEXT_TRY_MAX_S 86400 /* what is further away is a clock that jumped */

/* The timer of one lease: to renew it ahead. */
struct ahead {
	struct renewal *renewal;
	enum service service;
	struct deadline deadline;
};

struct renewal {
	struct broker *broker;
	struct account *account;
	struct waiter *waiters;
	struct errand *errand;	/* the one exchange under way; NULL: none */
	struct refresh refresh; /* what it is about */
	enum service service;	/* whose lease it is for */
	struct tokens unsaved;	/* that the disk did not take */
	struct deadline retry;
	struct ahead ahead[ACCOUNT_LEASES];
};

struct waiter **
renew_waiters(struct account *account)
{
	return &account->renewal->waiters;
}

static enum service
lease_owner(const struct broker *broker, const struct account *account,
    enum service service)
{
	const struct provider *p = config_provider(broker->config,
	    account->provider);

	return p == NULL || p->fault != NULL ? service :
					       provider_lender(p, service);
}

struct lease *
renew_lease(const struct broker *broker, struct account *account,
    enum service service)
{
	return &account->lease[lease_owner(broker, account, service)];
}

bool
renew_is_bound(const struct broker *broker, const struct account *account)
{
	const struct provider *p = config_provider(broker->config,
	    account->provider);

	return p != NULL && p->fault == NULL && account->bound != NULL &&
	    binding_agrees_at(account->bound, p, account->host);
}

static void
look_ahead(struct account *account, enum service service)
{
	struct renewal *r = account->renewal;
	uint64_t at = lease_renewal_ms(&account->lease[service],
	    randombytes_random());

	if (deadline_set(r->broker->deadlines, &r->ahead[service].deadline,
		at) != MAILSEAL_OK)
		log_warn("renewal ahead is off", "account=%s: out of memory",
		    account->name);
}

void
renew_issue(struct account *account, struct lease *lease, struct tokens *tokens)
{
	if (account->state == GRANT_DISABLED) {
		tokens_clear(tokens); /* it lies sealed, and stays so */
		return;
	}
	lease_issue(lease, &tokens->access, now_ms(), now_wall(),
	    tokens->life_s);
	lease->state = lease_next(lease->state, LEASE_ISSUED, true);
	tokens_clear(tokens);
	if (account->renewal != NULL)
		look_ahead(account, (enum service)(lease - account->lease));
}

/* Note a failure; what passes by itself is tried again at its time. */
static void
note_failure(struct renewal *r, enum grant_event event,
    const struct outcome *outcome)
{
	struct account *a = r->account;

	refresh_failed(a, event, outcome);
	if ((a->state == GRANT_WAITING || r->unsaved.access != NULL) &&
	    deadline_set(r->broker->deadlines, &r->retry, a->next_try_ms) !=
		MAILSEAL_OK)
		log_error("retry is off", "account=%s: out of memory", a->name);
}

/* The tokens are in hand: make them durable, then let everybody have them. */
static void
take_tokens(struct renewal *r)
{
	struct lease *lease = &r->account->lease[r->service];
	int error = tokens_save(r->broker, r->account, r->service, &r->unsaved);

	if (error == MAILSEAL_OK) {
		log_info("lease renewed",
		    "account=%s for=%s life_s=%llu "
		    "rotated=%s",
		    r->account->name, service_name(r->service),
		    (unsigned long long)r->unsaved.life_s,
		    r->unsaved.refresh != NULL ? "yes" : "no");
		refresh_worked(r->account);
		renew_issue(r->account, lease, &r->unsaved);
	} else {
		/* They stay in hand, and only the saving is tried again. */
		struct outcome failed = { .class = "transient",
			.reason = error };

		log_error("rotation not saved", "account=%s: %s: %s",
		    r->account->name, mailseal_error_text(error),
		    store_why(r->broker->store));
		note_failure(r, GRANT_FAILED, &failed);
		lease->state = lease_next(lease->state, LEASE_REFUSED,
		    lease_is_alive(lease, now_ms()));
	}
	waiters_wake(&r->waiters);
}

static void
refresh_ends(void *arg, const struct outcome *outcome)
{
	struct renewal *r = arg;
	struct lease *lease = &r->account->lease[r->service];
	struct outcome failed = *outcome;
	enum grant_event event = grant_event_of_class(outcome->class);

	r->errand = NULL;
	if (event == GRANT_WORKED) {
		if (tokens_from_line(outcome->fields, &r->unsaved) ==
		    MAILSEAL_OK) {
			take_tokens(r);
			return;
		}
		failed.reason = MAILSEAL_E_COURIER;
		event = GRANT_FAILED;
	}
	note_failure(r, event, &failed);
	lease->state = lease_next(lease->state, LEASE_REFUSED,
	    lease_is_alive(lease, now_ms()));
	(void)refresh_note(r->broker, r->account); /* it logged what failed */
	waiters_wake(&r->waiters);
}

/* There is no room for one more exchange: soon. */
static int
stand_in_line(struct renewal *r, enum service service)
{
	r->service = service;
	return deadline_set(r->broker->deadlines, &r->retry,
	    now_ms() + QUEUE_MS + randombytes_uniform(QUEUE_MS));
}

int
renew_want(struct broker *broker, struct account *account, enum service service)
{
	struct renewal *r = account->renewal;
	struct lease *lease;
	enum service owner = lease_owner(broker, account, service);
	int error;

	if (r == NULL)
		return MAILSEAL_E_NOACCOUNT;
	if (account->state == GRANT_DISABLED)
		return MAILSEAL_E_DISABLED;
	/* Whatever callers do, there is one exchange an account at a time. */
	if (r->errand != NULL)
		return MAILSEAL_OK;
	/* Who waits for the next try would wait for one that never comes. */
	if (broker->stopping && r->unsaved.access == NULL)
		return MAILSEAL_E_BUSY;
	if (account->next_try_ms > now_ms())
		return MAILSEAL_OK;
	/* From the loop: who asks here is to wait before everybody is woken. */
	if (r->unsaved.access != NULL)
		return deadline_set(broker->deadlines, &r->retry, 0);
	if (!keyring_is_open(broker->keyring))
		return MAILSEAL_E_LOCKED;
	if (errands_are_many())
		return stand_in_line(r, owner);
	r->service = owner;
	r->refresh = (struct refresh){ broker, account, owner };
	error = refresh_start(&r->refresh, refresh_ends, r, &r->errand);
	if (error == MAILSEAL_E_NOMEM)
		return stand_in_line(r, owner);
	if (error != MAILSEAL_OK)
		return error;
	lease = &account->lease[owner];
	lease->state = lease_next(lease->state, LEASE_WANTED,
	    lease_is_alive(lease, now_ms()));
	return MAILSEAL_OK;
}

/* In the background: what stands in the way is told to the log alone. */
static void
renew_quietly(struct renewal *r, enum service service)
{
	int error = renew_want(r->broker, r->account, service);

	if (error == MAILSEAL_OK)
		return;
	log_warn("renewal not tried", "account=%s: %s", r->account->name,
	    mailseal_error_text(error));
	waiters_wake(&r->waiters); /* each is told, rather than held up */
}

static void
retry_comes(void *arg)
{
	struct renewal *r = arg;

	if (r->unsaved.access != NULL)
		take_tokens(r);
	else if (r->waiters != NULL || r->account->lease[r->service].wanted)
		renew_quietly(r, r->service);
}

static void
ahead_comes(void *arg)
{
	struct ahead *ahead = arg;
	struct account *a = ahead->renewal->account;
	struct lease *lease = &a->lease[ahead->service];

	if (!lease->wanted && !lease->wanted_before)
		return;
	if (ahead->renewal->errand != NULL) {
		/* Another lease of this account is being fetched: after it. */
		if (deadline_set(ahead->renewal->broker->deadlines,
			&ahead->deadline, now_ms() + 1000) != MAILSEAL_OK)
			log_warn("renewal ahead is off", "account=%s", a->name);
		return;
	}
	renew_quietly(ahead->renewal, ahead->service);
}

/* Read the sealed leases of an account that may be served. */
static void
restore(struct broker *broker, struct account *a)
{
	if (a->type == ACCOUNT_PASSWORD || a->state == GRANT_DISABLED)
		return;
	for (int s = 0; s < SERVICE_COUNT; s++)
		if (a->lease[s].token == NULL &&
		    tokens_restore(broker, a, (enum service)s))
			look_ahead(a, (enum service)s);
}

void
renew_unlocked(struct broker *broker)
{
	for (size_t i = 0; i < accounts_count(broker->accounts); i++)
		restore(broker, accounts_at(broker->accounts, i));
	waiters_wake(&broker->waiters_for_key);
}

/* The next try of before a restart still has its time. */
static int
resume_waiting(struct renewal *r)
{
	struct account *a = r->account;
	int64_t left = a->next_try - now_wall();

	if (left <= 0 || left > NEXT_TRY_MAX_S) {
		a->next_try = 0;
		return MAILSEAL_OK;
	}
	a->next_try_ms = now_ms() + (uint64_t)left * 1000;
	if (a->state != GRANT_WAITING)
		return MAILSEAL_OK;
	return deadline_set(r->broker->deadlines, &r->retry, a->next_try_ms);
}

int
renew_adopt(struct broker *broker, struct account *account)
{
	struct renewal *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return MAILSEAL_E_NOMEM;
	r->broker = broker;
	r->account = account;
	r->retry.pass = retry_comes;
	r->retry.arg = r;
	for (int s = 0; s < ACCOUNT_LEASES; s++) {
		r->ahead[s].renewal = r;
		r->ahead[s].service = (enum service)s;
		r->ahead[s].deadline.pass = ahead_comes;
		r->ahead[s].deadline.arg = &r->ahead[s];
	}
	account->renewal = r;
	return resume_waiting(r);
}

bool
renew_is_owed(const struct account *account)
{
	const struct renewal *r = account->renewal;

	/* Without a refresh token there is no rotation to lose. */
	return r != NULL && account->type != ACCOUNT_APPLICATION &&
	    (r->errand != NULL || r->unsaved.access != NULL);
}

void
renew_settle(struct account *account)
{
	struct renewal *r = account->renewal;

	if (r != NULL && r->unsaved.access != NULL)
		take_tokens(r);
}

void
renew_suspend(struct account *account)
{
	struct renewal *r = account->renewal;
	struct deadlines *deadlines = r->broker->deadlines;

	account_clear_leases(account);
	for (int s = 0; s < ACCOUNT_LEASES; s++)
		deadline_clear(deadlines, &r->ahead[s].deadline);
	if (r->unsaved.access == NULL)
		deadline_clear(deadlines, &r->retry);
	waiters_wake(&r->waiters);
}

void
renew_resume(struct account *account)
{
	struct renewal *r = account->renewal;

	if (keyring_is_open(r->broker->keyring))
		restore(r->broker, account);
	if (resume_waiting(r) != MAILSEAL_OK)
		log_error("retry is off", "account=%s: out of memory",
		    account->name);
}

void
renew_stop(struct account *account)
{
	struct renewal *r = account->renewal;

	errand_cancel(r->errand);
	r->errand = NULL;
	deadline_clear(r->broker->deadlines, &r->retry);
	for (int s = 0; s < ACCOUNT_LEASES; s++)
		deadline_clear(r->broker->deadlines, &r->ahead[s].deadline);
	tokens_clear(&r->unsaved);
}

void
renew_drop(struct account *account)
{
	struct renewal *r = account->renewal;

	if (r == NULL)
		return;
	renew_stop(account);
	account->renewal = NULL;
	waiters_wake(&r->waiters);
	free(r);
}
