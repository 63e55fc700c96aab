/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/mailseal/command.h"
#include "client/mailseal/credential.h"
#include "client/mailseal/options.h"
#include "proto/verb.h"

#define NONE SIZE_MAX /* this option has no such field */
#define WORD(field, words) \
	offsetof(struct options, field), NONE, 0, words, NULL, 0
#define TEXT(field, value) \
	offsetof(struct options, field), NONE, 0, NULL, value, 0
#define PERHAPS(field, value, after) \
	offsetof(struct options, field), NONE, 0, NULL, value, after
#define NUMBER(field, max, value) \
	NONE, offsetof(struct options, field), max, NULL, value, 0
#define FLAG NONE, NONE, 0, NULL, NULL, 0
#define SERVICES "smtp, imap, pop"
#define MECHANISMS "xoauth2, oauthbearer, bearer, plain, login"

static const struct choice {
	const char *name;
	enum option option;
	size_t text;   /* where a text goes */
	size_t number; /* where a number goes */
	unsigned max;
	const char *words; /* that the text may be, or NULL */
	const char *value; /* what the help calls it */
	size_t after;	   /* words before a value that may be left out; or 0 */
} choices[] = {
	{ "--socket", OPTION_SOCKET, TEXT(socket, "PATH") },
	{ "--admin-socket", OPTION_ADMIN_SOCKET, TEXT(admin_socket, "PATH") },
	{ "--file", OPTION_FILE, TEXT(file, "FILE") },
	{ "--provider", OPTION_PROVIDER, TEXT(provider, "NAME") },
	{ "--password", OPTION_PASSWORD, FLAG },
	{ "--password-file", OPTION_PASSWORD_FILE,
	    TEXT(password_file, "FILE") },
	{ "--paste", OPTION_PASTE, FLAG },
	{ "--port", OPTION_PORT, NUMBER(port, 65535, "PORT") },
	{ "--device", OPTION_DEVICE, FLAG },
	{ "--send", OPTION_SEND, TEXT(send, "ADDRESS") },
	{ "--for", OPTION_FOR, WORD(service, SERVICES) },
	{ "--mechanism", OPTION_MECHANISM, WORD(mechanism, MECHANISMS) },
	{ "--life", OPTION_LIFE, NUMBER(life_s, LIFE_MAX, "SECONDS") },
	{ "--wait", OPTION_WAIT, NUMBER(wait_s, WAIT_MAX, "SECONDS") },
	{ "--name", OPTION_NAME, TEXT(name, "NAME") },
	{ "--with-key", OPTION_WITH_KEY, WORD(with_key, CREDENTIAL_KEYS) },
	{ "--recovery-file", OPTION_RECOVERY_FILE,
	    TEXT(recovery_file, "FILE") },
	{ "--no-recovery", OPTION_NO_RECOVERY, FLAG },
	{ "--recovery", OPTION_RECOVERY, FLAG },
	{ "--credential", OPTION_CREDENTIAL, TEXT(credential, "NAME") },
	{ "--failed", OPTION_FAILED, TEXT(failed, "NAME") },
	{ "--without-recovery", OPTION_WITHOUT_RECOVERY, FLAG },
	{ "--login", OPTION_LOGIN, TEXT(login, "NAME") },
	{ "--ends", OPTION_ENDS, TEXT(ends, "YYYY-MM-DD") },
	{ "--days", OPTION_DAYS, NUMBER(days, CERTIFICATE_DAYS_MAX, "NUMBER") },
	{ "--delegate", OPTION_DELEGATE, PERHAPS(delegate, "LOGIN", 2) },
	{ "--replace-identity", OPTION_REPLACE_IDENTITY, FLAG },
	{ "--send-as", OPTION_SEND_AS, TEXT(send_as, "ADDRESS") },
	{ "--host", OPTION_HOST, TEXT(host, "HOST") },
	{ "--json", OPTION_JSON, FLAG },
	{ "--yes", OPTION_YES, FLAG },
	{ "--revoke", OPTION_REVOKE, FLAG },
	{ "--allow-unresolved", OPTION_ALLOW_UNRESOLVED, FLAG },
	{ "--user", OPTION_USER, TEXT(user, "USER") },
	{ "--unit", OPTION_UNIT, TEXT(unit, "UNIT") },
	{ "--help", OPTION_HELP, FLAG },
	{ "--version", OPTION_VERSION, FLAG },
	{ "-h", OPTION_HELP, FLAG },
	{ "-V", OPTION_VERSION, FLAG },
};
#define CHOICES (sizeof(choices) / sizeof(choices[0]))

/* The option that argument names, up to "="; *value stands behind that. */
static const struct choice *
find(const char *argument, const char **value)
{
	size_t len = strcspn(argument, "=");

	*value = argument[len] == '=' ? argument + len + 1 : NULL;
	for (size_t i = 0; i < CHOICES; i++)
		if (strlen(choices[i].name) == len &&
		    strncmp(choices[i].name, argument, len) == 0)
			return &choices[i];
	return NULL;
}

