/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "broker/attempt.h"
#include "broker/inspection.h"
#include "broker/standing.h"
#include "proto/error.h"
#include "proto/glossary.h"

#define ITEM_ROOM 16384
#define REMEDY_ROOM 512 /* bytes of what to do next */

void
finding_add(struct list *list, const struct finding *f)
{
	static const char *const results[] = {
		[FINDING_OK] = "ok",
		[FINDING_WARNING] = "warning",
		[FINDING_FAULT] = "fault",
	};
	char bytes[ITEM_ROOM];
	struct line_writer w;

	line_begin(&w, bytes, sizeof(bytes), "item");
	line_put(&w, "kind", "finding");
	line_put(&w, "result", results[f->result]);
	line_put(&w, "what", f->what);
	line_put(&w, "message", f->message);
	line_put(&w, "who", f->who);
	line_put(&w, "next", f->next);
	list_add(list, &w);
}

/* Who must act, where the module told; else as the caller thinks. */
static const char *
actor_of(const struct outcome *outcome, const char *who)
{
	const char *told = outcome->fields == NULL ?
	    NULL :
	    line_get(outcome->fields, "actor", LINE_KEY_MAX);

	if (told != NULL)
		who = strcmp(told, "nobody") == 0 ? NULL : told;
	return who;
}

static bool
passes_by_itself(const struct outcome *outcome)
{
	return outcome->reason == MAILSEAL_E_PROVIDER ||
	    outcome->reason == MAILSEAL_E_THROTTLED ||
	    outcome->reason == MAILSEAL_E_BUSY ||
	    outcome->reason == MAILSEAL_E_MAILHOST;
}

void
finding_add_failure(struct list *list, const char *provider, const char *what,
    const struct outcome *outcome, const char *who)
{
	struct finding f = { .what = what, .who = actor_of(outcome, who) };
	char text[TEXT_MAX], next[REMEDY_ROOM];

	f.result = passes_by_itself(outcome) ? FINDING_WARNING : FINDING_FAULT;
	(void)snprintf(text, sizeof(text), "%s%s%.1024s%s",
	    mailseal_error_text(outcome->reason),
	    outcome->detail != NULL ? " (" : "",
	    outcome->detail != NULL ? outcome->detail : "",
	    outcome->detail != NULL ? ")" : "");
	f.message = text;
	glossary_fill(outcome->meaning != NULL &&
		    outcome->meaning->remedy != NULL ?
		outcome->meaning->remedy :
		mailseal_error_advice(outcome->reason),
	    NULL, provider, next, sizeof(next));
	f.next = next;
	finding_add(list, &f);
}

bool
inspection_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list != NULL && *list != '\0'; list += strspn(list, " ")) {
		size_t n = strcspn(list, " ");

		if (n == len && strncmp(list, word, n) == 0)
			return true;
		list += n;
	}
	return false;
}

/* The provider refuses it, or, where there is none, wants one. */
static void
note_refused(struct broker *broker, const struct provider *p,
    const struct proof *proof, const char *what, const struct outcome *outcome,
    struct list *list)
{
	struct standing *s = standing_of(&broker->standings, p->name);
	char text[TEXT_MAX], next[512] = "";
	size_t len;

	if (s != NULL && proof != NULL)
		(void)standing_refuses(s, proof->label);
	(void)snprintf(text, sizeof(text), "the provider %s (%.1024s)",
	    proof != NULL ? "refuses it" : "wants a client secret or key",
	    outcome->detail != NULL ? outcome->detail : "invalid_client");
	if (proof != NULL && proof->kind == PROOF_KEY)
		len = (size_t)snprintf(next, sizeof(next),
		    "upload its certificate to the registration: \"mailseal "
		    "provider show %s --json\" has it",
		    p->name);
	else
		len = (size_t)snprintf(next, sizeof(next),
		    "make %s at the provider and seal it: mailseal provider "
		    "secret %s",
		    proof != NULL ? "another" : "one", p->name);
	if (proof != NULL)
		(void)snprintf(next + len, sizeof(next) - len,
		    "%s wipe this one: mailseal provider forget %s %s",
		    proof->kind == PROOF_KEY ? "; or" : "; then", p->name,
		    proof->label);
	finding_add(list,
	    &(struct finding){ FINDING_FAULT, what, text, "owner", next });
}

void
inspect_proof(struct broker *broker, const struct provider *p,
    const struct proof *proof, const struct outcome *outcome, struct list *list)
{
	struct standing *s = standing_of(&broker->standings, p->name);
	char what[64] = "registration";
	struct outcome untold = *outcome;

	if (proof != NULL)
		(void)snprintf(what, sizeof(what), "%s %s",
		    proof_noun(proof->kind), proof->label);
	if (outcome->reason == MAILSEAL_E_CLIENT) {
		note_refused(broker, p, proof, what, outcome, list);
		return;
	}
	if (!attempt_is_taken(outcome)) {
		finding_add_failure(list, p->name, what, &untold, "admin");
		return;
	}
	if (s != NULL && proof != NULL)
		standing_clears(s, proof->label);
	finding_add(list,
	    &(struct finding){ FINDING_OK, what,
		proof != NULL ? "the provider takes it" :
				"the provider takes it without a client secret",
		NULL, NULL });
}

/* What it offers, and what of that clients would be given strings for. */
static void
judge_offer(const struct provider *p, const char *offered, struct list *list,
    const char *what)
{
	const char *usual = sasl_mechanism_name(provider_mechanism(p));
	bool passwords = provider_has_passwords(p);
	const char *other = passwords ? "login" : "oauthbearer";
	struct finding f = { FINDING_OK, what, NULL, NULL, NULL };
	char text[256];
	bool fits;

	if (strcmp(usual, other) == 0)
		other = "xoauth2";
	fits = inspection_has_word(offered, usual) ||
	    inspection_has_word(offered, other);
	(void)snprintf(text, sizeof(text), "reached with TLS; it offers %s%s",
	    offered != NULL && *offered != '\0' ? offered :
						  "nothing that we know",
	    fits ? "" : ", none of which fits");
	f.message = text;
	if (!fits) {
		f.result = FINDING_FAULT;
		f.who = "mail_admin";
		f.next = passwords ? "have the server offer PLAIN or LOGIN" :
				     "have the server offer XOAUTH2 or "
				     "OAUTHBEARER";
	} else if (!passwords && !inspection_has_word(offered, usual)) {
		f.result = FINDING_WARNING;
		f.who = "admin";
		f.next = "set mechanism to what it offers, see "
			 "mailseald.conf(5)";
	}
	finding_add(list, &f);
}

void
inspect_server(const struct provider *p, enum service service,
    const struct outcome *outcome, struct list *list)
{
	const struct place *place = &p->place[service];
	const char *offered = NULL;
	char what[320];

	(void)snprintf(what, sizeof(what), "%s %s:%u",
	    service == SERVICE_IMAP ? "IMAP" : "SMTP", place->host,
	    place->port);
	if (strcmp(outcome->class, "ok") != 0) {
		finding_add_failure(list, p->name, what, outcome, "admin");
		return;
	}
	if (outcome->fields != NULL)
		offered = line_get(outcome->fields, "mechanisms", 64);
	judge_offer(p, offered, list, what);
}
