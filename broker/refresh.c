/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>

#include "broker/application.h"
#include "broker/binding.h"
#include "broker/condition.h"
#include "broker/log.h"
#include "broker/refresh.h"
#include "broker/refusal.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "proto/error.h"

int
refresh_note(struct broker *broker, const struct account *account)
{
	int error = account_commit(broker->store, account);

	if (error != MAILSEAL_OK)
		log_error("account not saved", "account=%s: %s: %s",
		    account->name, mailseal_error_text(error),
		    store_why(broker->store));
	return error;
}

/* What is wrong with the registration is not an alarm for each mailbox. */
static void
log_failure(const struct account *a, uint64_t wait_ms)
{
	if (!refusal_is_shared(a->reason)) {
		log_warn("refresh failed",
		    "account=%s state=%s reason=%s next_try_ms=%llu detail=%s",
		    a->name, grant_state_name(a->state),
		    mailseal_error_name(a->reason), (unsigned long long)wait_ms,
		    printable(a->detail));
		return;
	}
	refusal_tell(a);
	log_info("refresh refused", "account=%s state=%s next_try_ms=%llu",
	    a->name, grant_state_name(a->state), (unsigned long long)wait_ms);
}

void
refresh_failed(struct account *a, enum grant_event event,
    const struct outcome *outcome)
{
	struct outcome judged = *outcome;
	uint64_t wait;

	if (a->type == ACCOUNT_APPLICATION)
		application_judge(&judged);
	if (a->type == ACCOUNT_APPLICATION && event == GRANT_DIED)
		event = GRANT_FAULTED;
	if (a->failures < 1000)
		a->failures++;
	grant_move(&a->state, &a->beneath, event);
	a->reason = judged.reason;
	a->meaning = judged.meaning;
	(void)snprintf(a->detail, sizeof(a->detail), "%s",
	    judged.detail != NULL ? judged.detail : "");
	a->intent = false;
	wait = grant_backoff_ms(a->failures, judged.retry_after_s,
	    randombytes_random());
	/* What an admin must change is looked at rarely. */
	if (account_own_state(a) != GRANT_WAITING &&
	    wait < GRANT_BACKOFF_MAX_MS / 3)
		wait = GRANT_BACKOFF_MAX_MS / 3;
	a->next_try_ms = now_ms() + wait;
	a->next_try = now_wall() + (int64_t)((wait + 999) / 1000);
	log_failure(a, wait);
}

void
refresh_worked(const struct account *a)
{
	refusal_end(a->provider);
}

/* The arena is full: give back what can be had again. */
static void
make_room(struct broker *broker)
{
	for (size_t i = 0; i < accounts_count(broker->accounts); i++) {
		struct account *a = accounts_at(broker->accounts, i);

		for (size_t s = 0; s < ACCOUNT_LEASES; s++)
			lease_trim(&a->lease[s], now_ms());
	}
}

static int
ask_by_token(struct broker *broker, const struct account *a,
    enum service service, const struct provider *p, const struct secret *token,
    struct errand **errand)
{
	struct bound bound;
	char enrolled[24];
	struct errand *e;
	int error = binding_read(a->bound, &bound);

	if (error != MAILSEAL_OK)
		return error;
	e = errand_new(broker, "refresh", p->value[SETTING_MODULE],
	    bound.endpoints.origins);
	if (e == NULL)
		return MAILSEAL_E_NOMEM;
	errand_registration(e, p);
	errand_set(e, "scope", provider_scope(p, service));
	errand_set(e, "issuer", bound.endpoints.issuer);
	errand_set(e, "token_endpoint", bound.endpoints.token);
	errand_set(e, "jwks_uri", bound.endpoints.jwks);
	errand_in(e, "id_sub", a->sub);
	(void)snprintf(enrolled, sizeof(enrolled), "%lld",
	    (long long)a->enrolled_at);
	errand_in(e, "enrolled_at", enrolled);
	errand_in_secret(e, "refresh_token", token);
	*errand = e;
	return MAILSEAL_OK;
}

/* What is sealed is opened even where it is empty: it says where to go. */
static int
prepare(struct broker *broker, const struct account *a, enum service service,
    const struct provider *p, struct errand **errand)
{
	AUTO(secret) sealed = NULL;
	int error = record_open_bound(broker->store, broker->keyring,
	    kind_record(a->type), a->name, a->bound, &sealed);

	if (error != MAILSEAL_OK)
		return error;
	if (a->type == ACCOUNT_APPLICATION)
		return application_ask(broker, p, a->bound, a->spelled, service,
		    errand);
	return ask_by_token(broker, a, service, p, sealed, errand);
}

/* Of each attempt: the provider file may have been read again meanwhile. */
static int
build(void *arg, struct errand **errand)
{
	const struct refresh *r = arg;
	const struct provider *p = config_provider(r->broker->config,
	    r->account->provider);
	int error = condition_binding(r->broker, r->account);

	return error != MAILSEAL_OK ?
	    error :
	    prepare(r->broker, r->account, r->service, p, errand);
}

static int
begin(struct refresh *r, errand_done *done, void *arg, struct errand **handle)
{
	struct account *a = r->account;
	const struct provider *p = config_provider(r->broker->config,
	    a->provider);
	int error = condition_binding(r->broker, a);

	if (error != MAILSEAL_OK)
		return error;
	/* After a crash from here on, a rotation may have been lost. */
	a->intent = a->type == ACCOUNT_OAUTH;
	if (a->intent)
		error = refresh_note(r->broker, a);
	if (error == MAILSEAL_OK)
		error = attempt_start(r->broker, p, build, r, done, arg,
		    handle);
	if (error != MAILSEAL_OK && a->intent) {
		a->intent = false;
		(void)refresh_note(r->broker, a); /* it logged what failed */
	}
	return error;
}

int
refresh_start(struct refresh *refresh, errand_done *done, void *arg,
    struct errand **handle)
{
	int error = begin(refresh, done, arg, handle);

	if (error == MAILSEAL_E_NOMEM)
		make_room(refresh->broker);
	return error;
}
