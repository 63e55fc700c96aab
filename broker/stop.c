/* SPDX-License-Identifier: ISC */
#include "broker/stop.h"
#include "broker/clients.h"
#include "broker/errand.h"
#include "broker/log.h"
#include "broker/notify.h"
#include "broker/renew.h"
#include "proto/error.h"

#define LOOK_MS 20     /* between looks whether all is in */
#define SETTLE_MS 1000 /* between tries to save what the disk did not take */

static bool
is_owed(const struct broker *b)
{
	for (size_t i = 0; i < accounts_count(b->accounts); i++)
		if (renew_is_owed(accounts_at(b->accounts, i)))
			return true;
	return false;
}

/* What is not begun by now is not begun any more: who waits is told. */
static void
send_away(struct broker *b)
{
	bool settles = now_ms() >= b->stop_settle_ms;

	if (settles)
		b->stop_settle_ms = now_ms() + SETTLE_MS;
	waiters_wake(&b->waiters_for_key);
	for (size_t i = 0; i < accounts_count(b->accounts); i++) {
		struct account *a = accounts_at(b->accounts, i);

		if (settles)
			renew_settle(a);
		if (a->renewal != NULL && !renew_is_owed(a))
			waiters_wake(renew_waiters(a));
	}
}

/* Whether somebody is still to be answered, and has time for it. */
static bool
is_attended(const struct broker *b)
{
	return b->clients != NULL && clients_count(b->clients) > 0 &&
	    now_ms() < b->stop_clients_ms;
}

/* Stop as soon as nothing is lost by it, and in the end all the same. */
static void
look(void *arg)
{
	struct broker *b = arg;
	bool owed;

	send_away(b);
	owed = is_owed(b);
	if (!owed && !is_attended(b)) {
		(void)sd_event_exit(b->event, 0);
		return;
	}
	if (now_ms() < b->stop_until_ms &&
	    deadline_set(b->deadlines, &b->stop, now_ms() + LOOK_MS) ==
		MAILSEAL_OK)
		return;
	if (owed)
		log_error("stopped too early", "%s",
		    "a rotated refresh token may be lost");
	(void)sd_event_exit(b->event, 0);
}

int
stop_begin(struct broker *b)
{
	if (b->stopping || b->accounts == NULL)
		return sd_event_exit(b->event, 0);
	notify_stopping();
	b->stopping = true;
	b->stop.pass = look;
	b->stop.arg = b;
	b->stop_clients_ms = now_ms() + STOP_CLIENTS_MS;
	b->stop_until_ms = now_ms() + ERRAND_MS + ERRAND_GRACE_MS;
	if (b->clients != NULL)
		clients_drain(b->clients);
	look(b);
	return 0;
}
