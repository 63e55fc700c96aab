/* SPDX-License-Identifier: ISC */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/attempt.h"
#include "broker/expiry.h"
#include "broker/log.h"
#include "broker/registration.h"
#include "broker/standing.h"
#include "proto/error.h"

struct attempt {
	struct broker *broker;
	char provider[PROVIDER_MAX + 1]; /* its file may be read again */
	attempt_build *build;
	void *build_arg;
	errand_done *done;
	void *done_arg;
	struct errand **handle;
	enum proof_kind kind;		 /* of the one under way, */
	char label[PROOF_LABEL_MAX + 1]; /* "" where there is none */
	size_t refused;
	struct {
		enum proof_kind kind;
		char label[PROOF_LABEL_MAX + 1];
		bool is_news;	    /* it was not known */
	} over[PROOFS_MAX];	    /* the refused ones */
	char words[DETAIL_MAX + 1]; /* about the last of them */
};

static void
attempt_free(struct attempt *a)
{
	free(a);
}

AUTO_DEFINE(attempt, struct attempt)

static void
release(void *a)
{
	attempt_free(a);
}

void
attempt_put(struct errand *errand, const struct proof *proof)
{
	unsigned char random[16];
	char jti[sizeof(random) * 2 + 1];

	randombytes_buf(random, sizeof(random));
	errand_in(errand, "jti",
	    sodium_bin2hex(jti, sizeof(jti), random, sizeof(random)));
	if (proof == NULL)
		return;
	errand_in_secret(errand, proof_kind_name(proof->kind), proof->value);
	for (int i = 0; i < PROOF_TEXTS; i++)
		if (i != PROOF_SUBJECT && proof->text[i][0] != '\0')
			errand_in(errand, proof_text_name((enum proof_text)i),
			    proof->text[i]);
}

bool
attempt_is_taken(const struct outcome *outcome)
{
	static const char *const classes[] = { "ok", "reauth", "admin",
		"denied", "pending", "slow_down", "expired" };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcmp(outcome->class, classes[i]) == 0)
			return outcome->reason != MAILSEAL_E_CLIENT;
	return false;
}

static bool
is_over(const struct attempt *a, const char *label)
{
	for (size_t i = 0; i < a->refused; i++)
		if (strcmp(a->over[i].label, label) == 0)
			return true;
	return false;
}

/* The first that was not refused in this attempt; NULL and why there is none */
static const struct proof *
pick(const struct attempt *a, const struct provider *p,
    const struct proofs *proofs, int *why)
{
	/* One that was added meanwhile cannot be noted as refused any more. */
	*why = a->refused == PROOFS_MAX ? MAILSEAL_E_CLIENT : MAILSEAL_OK;
	if (*why != MAILSEAL_OK)
		return NULL;
	for (size_t i = 0; i < proofs->count; i++) {
		const struct proof *proof = &proofs->proof[i];

		if (!registration_uses(p, proof->kind) ||
		    is_over(a, proof->label))
			continue;
		if (proof->error == MAILSEAL_OK) {
			*why = MAILSEAL_OK;
			return proof;
		}
		if (*why == MAILSEAL_OK)
			*why = proof->error;
	}
	if (a->refused > 0)
		*why = MAILSEAL_E_CLIENT;
	return NULL;
}

static errand_done ends;

/* Begin one exchange; *attempt is the errand's from then on. */
static int
set_out(struct attempt **attempt, const struct provider *p)
{
	struct attempt *a = *attempt;
	AUTO(proofs) proofs = NULL;
	AUTO(errand) errand = NULL;
	const struct proof *proof;
	int why, error = registration_load(a->broker, p, &proofs);

	if (error != MAILSEAL_OK)
		return error;
	proof = pick(a, p, proofs, &why);
	if (proof == NULL && why != MAILSEAL_OK)
		return why;
	error = a->build(a->build_arg, &errand);
	if (error != MAILSEAL_OK)
		return error;
	attempt_put(errand, proof);
	a->label[0] = '\0';
	if (proof != NULL) {
		a->kind = proof->kind;
		memcpy(a->label, proof->label, sizeof(a->label));
	}
	errand_keep(errand, a, release);
	*attempt = NULL;
	return errand_start(&errand, ends, a, a->handle);
}

