/* SPDX-License-Identifier: ISC */
/*
 * How an exchange with a token endpoint ends: the outcome of a judgement.
 */
#include <stdio.h>
#include <string.h>

#include "broker/module/oauth.h"
#include "proto/module.h"

/* What the provider said, in its words. */
static void
write_said(const struct mailseal_call *call, const struct judgement *judgement,
    char *said, size_t size)
{
	const char *error = oauth_text(&call->json, "error");
	const char *text = oauth_text(&call->json, "error_description");
	bool readable = call->body == MAILSEAL_BODY_JSON ||
	    call->body == MAILSEAL_BODY_NONE;

	if (judgement->scope != NULL && strcmp(judgement->class, "reauth") == 0)
		(void)snprintf(said, size, "granted: %s", judgement->scope);
	else if (error != NULL)
		(void)snprintf(said, size, "%s%s%s", error,
		    text != NULL ? ": " : "", text != NULL ? text : "");
	else
		(void)snprintf(said, size, "HTTP status %d%s", call->status,
		    readable ? "" : ", and no usable JSON");
}

/* What it means and who must act, where that is known; else "". */
static void
write_meaning(const struct judgement *judgement, char *meaning, size_t size)
{
	bool acts = judgement->actor != ACTOR_NOBODY;

	meaning[0] = '\0';
	if (judgement->note != NULL)
		(void)snprintf(meaning, size, "%s%s%s%s%s", judgement->note,
		    acts ? ", " : "", acts ? actor_words(judgement->actor) : "",
		    judgement->page != NULL ? " at " : "",
		    judgement->page != NULL ? judgement->page : "");
}

void
judgement_finish(const struct mailseal_call *call,
    const struct mailseal_host *host, struct mailseal_ask *ask,
    const struct judgement *judgement)
{
	char detail[1536], said[512], meaning[1280], number[16];
	char name[MEANING_NAME_MAX];

	write_said(call, judgement, said, sizeof(said));
	write_meaning(judgement, meaning, sizeof(meaning));
	(void)snprintf(detail, sizeof(detail), "%.1023s%s%.500s", meaning,
	    meaning[0] != '\0' ? ": " : "", said);
	oauth_finish(host, ask, judgement->class, judgement->reason, detail);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "actor",
	    actor_name(judgement->actor));
	if (judgement->meaning != NULL) {
		meaning_name(judgement->meaning, name);
		oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "meaning", name);
	}
	if (judgement->retry_after < 0)
		return;
	(void)snprintf(number, sizeof(number), "%d", judgement->retry_after);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "retry_after", number);
}

void
judgement_finish_tokens(const struct mailseal_host *host,
    struct mailseal_ask *ask, const struct judgement *judgement)
{
	const struct mailseal_item *refresh = judgement->refresh_token;
	char number[16];

	oauth_finish(host, ask, "ok", NULL, NULL);
	(void)host->put(ask, MAILSEAL_IN_OUTCOME, "access_token",
	    judgement->access_token->bytes, judgement->access_token->len, 1);
	(void)snprintf(number, sizeof(number), "%d", judgement->lifetime);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "expires_in", number);
	oauth_put(host, ask, MAILSEAL_IN_OUTCOME, "scope", judgement->scope);
	if (refresh != NULL)
		(void)host->put(ask, MAILSEAL_IN_OUTCOME, "refresh_token",
		    refresh->bytes, refresh->len, 1);
}