/* A number from 1 to max in decimal, 0 when it is none. */
static unsigned
read_number(const char *text, unsigned max)
{
	unsigned number = 0;

	if (*text == '\0' || strlen(text) > 9)
		return 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		number = number * 10 + (unsigned)(*text - '0');
	}
	return number > max ? 0 : number;
}

/* Whether text is one of the words, between which stand commas and blanks. */
static bool
is_one_of(const char *text, const char *words)
{
	size_t len = strlen(text);

	for (size_t n; *words != '\0'; words += n + strspn(words + n, ", ")) {
		n = strcspn(words, ", ");
		if (n == len && strncmp(words, text, n) == 0)
			return true;
	}
	return false;
}

static int
set(struct options *options, const struct choice *choice, const char *value)
{
	char *base = (char *)options;
	unsigned number;

	if (choice->text != NONE) {
		if (*value == '\0')
			return complain(EX_USAGE, "%s is empty", choice->name);
		if (choice->words != NULL && !is_one_of(value, choice->words))
			return complain(EX_USAGE, "%s takes one of %s",
			    choice->name, choice->words);
		memcpy(base + choice->text, &value, sizeof(value));
		return EX_OK;
	}
	number = read_number(value, choice->max);
	if (number == 0)
		return complain(EX_USAGE, "%s takes a number from 1 to %u",
		    choice->name, choice->max);
	memcpy(base + choice->number, &number, sizeof(number));
	return EX_OK;
}

/* Take the option at argv[*at], and its value behind it. */
static int
take(struct options *options, int argc, char **argv, int *at)
{
	const char *value;
	const struct choice *choice = find(argv[*at], &value);
	bool flag;

	if (choice == NULL)
		return complain(EX_USAGE,
		    "there is no option %s; see "
		    "\"mailseal help\"",
		    argv[*at]);
	flag = choice->text == NONE && choice->number == NONE;
	if (flag && value != NULL)
		return complain(EX_USAGE, "%s takes no value", choice->name);
	if (options_have(options, choice->option))
		return complain(EX_USAGE, "%s is given twice", choice->name);
	options->given |= OPTION_BIT(choice->option);
	if (flag)
		return EX_OK;
	/* Else the word behind it could be the address that is meant. */
	if (choice->after > 0 && value == NULL &&
	    (options->count < choice->after || *at + 1 == argc ||
		argv[*at + 1][0] == '-'))
		return EX_OK;
	if (value == NULL && *at + 1 < argc)
		value = argv[++*at];
	if (value == NULL)
		return complain(EX_USAGE, "%s needs a value", choice->name);
	return set(options, choice, value);
}

int
options_read(struct options *options, int argc, char **argv)
{
	bool over = false;

	memset(options, 0, sizeof(*options));
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		int status;

		if (!over && strcmp(word, "--") == 0) {
			over = true;
			continue;
		}
		if (!over && word[0] == '-' && word[1] != '\0') {
			status = take(options, argc, argv, &i);
			if (status != EX_OK)
				return status;
			continue;
		}
		if (options->count == WORDS_MAX)
			return complain(EX_USAGE, "too many words: %s", word);
		options->word[options->count++] = word;
	}
	return EX_OK;
}

bool
options_have(const struct options *options, enum option option)
{
	return (options->given & OPTION_BIT(option)) != 0;
}

const char *
options_stranger(const struct options *options, uint64_t allowed)
{
	uint64_t strange = options->given & ~allowed;

	for (size_t i = 0; i < CHOICES; i++)
		if ((strange & OPTION_BIT(choices[i].option)) != 0)
			return choices[i].name;
	return NULL;
}

/* "[--for smtp|imap|pop]" */
static void
write_usage(const struct choice *choice, char *text, size_t size)
{
	const char *value = choice->words != NULL ? choice->words :
						    choice->value;
	bool optional = choice->after > 0;
	size_t len = (size_t)snprintf(text, size, "[%s%s", choice->name,
	    optional	      ? "[=" :
		value != NULL ? " " :
				"");

	for (; value != NULL && *value != '\0' && len + 3 < size; value++) {
		if (*value == ',')
			text[len++] = '|';
		else if (*value != ' ')
			text[len++] = *value;
	}
	if (optional)
		text[len++] = ']';
	text[len++] = ']';
	text[len] = '\0';
}

void
options_print(uint64_t allowed, size_t column)
{
	char text[128];

	for (size_t i = 0; i < CHOICES; i++) {
		if ((allowed & OPTION_BIT(choices[i].option)) == 0 ||
		    choices[i].name[1] != '-')
			continue;
		write_usage(&choices[i], text, sizeof(text));
		if (column + 1 + strlen(text) > 79) {
			(void)fputs("\n           ", stdout);
			column = 11;
		}
		(void)printf(" %s", text);
		column += 1 + strlen(text);
	}
	(void)putchar('\n');
}
