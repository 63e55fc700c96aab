/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/audit.h"
#include "broker/log.h"
#include "broker/sink.h"
#include "proto/error.h"

#define MORE_MAX 1024 /* bytes of what a caller has to say */

/* What no sink took, until one takes lines again. */
struct gap {
	time_t since;
	unsigned missed;  /* lines of what was done all the same */
	unsigned refused; /* strings that were not handed out for it */
};

struct audit {
	struct sink *sink;
	struct tally *tally;
	bool required;
	struct gap gap; /* zeroed: none */
};

bool
audit_is_behind(const struct audit *audit)
{
	return audit->gap.missed > 0 || audit->gap.refused > 0;
}

static bool
put_now(struct audit *audit, const struct deed *deed)
{
	struct deed_lines lines;

	return deed_write(deed, &lines) == MAILSEAL_OK &&
	    sink_takes(audit->sink, &lines);
}

/* The first line after a gap is about the gap. */
static bool
tell_gap(struct audit *audit)
{
	char more[MORE_MAX], since[DEED_STAMP_MAX];
	struct deed deed = { .event = "missed", .more = more };

	deed_stamp(audit->gap.since, since);
	(void)snprintf(more, sizeof(more), "missed=%u refused=%u since=%s",
	    audit->gap.missed, audit->gap.refused, since);
	if (!put_now(audit, &deed))
		return false;
	audit->gap = (struct gap){ 0 };
	return true;
}

static bool
put(struct audit *audit, const struct deed *deed)
{
	return (!audit_is_behind(audit) || tell_gap(audit)) &&
	    put_now(audit, deed);
}

/* Count a line that was not taken; each string that is not told would flood. */
static void
lose(struct audit *audit, const struct deed *deed, unsigned *count, bool tell)
{
	if (!audit_is_behind(audit))
		audit->gap.since = time(NULL);
	if (tell || !audit_is_behind(audit))
		log_error("audit lost", "event=%s account=%s uid=%u: %s",
		    deed->event,
		    deed->account != NULL ? printable(deed->account) : "-",
		    deed->peer->uid,
		    audit->required ?
			"no string is handed out until lines are taken" :
			"strings are handed out all the same");
	if (*count < (unsigned)-1)
		(*count)++;
}

void
audit_catch_up(struct audit *audit)
{
	if (audit_is_behind(audit))
		(void)tell_gap(audit); /* else there is another time */
}

void
audit_free(struct audit *audit)
{
	if (audit == NULL)
		return;
	if (audit_is_behind(audit) && !tell_gap(audit))
		log_error("audit lost", "missed=%u refused=%u",
		    audit->gap.missed, audit->gap.refused);
	sink_free(audit->sink);
	tally_free(audit->tally);
	free(audit);
}

int
audit_open(const char *path, struct audit **audit)
{
	AUTO(audit) a = calloc(1, sizeof(*a));
	int error;

	if (a == NULL)
		return MAILSEAL_E_NOMEM;
	a->required = true;
	a->tally = tally_new();
	if (a->tally == NULL)
		return MAILSEAL_E_NOMEM;
	error = sink_open(path, &a->sink);
	if (error != MAILSEAL_OK)
		return error;
	*audit = a;
	a = NULL;
	return MAILSEAL_OK;
}

int
audit_change(struct audit *audit, const struct audit_wish *wish)
{
	int error = sink_reopen(audit->sink, wish->path);

	if (error != MAILSEAL_OK)
		return error;
	sink_use(audit->sink, wish->journal);
	audit->required = wish->required;
	return MAILSEAL_OK;
}

static void
rule_text(const struct rule *rule, char text[TALLY_RULE_MAX])
{
	const char *base = strrchr(rule->file, '/');

	(void)snprintf(text, TALLY_RULE_MAX, "%.50s:%u",
	    base != NULL ? base + 1 : rule->file, rule->line);
}

/* What is only done with its line; *taken: whether that was taken. */
static int
put_or_refuse(struct audit *audit, const struct deed *deed, bool *taken)
{
	*taken = put(audit, deed);
	if (*taken)
		return MAILSEAL_OK;
	lose(audit, deed,
	    audit->required ? &audit->gap.refused : &audit->gap.missed, false);
	return audit->required ? MAILSEAL_E_BUSY : MAILSEAL_OK;
}

int
audit_write(struct audit *audit, const char *event, const char *account,
    const struct peer *peer, const struct rule *rule, const char *format, ...)
{
	char more[MORE_MAX], by[TALLY_RULE_MAX];
	struct deed deed = { event, account, peer, NULL, more };
	bool taken;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(more, sizeof(more), format, ap);
	va_end(ap);
	if (rule != NULL) {
		rule_text(rule, by);
		deed.rule = by;
	}
	return put_or_refuse(audit, &deed, &taken);
}

void
audit_note(struct audit *audit, const char *event, const char *account,
    const struct peer *peer, const char *format, ...)
{
	char more[MORE_MAX];
	struct deed deed = { event, account, peer, NULL, more };
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(more, sizeof(more), format, ap);
	va_end(ap);
	if (!put(audit, &deed))
		lose(audit, &deed, &audit->gap.missed, true);
}

int
audit_served(struct audit *audit, const char *account, const struct peer *peer,
    const struct rule *rule, const struct secret *token)
{
	char tag[TALLY_TAG_MAX], by[TALLY_RULE_MAX], more[MORE_MAX];
	struct deed deed = { "served", account, peer, by, more };
	bool taken;
	int error;

	tally_tag(audit->tally, account, token, tag);
	rule_text(rule, by);
	if (tally_repeats(audit->tally, tag, peer->uid, by))
		return MAILSEAL_OK;
	(void)snprintf(more, sizeof(more), "repeats_before=%u token=%s",
	    tally_repeated(audit->tally, peer->uid, by), tag);
	error = put_or_refuse(audit, &deed, &taken);
	if (taken)
		tally_served(audit->tally, tag, peer->uid, by);
	return error;
}

void
audit_denied(struct audit *audit, const char *account, const struct peer *peer,
    const char *why)
{
	unsigned damped;

	if (tally_denied(audit->tally, peer->uid, &damped))
		audit_note(audit, "denied", account, peer,
		    "why=%s more_before=%u", why, damped);
}
