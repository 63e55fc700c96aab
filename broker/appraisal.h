/* SPDX-License-Identifier: ISC */
/*
 * appraisal: what can be said of a provider by its file and the store alone.
 *
 * Whether it is so is seen only when it is tried: see inquiry.
 */
#ifndef BROKER_APPRAISAL_H
#define BROKER_APPRAISAL_H

#include "broker/inspection.h"

/* Scopes, redirect_uri, client_auth and what is stored for it, end dates. */
void appraise(struct broker *broker, const struct provider *provider,
    const struct proofs *proofs, struct list *list);

#endif
