/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/catalogue.h"
#include "broker/deed.h"
#include "broker/log.h"
#include "proto/error.h"

#define WORD_MAX 1024 /* bytes of a key=value of the caller's */

void
deed_stamp(time_t when, char stamp[DEED_STAMP_MAX])
{
	struct tm tm;

	(void)gmtime_r(&when, &tm);
	(void)strftime(stamp, DEED_STAMP_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Add to the line; what does not fit spoils the lines. */
static void __attribute__((format(printf, 2, 3)))
write_text(struct deed_lines *lines, const char *format, ...)
{
	size_t room = sizeof(lines->text) - lines->len;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(lines->text + lines->len, room, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		lines->entry.spoiled = true;
	else
		lines->len += (size_t)n;
}

/* A fact, in both forms; the value is a printable word. */
static void
add(struct deed_lines *lines, const char *key, const char *value)
{
	char field[JOURNAL_FIELD_MAX + 1] = "MAILSEAL_";
	size_t len = strlen(field);

	for (const char *c = key; *c != '\0' && len < JOURNAL_FIELD_MAX; c++)
		field[len++] = isalnum((unsigned char)*c) ?
		    (char)toupper((unsigned char)*c) :
		    '_';
	field[len] = '\0';
	journal_put(&lines->entry, field, value);
	write_text(lines, " %s=%s", key, value);
}

static void
add_number(struct deed_lines *lines, const char *key, unsigned long number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lu", number);
	add(lines, key, text);
}

/* What the caller has to say beyond; a word that is no fact stays text. */
static void
add_words(struct deed_lines *lines, const char *more)
{
	while (*more != '\0') {
		char word[WORD_MAX], *value;
		size_t len = strcspn(more, " ");

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, more);
		value = strchr(word, '=');
		if (value == NULL)
			write_text(lines, " %s", word);
		else {
			*value = '\0';
			add(lines, word, value + 1);
		}
		more += len + (more[len] == ' ');
	}
}

static void
add_peer(struct deed_lines *lines, const struct peer *peer)
{
	const struct peer_names *origin;

	add(lines, "user", printable_word(peer_user(peer)));
	add_number(lines, "uid", peer->uid);
	add_number(lines, "pid", (unsigned long)peer->pid);
	origin = peer_origin(peer);
	if (origin->login_uid != PEER_NO_LOGIN)
		add_number(lines, "loginuid", origin->login_uid);
	if (origin->login[0] != '\0')
		add(lines, "login", printable_word(origin->login));
	if (origin->unit[0] != '\0')
		add(lines, "unit", printable_word(origin->unit));
}

/* Who did it, in words: "root (login jane, unit cron.service) ". */
static void
name_doer(const struct peer *peer, char *who, size_t size)
{
	const struct peer_names *origin;
	char user[256];
	bool login, unit;

	(void)snprintf(user, sizeof(user), "%s", printable(peer_user(peer)));
	origin = peer_origin(peer);
	login = origin->login[0] != '\0';
	unit = origin->unit[0] != '\0';
	(void)snprintf(who, size, "%s%s%s%s%s%s%s ", user,
	    login || unit ? " (" : "", login ? "login " : "",
	    login ? printable(origin->login) : "",
	    unit ? (login ? ", unit " : "unit ") : "",
	    unit ? printable(origin->unit) : "", login || unit ? ")" : "");
}

/* The sentence for people, before the fields for programs. */
static void
add_message(struct deed_lines *lines, const struct deed *deed, const char *did)
{
	char who[1024] = "";

	if (deed->peer != NULL)
		name_doer(deed->peer, who, sizeof(who));
	journal_print(&lines->entry, "MESSAGE", "%s%s%s%s%s%s%s%s", who, did,
	    deed->account != NULL ? " " : "",
	    deed->account != NULL ? printable(deed->account) : "",
	    deed->rule != NULL ? " by " : "",
	    deed->rule != NULL ? printable(deed->rule) : "",
	    deed->more[0] != '\0' ? ": " : "", deed->more);
}

int
deed_write(const struct deed *deed, struct deed_lines *lines)
{
	const struct catalogue_row *row = catalogue_audit(deed->event);
	char stamp[DEED_STAMP_MAX];

	*lines = (struct deed_lines){ .len = 0 };
	add_message(lines, deed, row->did);
	journal_print(&lines->entry, "PRIORITY", "%d", row->priority);
	journal_put(&lines->entry, "SYSLOG_IDENTIFIER", "mailseald");
	if (row->id != NULL)
		journal_put(&lines->entry, "MESSAGE_ID", row->id);
	deed_stamp(time(NULL), stamp);
	write_text(lines, "%s audit", stamp);
	add(lines, "event", deed->event);
	add(lines, "account", printable_word(deed->account));
	if (deed->peer != NULL)
		add_peer(lines, deed->peer);
	add(lines, "rule", printable_word(deed->rule));
	add(lines, "result", row->result);
	add_words(lines, deed->more);
	write_text(lines, "\n");
	return lines->entry.spoiled ? MAILSEAL_E_TOOLONG : MAILSEAL_OK;
}
