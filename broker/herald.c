/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "broker/catalogue.h"
#include "broker/herald.h"
#include "broker/log.h"
#include "proto/error.h"

#define ACCOUNT "account="

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
