/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/answer.h"
#include "broker/op/op.h"
#include "broker/vault/record.h"
#include "proto/error.h"

#define ITEM_ROOM 16384

/* A look at every record, and what came of it. */
struct look {
	const struct broker *broker;
	struct list list;
	uint64_t records, failed;
};

static void
add_failed(struct look *look, const struct store_record *record, int error)
{
	bool of_account = strncmp(record->kind, "client_", 7) != 0;
	struct plight plight = { .error = error,
		.account = of_account ? record->owner : NULL,
		.detail = record->kind };
	char bytes[ITEM_ROOM], text[TEXT_MAX];
	struct line_writer w;

	look->failed++;
	plight_text(&plight, text, sizeof(text));
	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "record");
	line_put(&w, "type", record->kind);
	line_put(&w, of_account ? "account" : "provider", record->owner);
	if (record->label[0] != '\0')
		line_put(&w, "label", record->label);
	line_put(&w, "reason", mailseal_error_name(error));
	line_put(&w, "message", text);
	list_add(&look->list, &w);
}

/* Opened under the name that it bears, and wiped at once. */
static int
try_record(void *arg, const struct store_record *record)
{
	struct look *look = arg;
	AUTO(secret) plain = NULL;
	int error = record_open(look->broker->store, look->broker->keyring,
	    record->kind, record->owner, record->label, &plain, NULL);

	if (error == MAILSEAL_E_NOMEM)
		return error;
	look->records++;
	if (error != MAILSEAL_OK)
		add_failed(look, record, error);
	return MAILSEAL_OK;
}

void
op_verify(struct request *r)
{
	struct look look = { .broker = r->broker };
	char bytes[ITEM_ROOM];
	struct line_writer w;
	int error = line_end(r->in);

	if (error == MAILSEAL_OK)
		error = keyring_check(r->broker->keyring);
	if (error == MAILSEAL_OK)
		error = store_record_each(r->broker->store, NULL, try_record,
		    &look);
	if (error != MAILSEAL_OK) {
		list_free(&look.list);
		answer_error(r->conn, error, NULL, r->in->culprit);
		return;
	}
	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "store");
	line_put_number(&w, "records", look.records);
	line_put_number(&w, "failed", look.failed);
	list_add(&look.list, &w);
	list_answer(&look.list, r->conn);
}
