/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/condition.h"
#include "broker/expiry.h"
#include "broker/renew.h"
#include "broker/vault/record.h"
#include "proto/error.h"

/* The text beside what was sealed could have been altered, or taken away. */
static int
ask_record(const struct broker *broker, const struct account *a)
{
	AUTO(secret) plain = NULL;
	int error;

	if (!keyring_is_open(broker->keyring))
		return MAILSEAL_E_REBIND;
	error = record_open(broker->store, broker->keyring,
	    kind_record(a->type), a->name, "", &plain, NULL);
	if (error == MAILSEAL_E_NOACCOUNT)
		return MAILSEAL_E_UNSEAL;
	return error != MAILSEAL_OK ? error : MAILSEAL_E_REBIND;
}

int
condition_binding(const struct broker *broker, const struct account *a)
{
	const struct provider *p = config_provider(broker->config, a->provider);

	if (renew_is_bound(broker, a))
		return MAILSEAL_OK;
	if (p == NULL)
		return MAILSEAL_E_NOPROVIDER;
	return p->fault != NULL ? MAILSEAL_E_CONFIG : ask_record(broker, a);
}

struct condition
condition_of(const struct broker *broker, const struct account *a)
{
	struct condition c = { .state = grant_state_name(a->state),
		.plight = { .error = a->reason,
		    .account = a->spelled,
		    .detail = a->detail,
		    .meaning = a->meaning,
		    .provider = a->provider } };
	const struct provider *p;

	if (a->state == GRANT_DISABLED) {
		c.plight.error = MAILSEAL_E_DISABLED;
		c.plight.detail = NULL;
		c.plight.meaning = NULL;
		return c;
	}
	if (renew_is_bound(broker, a))
		return c;
	p = config_provider(broker->config, a->provider);
	c.state = grant_state_name(GRANT_BLOCKED);
	c.plight.error = condition_binding(broker, a);
	c.plight.meaning = NULL;
	c.plight.detail = p == NULL ? a->provider : p->fault;
	return c;
}

/* Those that are refused, as "1, 3"; how many there are. */
static size_t
name_refused(const struct proofs *proofs, const struct standing *s,
    const struct provider *p, char *text, size_t size)
{
	size_t count = 0, len = 0;

	text[0] = '\0';
	for (size_t i = proofs->count; i-- > 0;) {
		const struct proof *proof = &proofs->proof[i];

		if (!registration_uses(p, proof->kind) ||
		    !standing_is_refused(s, proof->label) || len >= size)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%s %s",
		    count++ > 0 ? ", " : "", proof_noun(proof->kind),
		    proof->label);
	}
	return count;
}

/* The first that is not refused; NULL when there is none. */
static const struct proof *
find_used(const struct proofs *proofs, const struct standing *s,
    const struct provider *p)
{
	for (size_t i = 0; i < proofs->count; i++)
		if (proofs->proof[i].error == MAILSEAL_OK &&
		    registration_uses(p, proofs->proof[i].kind) &&
		    !standing_is_refused(s, proofs->proof[i].label))
			return &proofs->proof[i];
	return NULL;
}

/* What the end of the last one means, behind what is said; false: nothing. */
static bool
tell_end(int64_t ends, const char *provider, char *text, size_t size)
{
	enum expiry_stage stage = expiry_stage(ends, now_wall());
	time_t when = (time_t)ends;
	struct tm tm;
	char date[16] = "?";

	if (stage == EXPIRY_FAR)
		return false;
	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	(void)snprintf(text, size,
	    "the last client secret or certificate of provider %s %s on %s; "
	    "make another at the provider and seal it: \"mailseal provider "
	    "secret %s\"",
	    provider, stage == EXPIRY_OVER ? "ended" : "ends", date, provider);
	return true;
}

/* Which are refused, and what serves in their place; the length. */
static size_t
tell_refused(const struct provider *p, const char *names,
    const struct proof *used, char *text, size_t size)
{
	char instead[64] = "";

	if (used != NULL)
		(void)snprintf(instead, sizeof(instead), " %s %s is used;",
		    proof_noun(used->kind), used->label);
	return (size_t)snprintf(text, size,
	    "%s of provider %s %s refused;%s see \"mailseal provider check "
	    "%s\"",
	    names, p->name, strchr(names, ',') != NULL ? "are" : "is", instead,
	    p->name);
}

const char *
condition_of_provider(struct broker *broker, const struct provider *p,
    char text[TEXT_MAX])
{
	AUTO(proofs) proofs = NULL;
	const struct standing *s = standing_of(&broker->standings, p->name);
	const struct proof *used;
	char names[256];
	size_t len = 0;

	text[0] = '\0';
	if (p->fault != NULL) {
		(void)snprintf(text, TEXT_MAX, "%s", p->fault);
		return "error";
	}
	if (registration_load(broker, p, &proofs) != MAILSEAL_OK)
		return "ok"; /* the accounts tell more */
	used = find_used(proofs, s, p);
	if (name_refused(proofs, s, p, names, sizeof(names)) > 0)
		len = tell_refused(p, names, used, text, TEXT_MAX - 2);
	if (len > 0 && used == NULL)
		return "blocked";
	if (tell_end(expiry_of(p, proofs, s), p->name,
		len > 0 ? text + len + 2 : text, TEXT_MAX - len - 2) &&
	    len > 0)
		memcpy(text + len, "; ", 2);
	return text[0] != '\0' ? "attention" : "ok";
}
