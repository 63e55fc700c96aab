/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/standing.h"

void
standings_free(struct standing *all)
{
	while (all != NULL) {
		struct standing *next = all->next;

		free(all);
		all = next;
	}
}

struct standing *
standing_of(struct standing **all, const char *provider)
{
	struct standing *s;

	for (s = *all; s != NULL; s = s->next)
		if (strcmp(s->provider, provider) == 0)
			return s;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	(void)snprintf(s->provider, sizeof(s->provider), "%s", provider);
	s->next = *all;
	*all = s;
	return s;
}

/* Where a label stands among those refused, or, for "", a free place. */
static char *
find(struct standing *s, const char *label)
{
	for (size_t i = 0; i < PROOFS_MAX; i++)
		if (strcmp(s->refused[i], label) == 0)
			return s->refused[i];
	return NULL;
}

void
standing_clears(struct standing *s, const char *label)
{
	char *place = find(s, label);

	if (place != NULL)
		place[0] = '\0';
}

void
standing_works(struct standing *s, const char *label, int64_t now)
{
	standing_clears(s, label);
	(void)snprintf(s->first, sizeof(s->first), "%s", label);
	s->worked_at = now;
}

bool
standing_refuses(struct standing *s, const char *label)
{
	char *place;

	if (strcmp(s->first, label) == 0)
		s->first[0] = '\0';
	if (find(s, label) != NULL)
		return false;
	place = find(s, "");
	if (place != NULL)
		(void)snprintf(place, sizeof(s->refused[0]), "%s", label);
	return true;
}

bool
standing_is_refused(const struct standing *s, const char *label)
{
	for (size_t i = 0; s != NULL && i < PROOFS_MAX; i++)
		if (strcmp(s->refused[i], label) == 0)
			return true;
	return false;
}

void
standing_forget(struct standing *s, const char *label)
{
	standing_clears(s, label);
	if (strcmp(s->first, label) == 0)
		s->first[0] = '\0';
}

void
standing_renew(struct standing *s)
{
	s->first[0] = '\0';
}

/* Whether it is to be kept for the end. */
static bool
is_last(const struct standing *s, const struct proof *p, int64_t now)
{
	bool taken_since = s != NULL && strcmp(s->first, p->label) == 0 &&
	    s->worked_at >= p->ends;

	return proof_has_ended(p, now) && !taken_since;
}

/* Labels are numbers without leading zeros. */
static bool
is_newer(const char *label, const char *other)
{
	size_t len = strlen(label), other_len = strlen(other);

	return len != other_len ? len > other_len : strcmp(label, other) > 0;
}

static bool
goes_before(const struct standing *s, const struct proof *p,
    const struct proof *other, int64_t now)
{
	bool last = is_last(s, p, now);

	if (last != is_last(s, other, now))
		return !last;
	if (!last && s != NULL && strcmp(s->first, p->label) == 0)
		return true;
	if (!last && s != NULL && strcmp(s->first, other->label) == 0)
		return false;
	return is_newer(p->label, other->label);
}

void
standing_sort(const struct standing *s, struct proof *proof, size_t count,
    int64_t now)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i;
		     j > 0 && goes_before(s, &proof[j], &proof[j - 1], now);
		     j--) {
			struct proof moved = proof[j];

			proof[j] = proof[j - 1];
			proof[j - 1] = moved;
		}
}
