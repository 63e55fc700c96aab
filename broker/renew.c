/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/binding.h"
#include "broker/errand.h"
#include "broker/log.h"
#include "broker/registration.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "proto/error.h"

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
	struct errand *errand; /* the one exchange under way; NULL: none */
	enum service service;  /* whose lease it is for */
	struct tokens unsaved; /* that the disk did not take */
	struct deadline retry;
	struct ahead ahead[ACCOUNT_LEASES];
};

struct waiter **
renew_waiters(struct account *account)
{
	return &account->renewal->waiters;
}

/* The first service that asks for the same scope lends its lease. */
static enum service
lease_owner(const struct broker *broker, const struct account *account,
    enum service service)
{
	const struct provider *p = config_provider(broker->config,
	    account->provider);

	if (p == NULL || p->fault != NULL)
		return service;
	for (int i = 0; i < (int)service; i++) {
		const char *mine = provider_scope(p, service);
		const char *other = provider_scope(p, (enum service)i);

		if (mine == other ||
		    (mine != NULL && other != NULL && strcmp(mine, other) == 0))
			return (enum service)i;
	}
	return service;
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
	    binding_agrees(account->bound, p);
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
	lease_issue(lease, &tokens->access, now_ms(), now_wall(),
	    tokens->life_s);
	lease->state = lease_next(lease->state, LEASE_ISSUED, true);
	tokens_clear(tokens);
	if (account->renewal != NULL)
		look_ahead(account, (enum service)(lease - account->lease));
}

/* Write an account's line alone, and log what stands in the way. */
static int
save_account(struct broker *broker, const struct account *account)
{
	int error = account_commit(broker->store, account);

	if (error != MAILSEAL_OK)
		log_error("account not saved", "account=%s: %s: %s",
		    account->name, mailseal_error_text(error),
		    store_why(broker->store));
	return error;
}

/* Note a failure, and when to try again. */
static void
note_failure(struct renewal *r, enum grant_event event,
    const struct outcome *outcome)
{
	struct account *a = r->account;
	uint64_t wait;

	if (a->failures < 1000)
		a->failures++;
	a->state = grant_next(a->state, event);
	a->reason = outcome->reason;
	(void)snprintf(a->detail, sizeof(a->detail), "%s",
	    outcome->detail != NULL ? outcome->detail : "");
	a->intent = false;
	wait = grant_backoff_ms(a->failures, outcome->retry_after_s,
	    randombytes_random());
	/* What an admin must change is looked at rarely. */
	if (a->state != GRANT_WAITING && wait < GRANT_BACKOFF_MAX_MS / 3)
		wait = GRANT_BACKOFF_MAX_MS / 3;
	a->next_try_ms = now_ms() + wait;
	a->next_try = now_wall() + (int64_t)((wait + 999) / 1000);
	log_warn("refresh failed",
	    "account=%s state=%s reason=%s "
	    "next_try_ms=%llu detail=%s",
	    a->name, grant_state_name(a->state), mailseal_error_name(a->reason),
	    (unsigned long long)wait, printable(a->detail));
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
	(void)save_account(r->broker, r->account); /* it logged what failed */
	waiters_wake(&r->waiters);
}

static int
prepare(struct renewal *r, const struct provider *p, const struct bound *bound,
    struct errand **errand)
{
	struct broker *broker = r->broker;
	AUTO(secret) token = NULL;
	AUTO(secret) client_secret = NULL;
	struct errand *e;
	int error;

	error = record_open(broker->store, broker->keyring, "refresh",
	    r->account->name, "", &token, NULL);
	if (error == MAILSEAL_OK)
		error = registration_secret(broker, p, &client_secret);
	if (error != MAILSEAL_OK)
		return error;
	e = errand_new(broker, "refresh", p->value[SETTING_MODULE],
	    bound->endpoints.origins);
	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(e, p);
	errand_set(e, "scope", provider_scope(p, r->service));
	errand_set(e, "issuer", bound->endpoints.issuer);
	errand_set(e, "token_endpoint", bound->endpoints.token);
	errand_set(e, "jwks_uri", bound->endpoints.jwks);
	errand_in(e, "id_sub", r->account->sub);
	errand_in_secret(e, "refresh_token", token);
	errand_in_secret(e, "client_secret", client_secret);
	*errand = e;
	return MAILSEAL_OK;
}

static int
start_refresh(struct renewal *r, enum service service)
{
	struct broker *broker = r->broker;
	struct account *a = r->account;
	const struct provider *p = config_provider(broker->config, a->provider);
	AUTO(errand) errand = NULL;
	struct bound bound;
	int error;

	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	if (!renew_is_bound(broker, a))
		return MAILSEAL_E_REBIND;
	error = binding_read(a->bound, &bound);
	if (error != MAILSEAL_OK)
		return error;
	r->service = service;
	error = prepare(r, p, &bound, &errand);
	if (error != MAILSEAL_OK)
		return error;
	/* After a crash from here on, a rotation may have been lost. */
	a->intent = true;
	error = save_account(broker, a);
	if (error == MAILSEAL_OK)
		error = errand_start(&errand, refresh_ends, r, &r->errand);
	if (error != MAILSEAL_OK)
		a->intent = false;
	return error;
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
	/* Whatever callers do, there is one exchange an account at a time. */
	if (r->errand != NULL)
		return MAILSEAL_OK;
	if (account->next_try_ms > now_ms())
		return MAILSEAL_OK;
	if (r->unsaved.access != NULL) {
		take_tokens(r);
		return MAILSEAL_OK;
	}
	if (!keyring_is_open(broker->keyring))
		return MAILSEAL_E_LOCKED;
	error = start_refresh(r, owner);
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

	if (error != MAILSEAL_OK)
		log_warn("renewal not tried", "account=%s: %s",
		    r->account->name, mailseal_error_text(error));
}

static void
retry_comes(void *arg)
{
	struct renewal *r = arg;

	if (r->waiters != NULL || r->unsaved.access != NULL ||
	    r->account->lease[r->service].wanted)
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

void
renew_unlocked(struct broker *broker)
{
	for (size_t i = 0; i < accounts_count(broker->accounts); i++) {
		struct account *a = accounts_at(broker->accounts, i);

		for (int s = 0; a->type == ACCOUNT_OAUTH && s < SERVICE_COUNT;
		     s++)
			if (a->lease[s].token == NULL &&
			    tokens_restore(broker, a, (enum service)s))
				look_ahead(a, (enum service)s);
	}
	waiters_wake(&broker->waiters_for_key);
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
	if (account->next_try > now_wall())
		account->next_try_ms = now_ms() +
		    (uint64_t)(account->next_try - now_wall()) * 1000;
	account->renewal = r;
	return MAILSEAL_OK;
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
