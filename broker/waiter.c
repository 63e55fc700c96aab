/* SPDX-License-Identifier: ISC */
#include <stddef.h>

#include "broker/waiter.h"
#include "proto/error.h"

static void
unhang(struct waiter *waiter)
{
	for (struct waiter **at = waiter->list; *at != NULL;
	     at = &(*at)->next) {
		if (*at != waiter)
			continue;
		*at = waiter->next;
		break;
	}
	waiter->next = NULL;
	waiter->list = NULL;
}

static void
time_passes(void *arg)
{
	struct waiter *waiter = arg;

	unhang(waiter);
	waiter->wake(waiter, true);
}

int
waiter_hang(struct waiter *waiter, struct waiter **list, uint64_t until_ms)
{
	int error;

	waiter->deadline.pass = time_passes;
	waiter->deadline.arg = waiter;
	error = deadline_set(waiter->deadlines, &waiter->deadline, until_ms);
	if (error != MAILSEAL_OK)
		return error;
	waiter->next = *list;
	waiter->list = list;
	*list = waiter;
	return MAILSEAL_OK;
}

void
waiter_dismiss(struct waiter *waiter)
{
	if (waiter->list == NULL)
		return; /* it is being woken anyway */
	deadline_clear(waiter->deadlines, &waiter->deadline);
	time_passes(waiter);
}

void
waiters_wake(struct waiter **list)
{
	struct waiter *going = NULL, *waiter;

	/* Those here now, turned around: who came first is woken first. */
	while ((waiter = *list) != NULL) {
		*list = waiter->next;
		deadline_clear(waiter->deadlines, &waiter->deadline);
		waiter->list = NULL;
		waiter->next = going;
		going = waiter;
	}
	while ((waiter = going) != NULL) {
		going = waiter->next;
		waiter->next = NULL;
		waiter->wake(waiter, false);
	}
}
