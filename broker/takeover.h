/* SPDX-License-Identifier: ISC */
/*
 * takeover: another configuration in the place of the one in force.
 *
 * It comes whole or not at all.  While a line or a file of the one in force is
 * off, it is tried again each minute, quietly, by the same strictness: a user
 * may be made, a directory of users come up, an admin have cured it.
 */
#ifndef BROKER_TAKEOVER_H
#define BROKER_TAKEOVER_H

#include "broker/broker.h"

#define TAKEOVER_RETRY_MS 60000 /* between tries while something is off */

/*
 * Read the configuration again; on failure, which was logged, the one in force
 * stays.  Errors are those of config_read().
 */
int takeover_reload(struct broker *broker, enum strictness strictness,
    struct fault *fault) __attribute__((warn_unused_result));

/* Log which providers have accounts that are sealed for another file. */
void takeover_tell(const struct broker *broker);

/* Try again in a minute, while something of the one in force is off. */
void takeover_watch(struct broker *broker);

#endif
