/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/log.h"
#include "broker/refusal.h"
#include "proto/error.h"
#include "proto/glossary.h"

/* One that was told and is not over. */
struct refusal {
	char provider[PROVIDER_MAX + 1];
	int reason;
	struct refusal *next;
};

static struct refusal *all;

bool
refusal_is_shared(int reason)
{
	return reason == MAILSEAL_E_REGISTRATION ||
	    reason == MAILSEAL_E_CLIENT || reason == MAILSEAL_E_NOSECRET;
}

static struct refusal **
find(const char *provider)
{
	struct refusal **at = &all;

	while (*at != NULL && strcmp((*at)->provider, provider) != 0)
		at = &(*at)->next;
	return at;
}

void
refusal_tell(const struct account *a)
{
	struct refusal **at = find(a->provider), *made = *at;
	char advice[512];

	if (made != NULL && made->reason == a->reason)
		return;
	if (made == NULL)
		made = calloc(1, sizeof(*made));
	if (made != NULL) { /* else it is told once too often */
		(void)snprintf(made->provider, sizeof(made->provider), "%s",
		    a->provider);
		made->reason = a->reason;
		*at = made;
	}
	glossary_fill(mailseal_error_advice(a->reason), a->name, a->provider,
	    advice, sizeof(advice));
	log_error("registration refused",
	    "provider=%s reason=%s first=%s: told once for all its accounts: "
	    "%s: %s; %s",
	    a->provider, mailseal_error_name(a->reason), a->name,
	    mailseal_error_text(a->reason), printable(a->detail), advice);
}

void
refusal_end(const char *provider)
{
	struct refusal **at = find(provider), *over = *at;

	if (over == NULL)
		return;
	*at = over->next;
	free(over);
	log_info("registration works again", "provider=%s", provider);
}

void
refusals_clear(void)
{
	while (all != NULL) {
		struct refusal *next = all->next;

		free(all);
		all = next;
	}
}
