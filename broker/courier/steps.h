/* SPDX-License-Identifier: ISC */
/*
 * steps: lead a module through one exchange.
 *
 * The module says what it wants next; this asks for it and shows the module
 * what came, for at most MAILSEAL_STEPS_MAX steps.  What the module fills in
 * is checked before it is believed.
 */
#ifndef BROKER_COURIER_STEPS_H
#define BROKER_COURIER_STEPS_H

#include "broker/courier/http.h"
#include "broker/secret.h"
#include "proto/module.h"

/* The put of struct mailseal_host. */
int steps_put(struct mailseal_ask *ask, uint32_t where, const char *name,
    const void *bytes, size_t len, uint32_t secret);

/* Whether what a module filled in stays within its own bounds. */
bool steps_is_sound(const struct mailseal_ask *ask);

/*
 * Run the exchange.  call has size, op, settings and inputs.  On success
 * *outcome holds a struct mailseal_ask with MAILSEAL_WANT_DONE and is the
 * caller's.
 *
 * Those of http_ask() and sign_token(), in fault; MAILSEAL_E_MODULE when the
 * module misbehaves
 */
int steps_run(const struct mailseal_module *module, struct mailseal_call *call,
    const struct http_way *way, struct secret **outcome,
    struct http_fault *fault) __attribute__((warn_unused_result));

/* The ask in its secret. */
const struct mailseal_ask *steps_ask(const struct secret *ask);

#endif
