/* SPDX-License-Identifier: ISC */
/*
 * policy: who may have the strings of which mailbox.
 *
 * There are only allow lines, under access.d.  Every line of every section
 * that matches the address counts; what none allows is denied, to root too.
 */
#ifndef BROKER_POLICY_H
#define BROKER_POLICY_H

#include "broker/caller.h"
#include "broker/own.h"
#include "broker/rules.h"
#include "broker/service.h"

struct policy;

void policy_free(struct policy *policy);
AUTO_DEFINE(policy, struct policy)

/* Read every file of a folder, as rules_read(). */
int policy_read(const char *folder, const struct rules_terms *terms,
    struct policy **policy, struct fault *fault)
    __attribute__((warn_unused_result));

/*
 * The first rule by which the caller may use an account for a service, one
 * that grants passwords before others; NULL when there is none.  name is in
 * lower case.
 */
const struct rule *policy_match(const struct policy *policy,
    struct caller *caller, const char *name, enum service service);

/* What a line asks for besides, or-ed. */
enum lack { LACK_GROUP = 1, LACK_UNIT = 2 };

/*
 * Where nothing allows it, for people: the line for this user, or this owner,
 * that lacks the least, and what; of several the first as they stand.  NULL
 * when there is none.
 */
const struct allow *policy_nearest(const struct policy *policy,
    struct caller *caller, const char *name, enum service service,
    unsigned *lacks);

/*
 * The account that the caller means when he names none: of the lines with
 * preferred that hold for him and this service, the first as they stand.
 * False, and name is untouched, when there is none.
 */
bool policy_preferred(const struct policy *policy, struct caller *caller,
    enum service service, char name[ACCOUNT_MAX + 1])
    __attribute__((warn_unused_result));

/* Whether some line lets anybody have the password of an account. */
bool policy_has_password(const struct policy *policy, const char *name);

/*
 * The lines of a policy that can hold for a caller, whatever the account and
 * service: a policy to ask about many accounts, while the whole one lives.
 *
 * MAILSEAL_E_NOMEM
 */
int policy_narrow(const struct policy *policy, struct caller *caller,
    struct policy **narrowed) __attribute__((warn_unused_result));

/* How many rules there are. */
size_t policy_count(const struct policy *policy);

/* How many lines, and whole files, were left out for a fault. */
size_t policy_off(const struct policy *policy);

/*
 * The line at a place from 0 on, in the order of files and lines, of a policy
 * that was not narrowed.
 */
const struct allow *policy_line(const struct policy *policy, size_t place);

#endif
