/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "proto/verb.h"

#define BOTH (DOOR_CONSUMER | DOOR_ADMIN)

static const struct verb_row rows[VERB_COUNT] = {
	[VERB_HELLO] = { "hello", BOTH, RIGHT_NONE },
	[VERB_WHOAMI] = { "whoami", BOTH, RIGHT_NONE },
	[VERB_GET] = { "get", DOOR_CONSUMER, RIGHT_USE },
	[VERB_ACCOUNTS] = { "accounts", DOOR_CONSUMER, RIGHT_NONE },
	[VERB_INIT_BEGIN] = { "init_begin", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_INIT_FINISH] = { "init_finish", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_UNLOCK] = { "unlock", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_UNLOCK_FAILED] = { "unlock_failed", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_SLOT_LIST] = { "slot_list", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_SLOT_REMOVE] = { "slot_remove", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_STATUS] = { "status", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_LIST] = { "list", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_SHOW] = { "show", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_ACCESS] = { "access", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_PROVIDER_LIST] = { "provider_list", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_PROVIDER_SECRET] = { "provider_secret", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_ENROLL_BEGIN] = { "enroll_begin", DOOR_ADMIN, RIGHT_ENROLL },
	[VERB_ENROLL_FINISH] = { "enroll_finish", DOOR_ADMIN, RIGHT_ENROLL },
	[VERB_ENROLL_CANCEL] = { "enroll_cancel", DOOR_ADMIN, RIGHT_ENROLL },
	[VERB_ENROLL_POLL] = { "enroll_poll", DOOR_ADMIN, RIGHT_ENROLL },
	[VERB_TEST] = { "test", DOOR_ADMIN, RIGHT_ENROLL },
	[VERB_REMOVE] = { "remove", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_RELOAD] = { "reload", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_VERIFY] = { "verify", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_CHECK] = { "check", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_CONFIG] = { "config", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_DISABLE] = { "disable", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_ENABLE] = { "enable", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_SET] = { "set", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_PROVIDER_SHOW] = { "provider_show", DOOR_ADMIN, RIGHT_MONITOR },
	[VERB_PROVIDER_FORGET] = { "provider_forget", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_PROVIDER_NEW_CERT] = { "provider_new_cert", DOOR_ADMIN,
	    RIGHT_ADMIN },
	[VERB_PROVIDER_KEY] = { "provider_key", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_PROVIDER_CHECK] = { "provider_check", DOOR_ADMIN, RIGHT_ENROLL },
	[VERB_ENROLL_CONFIRM] = { "enroll_confirm", DOOR_ADMIN, RIGHT_ENROLL },
	[VERB_REBIND_SHOW] = { "rebind_show", DOOR_ADMIN, RIGHT_ADMIN },
	[VERB_REBIND] = { "rebind", DOOR_ADMIN, RIGHT_ADMIN },
};

const struct verb_row *
verb_row(enum verb verb)
{
	return &rows[verb];
}

enum verb
verb_find(const char *name)
{
	for (int i = 0; i < VERB_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (enum verb)i;
	return VERB_COUNT;
}
