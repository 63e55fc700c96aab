/* SPDX-License-Identifier: ISC */
/*
 * config: all that the admin wrote under /etc/mailseal.
 *
 * Read as a whole: a reload takes over either everything or nothing.
 */
#ifndef BROKER_CONFIG_H
#define BROKER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/ini.h"
#include "broker/log.h"
#include "broker/own.h"
#include "broker/policy.h"
#include "broker/provider.h"
#include "broker/roles.h"

/* The keys of mailseald.conf. */
enum config_key {
	CONFIG_LOG_LEVEL,
	CONFIG_AUDIT_FILE,
	CONFIG_KEY_FILE,
	CONFIG_CONNECTIONS,
	CONFIG_CONNECTIONS_PER_USER,
	CONFIG_AUDIT,
	CONFIG_KEYS
};

struct config {
	enum log_level log_level;
	char *audit_file; /* NULL: none */
	bool audit_required;
	char *key_file; /* a slot secret that is tried at start, or NULL */
	unsigned connections;
	unsigned connections_per_user;
	char *file; /* mailseald.conf, which the origins point to */
	struct origin origin[CONFIG_KEYS];
	char *text[CONFIG_KEYS]; /* as they stand there; NULL: nowhere */
	size_t provider_count;
	struct provider **providers; /* sorted by name */
	struct policy *policy;
	struct roles *roles;
	enum strictness strictness; /* that it was read with */
	size_t off; /* lines and files that were left out for a fault */
};

void config_free(struct config *config);
AUTO_DEFINE(config, struct config)

/*
 * Read folder/mailseald.conf, admin.conf, provider.d and access.d.
 *
 * STRICT: the first fault is an error.  LENIENT: a line of mailseald.conf, a
 * provider file, a role or an allow line with a fault is off, alarm is told,
 * and the rest works.  STRICT_BUT_NAMES: so it is with just the lines whose
 * user or group is not known.  A folder that is not there is a fault but for
 * LENIENT.
 *
 * MAILSEAL_E_CONFIG, MAILSEAL_E_UNSAFE, MAILSEAL_E_IO, MAILSEAL_E_NOMEM
 */
int config_read(const char *folder, const char *preset_folder,
    enum strictness strictness, const struct alarm *alarm,
    struct config **config, struct fault *fault)
    __attribute__((warn_unused_result));

/*
 * Read them as LENIENT does and to the end, for the faults alone: alarm hears
 * of all that is found, of what would keep us from starting, too.
 */
void config_look(const char *folder, const char *preset_folder,
    const struct alarm *alarm);

const char *config_key_name(enum config_key key);

/* The value of a key that is in force; "" where there is none. */
const char *config_text(const struct config *config, enum config_key key);

/* The provider of this name, usable or not; NULL when there is none. */
const struct provider *config_provider(const struct config *config,
    const char *name);

#endif
