/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <string.h>
#include <syslog.h>

#include "broker/catalogue.h"

/* An event of audit_write() or audit_note() is a row here. */
static const struct catalogue_row audited[] = {
	{ "served", "72131369228241ff8e9735b86f230415", LOG_INFO, "ok",
	    "was given a string of" },
	{ "denied", "010351315d14483591d4e188935ebaba", LOG_NOTICE, "denied",
	    "was denied" },
	{ "enrolled", "7675cf840b5d4fe49e77102bcf5ce135", LOG_NOTICE, "ok",
	    "enrolled" },
	{ "enrolment_failed", "cc1abe86eb544772bc334207ce02ae0f", LOG_NOTICE,
	    "failed", "did not get enrolled:" },
	{ "removed", "dc55fe9e8e8842958d77d132868e7cb6", LOG_NOTICE, "ok",
	    "removed" },
	{ "revocation_failed", "c17812a028809742f798ebeafe674a48", LOG_NOTICE,
	    "failed", "could not give back the sign-in of" },
	{ "changed", "99b3568470454d8196221964bed62de8", LOG_NOTICE, "ok",
	    "changed" },
	{ "rebound", "6ca6541727c54a7cb859017c754eb7bd", LOG_NOTICE, "ok",
	    "bound anew" },
	{ "disabled", "d8baf558706c4c7fa0c28cc5ee584004", LOG_NOTICE, "ok",
	    "switched off" },
	{ "enabled", "cf702fff960246b0b08c6a0ba6c909b6", LOG_NOTICE, "ok",
	    "switched on" },
	{ "client_secret", "bf3aeda0463b4de8b1cb8c2175bb0bd0", LOG_NOTICE, "ok",
	    "set a client secret" },
	{ "client_key", "495358ea6afb4652b2da3284fed85755", LOG_NOTICE, "ok",
	    "set a key of a registration" },
	{ "client_forgotten", "ef0b5f5571ff4b2a89e5b008afdd6d4a", LOG_NOTICE,
	    "ok", "wiped a client secret or key" },
	{ "init", "47e432b99ad04dd5ad533780608ee144", LOG_NOTICE, "ok",
	    "made a way to open the master key" },
	{ "unlock", "5671eb12b9704edebac38eec45829ad1", LOG_NOTICE, "ok",
	    "opened the master key" },
	{ "unlock_failed", "5142dfb2d299432e9d61586687863ef0", LOG_NOTICE,
	    "failed", "could not open the master key" },
	{ "slot_removed", "211c5e6bda4545689b28918de4fa2661", LOG_NOTICE, "ok",
	    "removed a way to open the master key" },
	{ "missed", "05b3a1600443429f8f7b4ba9d94fce9a", LOG_WARNING, "failed",
	    "The audit missed lines" },
};

static const struct {
	const char *event, *id;
} logged[] = {
	{ "locked", "59af22a933b04a76b26a32a84ce1ceb2" },
	{ "configuration fault", "c000685d049b49c2b8f6ed7688f20868" },
	{ "reload refused", "f76d3ee288d74203858f7ed02ab8e267" },
	{ "provider changed", "f77bff01cb2540d88bc938495a9ed725" },
	{ "refresh failed", "71de0d622ab849d3af3fcb8b032b16b3" },
	{ "registration refused", "dea9911b8fa854e82b5d18a419a46372" },
	{ "mailbox works", "1007295dea0947cd9b42aa13c7875488" },
	{ "rotation not saved", "a033fbb4bcf24b768eee0856a16ecaa1" },
	{ "stopped too early", "b3a6ad273c6049ba852296fc95e887d0" },
	{ "exchange interrupted", "66e4d8b1c9244bd49d5670fddb4ab3bf" },
	{ "memory not locked", "ae6d1d3f466b4623bee21e33d143a5a0" },
	{ "client credential refused", "10804f92aa104e14b2690aaac87752a5" },
	{ "client credential ends", "231c5b8074d841f586f28884031fce2c" },
	{ "client credential ended", "28ce0917b8f6476ca79fac8435c3c1c7" },
	{ "audit lost", "f0ef1597b3114c4d8faea67491caa0e1" },
};

const struct catalogue_row *
catalogue_audit(const char *event)
{
	static struct catalogue_row unknown = { .priority = LOG_NOTICE,
		.result = "ok" };

	for (size_t i = 0; i < sizeof(audited) / sizeof(audited[0]); i++)
		if (strcmp(audited[i].event, event) == 0)
			return &audited[i];
	unknown.event = unknown.did = event;
	return &unknown;
}

const char *
catalogue_log(const char *event)
{
	for (size_t i = 0; i < sizeof(logged) / sizeof(logged[0]); i++)
		if (strcmp(logged[i].event, event) == 0)
			return logged[i].id;
	return NULL;
}
