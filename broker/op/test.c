/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/answer.h"
#include "broker/op/op.h"
#include "broker/op/trial.h"
#include "proto/error.h"

/* Which service a request names; -1: none. */
static int
service_named(struct line *in, const char *to)
{
	const char *word = line_get(in, "for", LINE_KEY_MAX);
	int service = word != NULL ? service_by_name(word) : -1;

	if (word == NULL)
		return -1;
	if (service != SERVICE_SMTP && service != SERVICE_IMAP)
		line_fail(in, MAILSEAL_E_UNKNOWN, "for");
	else if (service == SERVICE_IMAP && to != NULL)
		line_fail(in, MAILSEAL_E_UNKNOWN, "to");
	return service;
}

void
op_test(struct request *r)
{
	const char *address = line_need(r->in, "account", ACCOUNT_MAX);
	const char *to = line_get(r->in, "to", ACCOUNT_MAX);
	struct trial_wish wish = { .only = service_named(r->in, to), .to = to };
	const char *culprit = NULL;
	char name[ACCOUNT_MAX + 1];
	int error = line_end(r->in);

	if (error == MAILSEAL_OK && to != NULL) {
		error = account_fold(to, name);
		culprit = to;
	}
	if (error == MAILSEAL_OK) {
		error = account_fold(address, name);
		culprit = address;
	}
	if (error != MAILSEAL_OK) {
		answer_error(r->conn, error, NULL,
		    r->in->culprit != NULL ? r->in->culprit : culprit);
		return;
	}
	wish.account = name;
	trial_start(r, &wish);
}
