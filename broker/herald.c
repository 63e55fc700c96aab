/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "broker/catalogue.h"
#include "broker/herald.h"
#include "broker/log.h"
#include "proto/error.h"

#define ACCOUNT "account="
#define BEHIND_MS 1000 /* between tries to tell what was lost */

/* A line that is about an account begins with it. */
static void
put_account(struct journal_entry *entry, const char *text)
{
	const char *account = text + strlen(ACCOUNT);

	if (strncmp(text, ACCOUNT, strlen(ACCOUNT)) == 0)
		journal_print(entry, "MAILSEAL_ACCOUNT", "%.*s",
		    (int)strcspn(account, " :"), account);
}

static bool
take(void *arg, int priority, const char *event, const char *text)
{
	struct journal_entry entry = { .len = 0 };
	const char *id = catalogue_log(event);

	if (id == NULL || !log_is_journal())
		return false;
	journal_print(&entry, "MESSAGE", "%s: %s", event, text);
	journal_print(&entry, "PRIORITY", "%d", priority);
	journal_put(&entry, "SYSLOG_IDENTIFIER", "mailseald");
	journal_put(&entry, "MESSAGE_ID", id);
	journal_put(&entry, "MAILSEAL_EVENT", event);
	put_account(&entry, text);
	return journal_send(arg, &entry, false) == MAILSEAL_OK;
}

void
herald_to(struct journal *journal)
{
	log_offer(journal != NULL ? take : NULL, journal);
}

int
herald_audit(struct broker *b, const struct config *config, struct fault *fault)
{
	struct audit_wish wish = { .path = b->audit_file,
		.journal = b->journal,
		.required = config->audit_required };
	int error = MAILSEAL_OK;

	if (wish.path == NULL)
		wish.path = config->audit_file;
	if (b->audit == NULL)
		error = audit_open(NULL, &b->audit);
	if (error == MAILSEAL_OK)
		error = audit_change(b->audit, &wish);
	if (error == MAILSEAL_E_IO)
		(void)fault_set(fault, wish.path, 0,
		    "the audit cannot be opened: %s", strerror(errno));
	return error;
}

static void
catch_up(void *arg)
{
	struct broker *b = arg;

	log_catch_up();
	audit_catch_up(b->audit);
}

/* After each turn of the loop, that of the last try as well. */
static int
turn_ends(sd_event_source *source, void *arg)
{
	struct broker *b = arg;

	(void)source;
	if (b->behind.place != 0 ||
	    (!log_is_behind() && !audit_is_behind(b->audit)))
		return 0;
	if (deadline_set(b->deadlines, &b->behind, now_ms() + BEHIND_MS) !=
	    MAILSEAL_OK)
		return 0; /* there are more turns */
	return 0;
}

int
herald_watch(struct broker *b)
{
	b->behind.pass = catch_up;
	b->behind.arg = b;
	return sd_event_add_post(b->event, NULL, turn_ends, b) < 0 ?
	    MAILSEAL_E_NOMEM :
	    MAILSEAL_OK;
}
