/* SPDX-License-Identifier: ISC */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/policy.h"
#include "broker/vault/account.h"
#include "proto/error.h"

struct policy {
	struct rules *rules; /* NULL in one that was narrowed */
	size_t count;
	/* By pattern, those of one as they stand: a request looks at few. */
	const struct allow **sorted;
};

/* The two sections that an address can be in. */
struct sections {
	const char *name[2];
	char domain[ACCOUNT_MAX + 2]; /* *@domain */
};

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	free(policy->sorted);
	rules_free(policy->rules);
	free(policy);
}

static int
by_pattern(const void *one, const void *other)
{
	const struct allow *a = *(const struct allow *const *)one;
	const struct allow *b = *(const struct allow *const *)other;
	int order = strcmp(a->pattern, b->pattern);

	return order != 0 ? order : (a > b) - (a < b);
}

int
policy_read(const char *folder, const struct rules_terms *terms,
    struct policy **policy, struct fault *fault)
{
	AUTO(policy) p = calloc(1, sizeof(*p));
	int error;

	if (p == NULL)
		return MAILSEAL_E_NOMEM;
	error = rules_read(folder, terms, &p->rules, fault);
	if (error != MAILSEAL_OK)
		return error;
	p->sorted = calloc(p->rules->count + 1, sizeof(struct allow *));
	if (p->sorted == NULL)
		return MAILSEAL_E_NOMEM;
	p->count = p->rules->count;
	for (size_t i = 0; i < p->count; i++)
		p->sorted[i] = &p->rules->at[i];
	qsort(p->sorted, p->count, sizeof(struct allow *), by_pattern);
	*policy = p;
	p = NULL;
	return MAILSEAL_OK;
}

