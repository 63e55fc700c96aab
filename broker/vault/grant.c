/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>
#include <sysexits.h>

#include "broker/vault/grant.h"
#include "proto/error.h"

static const char *const names[] = {
	[GRANT_GOOD] = "good",
	[GRANT_WAITING] = "waiting",
	[GRANT_REAUTH] = "reauth",
	[GRANT_BLOCKED] = "blocked",
	[GRANT_DISABLED] = "disabled",
};

enum grant_state
grant_next(enum grant_state state, enum grant_event event,
    enum grant_state beneath)
{
	if (state == GRANT_DISABLED) /* what ends late wakes nothing */
		return event == GRANT_SWITCHED_ON ? beneath : state;
	switch (event) {
	case GRANT_ENROLLED:
	case GRANT_WORKED:
		return GRANT_GOOD;
	case GRANT_FAILED:
		/* Trouble on the way never hides who must act. */
		return state == GRANT_GOOD ? GRANT_WAITING : state;
	case GRANT_DIED:
		return GRANT_REAUTH;
	case GRANT_FAULTED:
		return state == GRANT_REAUTH ? state : GRANT_BLOCKED;
	case GRANT_SWITCHED_OFF:
		return GRANT_DISABLED;
	case GRANT_SWITCHED_ON:
		break;
	}
	return state;
}

void
grant_move(enum grant_state *state, enum grant_state *beneath,
    enum grant_event event)
{
	switch (event) {
	case GRANT_SWITCHED_OFF:
		if (*state != GRANT_DISABLED)
			*beneath = *state;
		break;
	case GRANT_SWITCHED_ON:
		break;
	case GRANT_ENROLLED:
	case GRANT_WORKED:
	case GRANT_FAILED:
	case GRANT_DIED:
	case GRANT_FAULTED:
		if (*state == GRANT_DISABLED)
			*beneath = grant_next(*beneath, event, *beneath);
		break;
	}
	*state = grant_next(*state, event, *beneath);
}

uint64_t
grant_backoff_ms(unsigned failures, uint64_t retry_after_s, uint32_t random)
{
	uint64_t wait = GRANT_BACKOFF_FIRST_MS;

	for (unsigned i = 1; i < failures && wait < GRANT_BACKOFF_MAX_MS; i++)
		wait *= 2;
	if (wait > GRANT_BACKOFF_MAX_MS)
		wait = GRANT_BACKOFF_MAX_MS;
	wait = wait / 2 + random % (wait / 2 + 1);
	return wait < retry_after_s * 1000 ? retry_after_s * 1000 : wait;
}

const char *
grant_state_name(enum grant_state state)
{
	return names[state];
}

int
grant_state_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

enum grant_event
grant_event_of_class(const char *class)
{
	if (strcmp(class, "ok") == 0)
		return GRANT_WORKED;
	if (strcmp(class, "reauth") == 0 || strcmp(class, "denied") == 0)
		return GRANT_DIED;
	if (strcmp(class, "admin") == 0 || strcmp(class, "config") == 0)
		return GRANT_FAULTED;
	return GRANT_FAILED; /* what is not understood kills nothing */
}

int
grant_trouble(enum grant_state state, int reason)
{
	switch (state) {
	case GRANT_GOOD:
		return MAILSEAL_E_TIMEOUT;
	case GRANT_WAITING:
		/* Whatever it was, a queue must see "later" and not bounce. */
		if (mailseal_error_exit(reason) == EX_TEMPFAIL)
			return reason;
		return MAILSEAL_E_PROVIDER;
	case GRANT_REAUTH:
		return reason != MAILSEAL_OK ? reason : MAILSEAL_E_REAUTH;
	case GRANT_BLOCKED:
		return reason != MAILSEAL_OK ? reason : MAILSEAL_E_ADMIN;
	case GRANT_DISABLED:
		return MAILSEAL_E_DISABLED;
	}
	return MAILSEAL_E_INTERNAL;
}
