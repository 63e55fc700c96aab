/* SPDX-License-Identifier: ISC */
/*
 * policy: who may have the strings of which mailbox.
 *
 * There are only allow lines, under access.d.  Every line of every section
 * that matches the address counts; what none allows is denied, to root too.
 */
#ifndef BROKER_POLICY_H
#define BROKER_POLICY_H

#include <stdbool.h>

#include "broker/ini.h"
#include "broker/own.h"
#include "broker/peer.h"
#include "broker/provider.h"

struct policy;

/* One allow line: where it stands, and what it grants. */
struct rule {
	const char *file;
	unsigned line;
	bool may_have_password;
};

void policy_free(struct policy *policy);
AUTO_DEFINE(policy, struct policy)

/*
 * Read every file of a folder.
 *
 * strict: an unknown word, user or group is an error, and the fault names file
 * and line.  Else the line is off, and alarm is told of it.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_UNSAFE, MAILSEAL_E_IO, MAILSEAL_E_NOMEM
 */
typedef void policy_alarm(const struct fault *fault);
int policy_read(const char *folder, bool strict, policy_alarm *alarm,
    struct policy **policy, struct fault *fault)
    __attribute__((warn_unused_result));

/*
 * The first rule by which the peer may use an account for a service, one that
 * grants passwords before others; NULL when there is none.  name is in lower
 * case.
 */
const struct rule *policy_match(const struct policy *policy,
    const struct peer *peer, const char *name, enum service service);

/* How many rules there are. */
size_t policy_count(const struct policy *policy);

#endif
