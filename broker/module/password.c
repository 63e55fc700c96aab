/* SPDX-License-Identifier: ISC */
/*
 * password: accounts that keep a password.  There is nothing to exchange;
 * mailseald has only to know that the kind exists.
 */
#include "proto/module.h"

static int
step(const struct mailseal_call *call, const struct mailseal_host *host,
    struct mailseal_ask *ask)
{
	(void)call;
	(void)host;
	(void)ask;
	return -1;
}

MAILSEAL_EXPORT extern const struct mailseal_module mailseal_module;

const struct mailseal_module mailseal_module = {
	.magic = MAILSEAL_MODULE_MAGIC,
	.major = MAILSEAL_MODULE_MAJOR,
	.minor = MAILSEAL_MODULE_MINOR,
	.size = sizeof(struct mailseal_module),
	.name = "password",
	.operations = MAILSEAL_OP_PASSWORD,
	.step = step,
};