/* The first place from which on no pattern comes before this one. */
static size_t
place_of(const struct policy *policy, const char *pattern)
{
	size_t low = 0, high = policy->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(policy->sorted[middle]->pattern, pattern) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The line at a place, when it is one of this section; else NULL. */
static const struct allow *
line_at(const struct policy *policy, size_t place, const char *section)
{
	if (place >= policy->count ||
	    strcmp(policy->sorted[place]->pattern, section) != 0)
		return NULL;
	return policy->sorted[place];
}

/* False when it is no address. */
static bool
find_sections(const char *name, struct sections *sections)
{
	const char *at = strchr(name, '@');

	if (at == NULL || at == name || strlen(name) > ACCOUNT_MAX)
		return false;
	(void)snprintf(sections->domain, sizeof(sections->domain), "*%s", at);
	sections->name[0] = name;
	sections->name[1] = sections->domain;
	return true;
}

/* Whether his login name is the local part of an address. */
static bool
owns(struct caller *caller, const char *name)
{
	const char *login = caller_login(caller);
	size_t len = strcspn(name, "@");

	return login != NULL && strlen(login) == len &&
	    memcmp(login, name, len) == 0;
}

/* A unit's name is itself: it has no letter that a glob gives a meaning to. */
static bool
is_in_unit(struct caller *caller, const char *glob)
{
	const char *unit = caller_unit(caller);

	return unit != NULL && fnmatch(glob, unit, FNM_NOESCAPE) == 0;
}

/* Whether a line is for this caller and account; the unit is dear, and last. */
static bool
is_for(const struct allow *a, struct caller *caller, const char *name)
{
	return (!a->by_user || a->uid == caller->peer->uid) &&
	    (!a->by_group || peer_in_group(caller->peer, a->gid)) &&
	    (!a->owner || owns(caller, name)) &&
	    (a->unit == NULL || is_in_unit(caller, a->unit));
}

static bool
holds(const struct allow *a, struct caller *caller, const char *name,
    enum service service)
{
	return (a->services & 1u << service) != 0 && is_for(a, caller, name);
}

/* Of two lines that hold, the one that is told. */
static bool
goes_before(const struct allow *a, const struct allow *found)
{
	if (found == NULL)
		return true;
	if (a->rule.may_have_password != found->rule.may_have_password)
		return a->rule.may_have_password;
	return a < found;
}

const struct rule *
policy_match(const struct policy *policy, struct caller *caller,
    const char *name, enum service service)
{
	const struct allow *found = NULL, *a;
	struct sections sections;

	if (!find_sections(name, &sections))
		return NULL;
	for (int s = 0; s < 2; s++) {
		const char *section = sections.name[s];
		size_t i = place_of(policy, section);

		for (; (a = line_at(policy, i, section)) != NULL; i++)
			if (goes_before(a, found) &&
			    holds(a, caller, name, service))
				found = a;
	}
	return found != NULL ? &found->rule : NULL;
}

/* What a line lacks that is for this user and service; ~0: it is for others. */
static unsigned
lacks_of(const struct allow *a, struct caller *caller, const char *name,
    enum service service)
{
	unsigned lacks = 0;

	if ((a->services & 1u << service) == 0 ||
	    (a->by_user && a->uid != caller->peer->uid) ||
	    (a->owner && !owns(caller, name)))
		return ~0u;
	if (a->by_group && !peer_in_group(caller->peer, a->gid))
		lacks |= LACK_GROUP;
	if (a->unit != NULL && !is_in_unit(caller, a->unit))
		lacks |= LACK_UNIT;
	return lacks;
}

static unsigned
count_of(unsigned lacks)
{
	return (lacks & 1) + (lacks >> 1 & 1);
}

const struct allow *
policy_nearest(const struct policy *policy, struct caller *caller,
    const char *name, enum service service, unsigned *lacks)
{
	const struct allow *found = NULL, *a;
	struct sections sections;
	unsigned least = 0;

	if (!find_sections(name, &sections))
		return NULL;
	for (int s = 0; s < 2; s++) {
		const char *section = sections.name[s];
		size_t i = place_of(policy, section);

		for (; (a = line_at(policy, i, section)) != NULL; i++) {
			unsigned its = lacks_of(a, caller, name, service);
			unsigned more = count_of(its), than = count_of(least);

			if (its == ~0u ||
			    (found != NULL &&
				(more > than || (more == than && a > found))))
				continue;
			found = a;
			least = its;
		}
	}
	if (found != NULL)
		*lacks = least;
	return found;
}

bool
policy_has_password(const struct policy *policy, const char *name)
{
	struct sections sections;
	const struct allow *a;

	if (!find_sections(name, &sections))
		return false;
	for (int s = 0; s < 2; s++) {
		const char *section = sections.name[s];
		size_t i = place_of(policy, section);

		for (; (a = line_at(policy, i, section)) != NULL; i++)
			if (a->rule.may_have_password)
				return true;
	}
	return false;
}

/*
 * The one account that a line means, if just one: of a whole domain, where it
 * is for the owner.
 */
static bool
find_account(const struct allow *a, struct caller *caller,
    char name[ACCOUNT_MAX + 1])
{
	char address[2 * ACCOUNT_MAX + 2];
	const char *login;

	if (a->pattern[0] != '*')
		return account_fold(a->pattern, name) == MAILSEAL_OK;
	login = a->owner ? caller_login(caller) : NULL;
	if (login == NULL)
		return false;
	(void)snprintf(address, sizeof(address), "%s%s", login, a->pattern + 1);
	return account_fold(address, name) == MAILSEAL_OK;
}

bool
policy_preferred(const struct policy *policy, struct caller *caller,
    enum service service, char name[ACCOUNT_MAX + 1])
{
	const struct allow *found = NULL;
	char address[ACCOUNT_MAX + 1];

	for (size_t i = 0; i < policy->count; i++) {
		const struct allow *a = policy->sorted[i];

		if (!a->preferred || (found != NULL && a > found) ||
		    !find_account(a, caller, address) ||
		    !holds(a, caller, address, service))
			continue;
		found = a;
		memcpy(name, address, sizeof(address));
	}
	return found != NULL;
}

static int
append(struct policy *policy, size_t *room, const struct allow *a)
{
	const struct allow **grown;

	if (policy->count == *room) {
		grown = reallocarray(policy->sorted, *room * 2 + 16,
		    sizeof(*grown));
		if (grown == NULL)
			return MAILSEAL_E_NOMEM;
		policy->sorted = grown;
		*room = *room * 2 + 16;
	}
	policy->sorted[policy->count++] = a;
	return MAILSEAL_OK;
}

/* What a line gives within its section, to a caller whom it is for: a bit. */
static unsigned
gift_of(const struct allow *a)
{
	unsigned kind = (a->rule.may_have_password ? 1u : 0u) |
	    (a->owner ? 2u : 0u) | (a->preferred ? 4u : 0u);

	return a->services << kind * SERVICE_COUNT;
}

int
policy_narrow(const struct policy *policy, struct caller *caller,
    struct policy **narrowed)
{
	AUTO(policy) p = calloc(1, sizeof(*p));
	char account[ACCOUNT_MAX + 1];
	size_t room = 0;
	unsigned given = 0; /* by the section that is looked at */
	int error = MAILSEAL_OK;

	if (p == NULL)
		return MAILSEAL_E_NOMEM;
	for (size_t i = 0; error == MAILSEAL_OK && i < policy->count; i++) {
		const struct allow *a = policy->sorted[i];
		const char *name = a->owner ? account : a->pattern;

		if (i == 0 ||
		    strcmp(a->pattern, policy->sorted[i - 1]->pattern) != 0)
			given = 0;
		/* Ten lines that give the same are as good as the first. */
		if ((gift_of(a) & ~given) == 0 ||
		    (a->owner && !find_account(a, caller, account)) ||
		    !is_for(a, caller, name))
			continue;
		given |= gift_of(a);
		error = append(p, &room, a);
	}
	if (error != MAILSEAL_OK)
		return error;
	*narrowed = p;
	p = NULL;
	return MAILSEAL_OK;
}

size_t
policy_count(const struct policy *policy)
{
	return policy->count;
}

size_t
policy_off(const struct policy *policy)
{
	return policy->rules != NULL ? policy->rules->off : 0;
}

const struct allow *
policy_line(const struct policy *policy, size_t place)
{
	return &policy->rules->at[place];
}
