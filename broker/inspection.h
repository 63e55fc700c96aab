/* SPDX-License-Identifier: ISC */
/*
 * inspection: what was found when a provider was tried without an account.
 *
 * Each finding says what it is about, how it is, who must act and what to do
 * next.  Nothing is asked here: the outcomes are the caller's.
 */
#ifndef BROKER_INSPECTION_H
#define BROKER_INSPECTION_H

#include "broker/answer.h"
#include "broker/errand.h"
#include "broker/registration.h"

enum finding_result { FINDING_OK, FINDING_WARNING, FINDING_FAULT };

struct finding {
	enum finding_result result;
	const char *what;    /* that was looked at */
	const char *message; /* what was seen */
	/*
	 * person, tenant_admin, owner (of the registration), mail_admin, or
	 * admin (of this host); NULL: nobody.
	 */
	const char *who;
	const char *next; /* what he does; NULL: nothing */
};

/* Whether a list with blanks between has the word; list may be NULL. */
bool inspection_has_word(const char *list, const char *word);

void finding_add(struct list *list, const struct finding *finding);

/* An outcome that is not ok, with what its error says and advises. */
void finding_add_failure(struct list *list, const char *provider,
    const char *what, const struct outcome *outcome, const char *who);

/* What came of an exchange with one credential, or with none (NULL). */
void inspect_proof(struct broker *broker, const struct provider *provider,
    const struct proof *proof, const struct outcome *outcome,
    struct list *list);

/* What a mail server offered, or why it did not. */
void inspect_server(const struct provider *provider, enum service service,
    const struct outcome *outcome, struct list *list);

#endif