static void
note_refusal(struct attempt *a, const struct outcome *outcome)
{
	struct standing *s = standing_of(&a->broker->standings, a->provider);
	size_t i = a->refused;

	if (i == PROOFS_MAX)
		return;
	a->refused++;
	a->over[i].kind = a->kind;
	memcpy(a->over[i].label, a->label, sizeof(a->label));
	a->over[i].is_news = s != NULL && standing_refuses(s, a->label);
	(void)snprintf(a->words, sizeof(a->words), "%s",
	    outcome->detail != NULL ? outcome->detail : "");
}

/* One is refused, and another serves in its place: nobody loses mail yet. */
static void
tell_refused(const struct attempt *a)
{
	for (size_t i = 0; i < a->refused; i++)
		if (a->over[i].is_news)
			log_warn("client credential refused",
			    "provider=%s: %s %s is refused, %s %s is used; "
			    "seal another one, then \"mailseal provider forget "
			    "%s %s\": %s",
			    a->provider, proof_noun(a->over[i].kind),
			    a->over[i].label, proof_noun(a->kind), a->label,
			    a->provider, a->over[i].label, printable(a->words));
}

/* It ended, one way or the other. */
static void
settle(struct attempt *a, const struct outcome *outcome)
{
	struct standing *s = standing_of(&a->broker->standings, a->provider);

	bool again = s != NULL && standing_is_refused(s, a->label);

	if (a->label[0] == '\0' || s == NULL)
		return;
	if (attempt_is_taken(outcome)) {
		if (again)
			log_info("client credential taken",
			    "provider=%s: %s %s works again", a->provider,
			    proof_noun(a->kind), a->label);
		standing_works(s, a->label, now_wall());
	}
	tell_refused(a);
	if (again || a->refused > 0)
		expiry_look(a->broker);
}

/* All were tried: the last outcome, with how many there were. */
static void
give_up(const struct attempt *a, const struct outcome *outcome)
{
	struct outcome last = *outcome;
	char words[DETAIL_MAX + 1];

	if (a->refused > 1) {
		(void)snprintf(words, sizeof(words),
		    "%zu were tried, and refused, the last so: %.400s",
		    a->refused, a->words);
		last.detail = words;
	}
	expiry_look(a->broker);
	a->done(a->done_arg, &last);
}

/* The next one; *attempt is left where there is none to try. */
static int
go_on(struct attempt **attempt)
{
	const struct provider *p = config_provider((*attempt)->broker->config,
	    (*attempt)->provider);

	if ((*attempt)->broker->stopping)
		return MAILSEAL_E_BUSY; /* the next was not asked */
	if (p == NULL || p->fault != NULL)
		return MAILSEAL_E_NOPROVIDER;
	return set_out(attempt, p);
}

static void
ends(void *arg, const struct outcome *outcome)
{
	AUTO(attempt) a = arg;
	errand_done *done = a->done;
	void *done_arg = a->done_arg;
	struct outcome failed = { .class = "transient" };

	errand_keep(*a->handle, NULL, NULL); /* it is ours again */
	if (outcome->reason != MAILSEAL_E_CLIENT || a->label[0] == '\0') {
		settle(a, outcome);
		done(done_arg, outcome);
		return;
	}
	note_refusal(a, outcome);
	failed.reason = go_on(&a);
	if (failed.reason == MAILSEAL_OK)
		return;
	if (a != NULL && failed.reason == MAILSEAL_E_CLIENT) {
		give_up(a, outcome);
		return;
	}
	if (failed.reason != MAILSEAL_E_NOMEM &&
	    failed.reason != MAILSEAL_E_BUSY)
		failed.class = "config";
	done(done_arg, &failed);
}

int
attempt_start(struct broker *broker, const struct provider *provider,
    attempt_build *build, void *build_arg, errand_done *done, void *done_arg,
    struct errand **handle)
{
	AUTO(attempt) a = calloc(1, sizeof(*a));

	if (a == NULL)
		return MAILSEAL_E_NOMEM;
	a->broker = broker;
	(void)snprintf(a->provider, sizeof(a->provider), "%s", provider->name);
	a->build = build;
	a->build_arg = build_arg;
	a->done = done;
	a->done_arg = done_arg;
	a->handle = handle;
	return set_out(&a, provider);
}
