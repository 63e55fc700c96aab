/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/answer.h"
#include "broker/log.h"
#include "broker/op/enrolled.h"
#include "broker/reach.h"
#include "proto/error.h"

#define REPLY_ROOM 32768

/* What is stored and not served, and why. */
static void
put_unserved(struct line_writer *w, const char *state,
    const struct plight *plight)
{
	char text[TEXT_MAX];

	plight_text(plight, text, sizeof(text));
	line_put(w, "state", state);
	line_put(w, "reason", mailseal_error_name(plight->error));
	line_put(w, "note", text);
}

static void
put_reach(const struct enrolment *e, struct line_writer *w)
{
	const struct provider *p = config_provider(e->broker->config,
	    e->provider);
	struct reach reach;

	if (p == NULL || p->fault != NULL)
		return;
	reach = reach_of_account(p);
	reach_put(&reach, w);
}

/* A password that no allow line lets out is of no use to anybody. */
static void
put_notice(const struct enrolment *e, struct line_writer *w)
{
	if (e->type == ACCOUNT_PASSWORD &&
	    !policy_has_password(e->broker->config->policy, e->name))
		line_put(w, "notice",
		    "no allow line for it has may-have-password, so that "
		    "nobody gets its string, which holds the password");
}

void
enrolled_put_greetings(const struct enrolment *e, struct line_writer *w)
{
	for (enum service s = SERVICE_SMTP; s <= e->probed; s++)
		probe_put(&e->greeting[s], s, w);
}

void
enrolled_answer(const struct enrolment *e, struct conn *conn,
    const struct outcome *untested)
{
	const struct account *a = accounts_find(e->broker->accounts, e->name);
	struct plight plight = { .account = e->spelled,
		.provider = e->provider };
	char bytes[REPLY_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "ok");
	line_put(&w, "account", e->spelled);
	line_put(&w, "login", e->login);
	if (e->identity[0] != '\0')
		line_put(&w, "identity", e->identity);
	line_put(&w, "provider", e->provider);
	if (e->warning[0] != '\0')
		line_put(&w, "warning", e->warning);
	if (a != NULL && a->state == GRANT_DISABLED) {
		plight.error = MAILSEAL_E_DISABLED;
		put_unserved(&w, "disabled", &plight);
	} else if (untested != NULL) {
		plight.error = untested->reason;
		plight.detail = untested->detail;
		plight.meaning = untested->meaning;
		put_unserved(&w, "blocked", &plight);
	} else {
		line_put(&w, "state", "good");
		if (e->to[0] != '\0')
			line_put(&w, "sent_to", e->to);
	}
	enrolled_put_greetings(e, &w);
	put_notice(e, &w);
	put_reach(e, &w);
	answer_line(conn, &w);
}

void
enrolled_note(const struct enrolment *e, const char *replaced, bool tested)
{
	bool renamed = strcmp(e->login, e->spelled) != 0;
	char who[8 * IDENTITY_MAX] = "";

	log_info("enrolled",
	    "account=%s provider=%s by=%s identity=%s "
	    "tested=%s",
	    e->spelled, e->provider, printable_word(e->by),
	    printable(e->identity), tested ? "yes" : "no");
	if (e->asks || replaced != NULL)
		(void)snprintf(who, sizeof(who), " identity=%s replaces=%s",
		    printable_word(e->identity), printable_word(replaced));
	audit_note(e->broker->audit, "enrolled", e->name, &e->admin,
	    "provider=%s%s%s%s%s tested=%s", printable_word(e->provider),
	    renamed ? " signs_in_as=" : "",
	    renamed ? printable_word(e->login) : "", who,
	    e->asks ? " confirmed=yes" : "", tested ? "yes" : "no");
	if (e->warning[0] != '\0')
		log_warn("sign-in will end", "account=%s: %s", e->spelled,
		    printable(e->warning));
}
