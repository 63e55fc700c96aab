/* SPDX-License-Identifier: ISC */
/*
 * attempt: an exchange in which our registration proves itself, by one client
 * secret or key after the other until the provider takes one.
 *
 * What fares how is noted, and told once for a provider, not for each account.
 * Each exchange is built anew: nothing of a refused one is kept.
 */
#ifndef BROKER_ATTEMPT_H
#define BROKER_ATTEMPT_H

#include "broker/errand.h"

/*
 * Build the errand anew, all but the client's own credential.  It is asked once
 * for each attempt, and may fail then as at the first.
 */
typedef int attempt_build(void *arg, struct errand **errand);

/*
 * Start it with the first usable credential of the provider; when the answer is
 * reason client_refused, again with the next one.  *handle names the errand
 * under way; errand_cancel() of it ends all.  build_arg lives as long, and done
 * is called once as of errand_start(), with what came of the last attempt.  A
 * provider without any is tried without.
 *
 * MAILSEAL_E_REBIND  the provider file agrees with none that it has
 *
 * The errors of build(), registration_load() and errand_start(), and of the
 * only credential that there is.
 */
int attempt_start(struct broker *broker, const struct provider *provider,
    attempt_build *build, void *build_arg, errand_done *done, void *done_arg,
    struct errand **handle) __attribute__((warn_unused_result));

/*
 * Add a credential of the registration to an errand, and what each exchange
 * that may need one has; proof may be NULL.
 */
struct proof;
void attempt_put(struct errand *errand, const struct proof *proof);

/* Whether an outcome shows that the provider took our credential. */
bool attempt_is_taken(const struct outcome *outcome);

#endif
