/* SPDX-License-Identifier: ISC */
/*
 * outcome: how an exchange ended, as fields of the reply.
 *
 * What a module or a provider wrote is checked or cleaned first; nothing that
 * was a secret input comes back in words for people.
 */
#ifndef BROKER_COURIER_OUTCOME_H
#define BROKER_COURIER_OUTCOME_H

#include "broker/courier/http.h"
#include "proto/line.h"
#include "proto/module.h"

/*
 * Put the outcome of a module into the reply.
 *
 * MAILSEAL_E_MODULE  it has no class, a field twice, or an address that is
 *                    none; the reply is to be started anew
 */
int outcome_put(const struct mailseal_ask *ask,
    const struct mailseal_call *call, struct line_writer *reply)
    __attribute__((warn_unused_result));

/* Put class, reason and detail of an exchange that did not come so far. */
void outcome_put_fault(const struct http_fault *fault,
    struct line_writer *reply);

/* Star out of words, in their place, what repeats a piece of a secret. */
void outcome_hush(const struct mailseal_item *secret, char *words, size_t len);

/* Star out of the outcome's words what repeats a piece of a secret. */
void outcome_star(struct mailseal_ask *ask, const struct mailseal_item *secret);

/*
 * Words for people from foreign bytes: printable, and each occurrence of a
 * secret input of the call, or of a long piece of one, starred out.
 */
void outcome_clean(const struct mailseal_call *call, struct span words,
    char clean[FAULT_DETAIL_MAX]);

#endif
