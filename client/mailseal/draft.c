/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/draft.h"

int
draft_begin(struct draft *draft, struct ask *ask, const char *kind,
    const char *label)
{
	struct line_writer *w = ask_begin(ask, "init_begin");
	bool code = strcmp(kind, "recovery") == 0;
	size_t len = code ? DRAFT_CODE_LEN : DRAFT_SECRET_LEN;
	const char *id, *bytes;

	line_put(w, "kind", kind);
	line_put(w, "label", label);
	if (!ask_once(ask, SHORT_S))
		return complain_failure(ask_failure(ask));
	id = line_need(ask_line(ask), "id", LINE_KEY_MAX);
	bytes = line_need(ask_line(ask), code ? "code" : "secret", len);
	if (id == NULL || bytes == NULL || strlen(bytes) != len) {
		ask_distrust(ask);
		return complain_failure(ask_failure(ask));
	}
	*draft = (struct draft){ .code = code,
		.uid = (uid_t)line_get_number(ask_line(ask), "uid", 0,
		    UINT32_MAX - 1),
		.gid = (gid_t)line_get_number(ask_line(ask), "gid", 0,
		    UINT32_MAX - 1) };
	memcpy(draft->id, id, strlen(id) + 1);
	memcpy(draft->bytes, bytes, len + 1);
	ask_forget(ask);
	return EX_OK;
}

/* The broker tried what it will open the key with, in vain. */
static void
warn(const char *why)
{
	if (why != NULL)
		(void)complain(EX_OK,
		    "mailseald cannot read it, so that it is locked when it "
		    "starts, until you run \"mailseal unlock\" with it: %s",
		    why);
}

int
draft_commit(struct draft *draft, struct ask *ask, const char *bytes,
    size_t len)
{
	struct line_writer *w = ask_begin(ask, "init_finish");
	const struct failure *failure = ask_failure(ask);

	line_put(w, "id", draft->id);
	line_put_bytes(w, draft->code ? "code" : "secret", bytes, len);
	if (ask_once(ask, SHORT_S)) {
		draft->slot = line_get_number(ask_line(ask), "slot", 1,
		    UINT32_MAX);
		warn(line_get(ask_line(ask), "message", TEXT_MAX));
		return EX_OK;
	}
	(void)complain_failure(failure);
	draft->unsure = strcmp(failure->reason, "no_broker") == 0 ||
	    strcmp(failure->reason, "deadline") == 0 ||
	    strcmp(failure->code, "internal") == 0;
	return failure_exit(failure);
}

void
draft_warn(const struct draft *draft, const char *path)
{
	if (draft->unsure)
		(void)complain(EX_OK,
		    "%s stays: it may be needed to open the master key; "
		    "\"mailseal status\" tells",
		    path);
}

void
draft_wipe(struct draft *draft)
{
	explicit_bzero(draft->bytes, sizeof(draft->bytes));
}
