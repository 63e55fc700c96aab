/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/gate.h"
#include "broker/reach.h"
#include "proto/error.h"

static bool
is_same(const char *one, const char *other)
{
	return one == other ||
	    (one != NULL && other != NULL && strcasecmp(one, other) == 0);
}

/* An address without what may be left out: a slash at its end. */
static size_t
address_length(const char *url)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	return len;
}

static bool
is_same_address(const char *one, const char *other)
{
	size_t len;

	if (one == NULL || other == NULL)
		return one == other;
	len = address_length(one);
	return len == address_length(other) &&
	    strncasecmp(one, other, len) == 0;
}

static bool
is_under(const struct allow *a, const char *name)
{
	if (a->pattern[0] == '*')
		return strcmp(a->pattern + 1, strchr(name, '@')) == 0;
	return strcmp(a->pattern, name) == 0;
}

static bool
has_same_local_part(const char *name, const char *other)
{
	size_t len = strcspn(name, "@");

	return len == strcspn(other, "@") && memcmp(name, other, len) == 0;
}

/* Whether a line for one account is for the same callers as one for another. */
static bool
is_for_same(const struct allow *a, const char *name, const struct allow *b,
    const char *other)
{
	return a->by_user == b->by_user && (!a->by_user || a->uid == b->uid) &&
	    a->by_group == b->by_group && (!a->by_group || a->gid == b->gid) &&
	    (a->unit == NULL) == (b->unit == NULL) &&
	    (a->unit == NULL || strcmp(a->unit, b->unit) == 0) &&
	    a->owner == b->owner &&
	    (!a->owner || has_same_local_part(name, other));
}

/* Whether what a line gives of one account is given of another's, too. */
static bool
is_given(const struct policy *policy, const struct allow *a, const char *name,
    const char *other)
{
	unsigned services = 0;

	if (is_under(a, other) && is_for_same(a, name, a, other))
		return true;
	for (size_t i = 0; i < policy_count(policy); i++) {
		const struct allow *b = policy_line(policy, i);

		if (is_under(b, other) && is_for_same(a, name, b, other))
			services |= b->services;
	}
	return (a->services & ~services) == 0;
}

/* Whether who may have the strings of one account may have another's. */
static bool
covers(const struct policy *policy, const char *name, const char *other)
{
	for (size_t i = 0; i < policy_count(policy); i++) {
		const struct allow *a = policy_line(policy, i);

		if (is_under(a, name) && !is_given(policy, a, name, other))
			return false;
	}
	return true;
}

/* Whether a provider is of this registration.  One whose file could not be
   read is of none. */
static bool
is_of(const struct provider *p, const struct provider *registration)
{
	static const enum setting settings[] = { SETTING_MODULE,
		SETTING_CLIENT_ID };

	if (p == NULL || p->value[SETTING_MODULE] == NULL ||
	    reach_of_account(p).extent != REACH_REGISTRATION)
		return false;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!is_same(p->value[settings[i]],
			registration->value[settings[i]]))
			return false;
	return is_same_address(p->value[SETTING_AUTHORITY],
	    registration->value[SETTING_AUTHORITY]);
}

/* Whether a provider's accounts need not be looked at. */
static bool
is_open(const struct provider *p)
{
	return !is_of(p, p) ||
	    (p->value[SETTING_ACCEPT_REACH] != NULL &&
		ini_bool(p->value[SETTING_ACCEPT_REACH]) == 1);
}

const struct account *
gate_other(const struct config *config, const struct accounts *accounts,
    const struct provider *p, const char *name)
{
	if (is_open(p))
		return NULL;
	for (size_t i = 0; i < accounts_count(accounts); i++) {
		const struct account *a = accounts_at(accounts, i);

		if (strcmp(a->name, name) != 0 &&
		    is_of(config_provider(config, a->provider), p) &&
		    (!covers(config->policy, name, a->name) ||
			!covers(config->policy, a->name, name)))
			return a;
	}
	return NULL;
}

/*
 * Whether a provider has accounts that may not be there.  To be under the same
 * rules goes from one to the next: the first is compared with all.
 */
static bool
find_fault(const struct config *config, const struct accounts *accounts,
    const struct provider *p, struct fault *fault)
{
	const struct account *first = NULL, *other;
	const struct origin *origin = &p->origin[SETTING_FLOW];

	for (size_t i = 0; first == NULL && i < accounts_count(accounts); i++)
		if (strcmp(accounts_at(accounts, i)->provider, p->name) == 0)
			first = accounts_at(accounts, i);
	if (first == NULL)
		return false;
	other = gate_other(config, accounts, p, first->name);
	if (other == NULL)
		return false;
	(void)fault_set(fault, p->file,
	    origin->file == p->file ? origin->line : 0,
	    "a string of %s opens the mailbox of %s as well, and the two are "
	    "under different allow lines; give both the same ones, or write "
	    "accept_reach = yes",
	    first->spelled, other->spelled);
	return true;
}

size_t
gate_check(const struct config *config, const struct accounts *accounts,
    const struct alarm *alarm)
{
	struct fault fault;
	size_t count = 0;

	for (size_t i = 0; i < config->provider_count; i++) {
		fault = (struct fault){ 0 };
		if (!find_fault(config, accounts, config->providers[i], &fault))
			continue;
		alarm_ring(alarm, &fault);
		count++;
	}
	return count;
}

static int
close_one(struct config *config, struct provider *p, const struct alarm *alarm,
    const struct fault *fault)
{
	char words[FAULT_WORDS_MAX];
	int error = fault_forgive(fault, MAILSEAL_E_CONFIG, config->strictness,
	    alarm, &config->off);

	if (error != MAILSEAL_OK || p->fault != NULL)
		return error;
	fault_say(fault, words);
	p->fault = strdup(words);
	return p->fault != NULL ? MAILSEAL_OK : MAILSEAL_E_NOMEM;
}

int
gate_close(struct config *config, const struct accounts *accounts,
    const struct alarm *alarm, struct fault *fault)
{
	int error = MAILSEAL_OK;

	for (size_t i = 0; error == MAILSEAL_OK && i < config->provider_count;
	     i++) {
		struct fault found = { 0 };
		struct provider *p = config->providers[i];

		if (!find_fault(config, accounts, p, &found))
			continue;
		error = close_one(config, p, alarm, &found);
		if (error != MAILSEAL_OK)
			*fault = found;
	}
	return error;
}
