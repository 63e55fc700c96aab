/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "broker/notify.h"
#include "proto/error.h"

#define STATUS_MAX 128 /* bytes of the line of status */

static const char *
key_words(const struct broker *b)
{
	if (keyring_is_open(b->keyring))
		return "";
	return keyring_exists(b->keyring) ?
	    ", locked: \"mailseal status\" tells why" :
	    ", no master key yet: run \"mailseal init\"";
}

static void
write_status(const struct broker *b, char text[STATUS_MAX])
{
	size_t count = accounts_count(b->accounts);

	(void)snprintf(text, STATUS_MAX, "%zu account%s%s", count,
	    count == 1 ? "" : "s", key_words(b));
}

/* After each turn of the loop: tell what changed in it, and nothing else. */
static int
turn_ends(sd_event_source *source, void *arg)
{
	struct broker *b = arg;
	char text[STATUS_MAX];
	bool open = keyring_is_open(b->keyring);
	size_t count = accounts_count(b->accounts);

	(void)source;
	if (b->stopping || (b->told_open == open && b->told_accounts == count))
		return 0;
	b->told_open = open;
	b->told_accounts = count;
	write_status(b, text);
	(void)sd_notifyf(0, "STATUS=%s", text);
	return 0;
}

int
notify_open(struct broker *b)
{
	/* Without systemd there is no watchdog, and nobody to tell. */
	if (sd_event_set_watchdog(b->event, 1) < 0)
		return MAILSEAL_E_IO;
	if (sd_event_add_post(b->event, NULL, turn_ends, b) < 0)
		return MAILSEAL_E_NOMEM;
	return MAILSEAL_OK;
}

void
notify_ready(struct broker *b)
{
	char text[STATUS_MAX];

	b->told_open = keyring_is_open(b->keyring);
	b->told_accounts = accounts_count(b->accounts);
	write_status(b, text);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", text);
}

void
notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0,
	    "RELOADING=1\nMONOTONIC_USEC=%lld\n"
	    "STATUS=reading the configuration",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void
notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1\nSTATUS=answering who asked");
}
