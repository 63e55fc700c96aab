/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "broker/argument.h"
#include "proto/error.h"

#define WORDS_MAX 32 /* as many as mailseal-courier takes */

/* Whether it is one of the modules that run no command. */
static bool
runs_none(const char *module)
{
	static const char *const names[] = { "google", "microsoft", "oidc",
		"password" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(module, names[i]) == 0)
			return true;
	return false;
}

static size_t
count_words(const char *text)
{
	size_t count = 0;

	while (*text != '\0') {
		count += strcspn(text, " ") > 0;
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return count;
}

/* What is wrong with the words, or NULL. */
static const char *
fault_of(const char *command)
{
	if (command[0] != '/')
		return "is a program's whole path, starting with /, and its "
		       "arguments";
	if (strpbrk(command, "\"'\\") != NULL)
		return "has a quote or a backslash, which nobody would "
		       "understand: words end at blanks, and no shell reads "
		       "them";
	for (const char *c = command; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return "has a control character; words end at blanks";
	if (count_words(command) > WORDS_MAX)
		return "has more than 32 words";
	return NULL;
}

int
argument_check(const struct provider *p, struct fault *fault)
{
	const char *command = p->value[SETTING_COMMAND];
	const char *module = p->value[SETTING_MODULE];
	const char *what;

	if (command == NULL && strcmp(module, "command") == 0)
		return fault_set(fault, p->file, 0,
		    "command is missing: which program gets the tokens?");
	if (p->value[SETTING_AUTHORITY] != NULL &&
	    strcmp(module, "command") == 0)
		return provider_refuse(p, SETTING_AUTHORITY,
		    "is not looked at: the command knows where it goes, or an "
		    "argument says so",
		    fault);
	if (command == NULL)
		return MAILSEAL_OK;
	if (runs_none(module))
		return provider_refuse(p, SETTING_COMMAND,
		    "is for module command", fault);
	what = fault_of(command);
	return what != NULL ? provider_refuse(p, SETTING_COMMAND, what, fault) :
			      MAILSEAL_OK;
}
