/* SPDX-License-Identifier: ISC */
/*
 * Modules that do harm, made by -DFIRST, -DSTEP and others; all call themselves oidc, so
 * that one takes the place of the module that an account was enrolled with.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/module.h"

#ifndef MAGIC
#define MAGIC MAILSEAL_MODULE_MAGIC
#endif
#ifndef MAJOR
#define MAJOR MAILSEAL_MODULE_MAJOR
#endif

#define TAKES                                                            \
	const struct mailseal_call *call, const struct mailseal_host *h, \
	    struct mailseal_ask *ask

static void
put(const struct mailseal_host *h, struct mailseal_ask *ask, const char *name,
    const char *text)
{
	(void)h->put(ask, MAILSEAL_IN_OUTCOME, name, text, strlen(text), 0);
}

/* An outcome that would be believed. */
static int
succeed(TAKES)
{
	(void)call;
	ask->want = MAILSEAL_WANT_DONE;
	put(h, ask, "class", "ok");
	put(h, ask, "access_token", "rubbish");
	put(h, ask, "expires_in", "1");
	return 0;
}

static void
crash(void)
{
	volatile int *nowhere = NULL;

	*nowhere = 1;
}

static void
loop(void)
{
	for (volatile unsigned n = 0;; n++)
		continue;
}

static void
deaf(void) /* to all but SIGKILL */
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		(void)pause();
}

static void
leave(void)
{
	exit(0);
}

static void
shut(void)
{
	for (int fd = 0; fd < 256; fd++)
		(void)close(fd);
}

static void
twins(void)
{
	(void)fork();
}

static void
orphan(void)
{
	if (fork() == 0)
		for (;;)
			(void)pause();
}

/* Says what it was trusted with, where a log may be. */
static int
chatter(TAKES)
{
	for (size_t i = 0; i < call->inputs.count; i++)
		(void)!write(STDOUT_FILENO, call->inputs.item[i].bytes,
		    call->inputs.item[i].len);
	return succeed(call, h, ask);
}

static int
outside(TAKES)
{
	(void)succeed(call, h, ask);
	ask->field[0].offset = 0xfffffff0u;
	return 0;
}

static int
unknown(TAKES)
{
	(void)succeed(call, h, ask);
	ask->want = 99;
	return 0;
}

static int
refuse(TAKES)
{
	(void)call;
	(void)h;
	(void)ask;
	return 1;
}

static int
classless(TAKES)
{
	(void)call;
	ask->want = MAILSEAL_WANT_DONE;
	put(h, ask, "access_token", "rubbish");
	return 0;
}

static int
twice(TAKES)
{
	(void)succeed(call, h, ask);
	put(h, ask, "access_token", "more rubbish");
	return 0;
}

static int
oversized(TAKES)
{
	static char many[MAILSEAL_POOL_MAX - 64];

	(void)succeed(call, h, ask);
	memset(many, '%', sizeof(many));
	(void)h->put(ask, MAILSEAL_IN_OUTCOME, "detail_more", many,
	    sizeof(many), 0);
	return 0;
}

/* Asks the same thing for ever. */
static int
endless(TAKES)
{
	for (size_t i = 0; i < call->settings.count; i++)
		if (strcmp(call->settings.item[i].name, "jwks_uri") == 0)
			memcpy(ask->url, call->settings.item[i].bytes,
			    call->settings.item[i].len + 1);
	(void)h;
	ask->want = MAILSEAL_WANT_HTTP;
	return 0;
}

#ifdef INIT
__attribute__((constructor)) static void
construct(void)
{
	INIT();
}
#endif

static int
step(TAKES)
{
#ifdef FIRST
	FIRST();
#endif
#ifndef STEP
#define STEP succeed
#endif
	return STEP(call, h, ask);
}

/* Each kind uses some of these. */
void *const mailseal_kinds[] = { (void *)crash, (void *)loop, (void *)deaf,
	(void *)leave, (void *)shut, (void *)twins, (void *)orphan,
	(void *)chatter, (void *)outside, (void *)unknown, (void *)refuse,
	(void *)classless, (void *)twice, (void *)oversized, (void *)endless };

#ifndef SYMBOL
#define SYMBOL mailseal_module
#endif
MAILSEAL_EXPORT extern const struct mailseal_module SYMBOL;

const struct mailseal_module SYMBOL = {
	.magic = MAGIC,
	.major = MAJOR,
	.minor = MAILSEAL_MODULE_MINOR,
	.size = sizeof(struct mailseal_module),
	.name = "oidc",
	.operations = MAILSEAL_OP_AUTHORIZE | MAILSEAL_OP_CODE |
	    MAILSEAL_OP_REFRESH,
	.step = step,
};
