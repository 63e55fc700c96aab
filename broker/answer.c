/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/log.h"
#include "broker/secret.h"
#include "proto/error.h"
#include "proto/glossary.h"

#define REPLY_ROOM 8192 /* bytes of an error or one-line reply */

/* Of a remedy for both kinds of account, passwords first, what is for this. */
static const char *
part_of(char *advice, int error)
{
	static const char mark[] = "; with OAuth: ";
	char *other = strstr(advice, mark);

	if (other == NULL)
		return advice;
	*other = '\0';
	return error == MAILSEAL_E_PASSWORD ? advice : other + sizeof(mark) - 1;
}

void
plight_text(const struct plight *p, char *text, size_t size)
{
	char advice[512];
	bool named = p->account != NULL && p->account[0] != '\0';
	bool detailed = p->detail != NULL && p->detail[0] != '\0';

	/* What is known of the very answer is better than what fits all. */
	glossary_fill(p->meaning != NULL && p->meaning->remedy != NULL ?
		p->meaning->remedy :
		mailseal_error_advice(p->error),
	    named ? p->account : NULL, p->provider, advice, sizeof(advice));
	(void)snprintf(text, size, "%s%s%s%s%s%s; %s", named ? p->account : "",
	    named ? ": " : "", mailseal_error_text(p->error),
	    detailed ? " (" : "", detailed ? p->detail : "",
	    detailed ? ")" : "", part_of(advice, p->error));
}

void
answer_plight(struct conn *conn, const struct plight *p)
{
	char bytes[REPLY_ROOM], text[TEXT_MAX];
	struct line_writer w;

	plight_text(p, text, sizeof(text));
	line_begin(&w, bytes, sizeof(bytes), "error");
	line_put(&w, "code", mailseal_error_code(p->error));
	line_put(&w, "reason", mailseal_error_name(p->error));
	line_put(&w, "message", text);
	if (p->retry_after_s > 0)
		line_put_number(&w, "retry_after", p->retry_after_s);
	answer_line(conn, &w);
}

void
answer_error(struct conn *conn, int error, const char *account,
    const char *detail)
{
	struct plight p = { .error = error,
		.account = account,
		.detail = detail };

	answer_plight(conn, &p);
}

void
answer_fault(struct conn *conn, int error, const struct fault *fault)
{
	char bytes[REPLY_ROOM], words[FAULT_WORDS_MAX], text[TEXT_MAX];
	struct line_writer w;

	fault_say(fault, words);
	(void)snprintf(text, sizeof(text), "%.1900s; nothing was changed",
	    words);
	line_begin(&w, bytes, sizeof(bytes), "error");
	line_put(&w, "code", mailseal_error_code(error));
	line_put(&w, "reason", mailseal_error_name(error));
	line_put(&w, "message", text);
	line_put(&w, "file", fault->file);
	if (fault->line > 0)
		line_put_number(&w, "line", fault->line);
	answer_line(conn, &w);
}

void
answer_line(struct conn *conn, struct line_writer *w)
{
	static const char mistake[] =
	    "error code=internal reason=internal "
	    "message=the%20answer%20does%20not%20fit;%20please%20report%20it\n";
	size_t len;

	if (line_finish(w, &len) == MAILSEAL_OK) {
		conn_answer(conn, w->bytes, len, true);
		return;
	}
	log_error("answer too long", "%s", "a line did not fit its buffer");
	conn_answer(conn, mistake, sizeof(mistake) - 1, false);
}

static void
append(struct list *list, const char *bytes, size_t len)
{
	if (list->failed)
		return;
	if (list->room - list->len < len) {
		size_t room = list->room * 2 + len + 4096;
		char *grown = realloc(list->bytes, room);

		if (grown == NULL) {
			list->failed = true;
			return;
		}
		list->bytes = grown;
		list->room = room;
	}
	memcpy(list->bytes + list->len, bytes, len);
	list->len += len;
}

void
list_add(struct list *list, struct line_writer *w)
{
	size_t len;

	if (line_finish(w, &len) != MAILSEAL_OK) {
		list->failed = true;
		return;
	}
	append(list, w->bytes, len);
	list->count++;
}

void
list_add_once(struct list *list, struct line_writer *w)
{
	size_t len;

	if (line_finish(w, &len) != MAILSEAL_OK) {
		list->failed = true;
		return;
	}
	if (list->len > 0 &&
	    memmem(list->bytes, list->len, w->bytes, len) != NULL)
		return;
	append(list, w->bytes, len);
	list->count++;
}

void
list_free(struct list *list)
{
	free(list->bytes);
	*list = (struct list){ 0 };
}

void
list_answer_as(struct list *list, const char *key, const char *text,
    struct conn *conn)
{
	char end[256];
	struct line_writer w;
	size_t len = 0;

	line_begin(&w, end, sizeof(end), "ok");
	line_put(&w, key, text);
	line_put_number(&w, "count", list->count);
	if (line_finish(&w, &len) != MAILSEAL_OK)
		list->failed = true;
	else
		append(list, end, len);
	if (list->failed)
		answer_error(conn, MAILSEAL_E_NOMEM, NULL, NULL);
	else
		conn_answer(conn, list->bytes, list->len, false);
	list_free(list);
}

void
list_answer(struct list *list, struct conn *conn)
{
	list_answer_as(list, "count", NULL, conn);
}
