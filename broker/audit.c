/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/audit.h"
#include "broker/log.h"
#include "proto/error.h"

#define LINE_ROOM 2048
#define SEEN_MAX 1024  /* handings-out remembered; the oldest place is reused */
#define DENIALS_MAX 64 /* uids whose denials are damped at a time */
#define DENIALS_A_MINUTE 10

/* A (token, uid, rule) that had its line. */
struct seen {
	char tag[AUDIT_TAG_MAX];
	uid_t uid;
	char rule[64];
	unsigned repeats;
};

struct denials {
	uid_t uid;
	time_t since;
	unsigned count;
};

struct audit {
	int fd;
	bool own; /* the descriptor is ours to close */
	unsigned char key[crypto_shorthash_KEYBYTES]; /* of the tags */
	struct seen seen[SEEN_MAX];
	size_t next;
	struct denials denials[DENIALS_MAX];
};

void
audit_free(struct audit *audit)
{
	if (audit == NULL)
		return;
	if (audit->own)
		(void)close(audit->fd);
	sodium_memzero(audit->key, sizeof(audit->key));
	free(audit);
}

int
audit_open(const char *path, struct audit **audit)
{
	AUTO(audit) a = calloc(1, sizeof(*a));

	if (a == NULL)
		return MAILSEAL_E_NOMEM;
	a->fd = STDERR_FILENO;
	if (path != NULL) {
		a->fd = open(path,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			O_NONBLOCK,
		    0600);
		if (a->fd < 0)
			return MAILSEAL_E_IO;
		a->own = true;
	}
	crypto_shorthash_keygen(a->key);
	*audit = a;
	a = NULL;
	return MAILSEAL_OK;
}

/* "2026-11-23T19:28:00Z", the time as a line starts with it. */
static void
stamp(char text[32])
{
	time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void
rule_text(const struct rule *rule, char text[64])
{
	const char *base;

	if (rule == NULL) {
		(void)snprintf(text, 64, "-");
		return;
	}
	base = strrchr(rule->file, '/');
	(void)snprintf(text, 64, "%.50s:%u",
	    base != NULL ? base + 1 : rule->file, rule->line);
}

/* MAILSEAL_E_BUSY where the line is not taken. */
static int __attribute__((format(printf, 6, 0))) put(struct audit *audit,
    const char *event, const char *account, const struct peer *peer,
    const struct rule *rule, const char *format, va_list ap)
{
	char line[LINE_ROOM], more[1024], when[32], by[64];
	int n;

	(void)vsnprintf(more, sizeof(more), format, ap);
	stamp(when);
	rule_text(rule, by);
	n = snprintf(line, sizeof(line),
	    "%s audit event=%s account=%s user=%s uid=%u pid=%d rule=%s%s%s\n",
	    when, event, account != NULL ? printable(account) : "-",
	    peer_user(peer), peer->uid, (int)peer->pid, by,
	    more[0] != '\0' ? " " : "", more);
	if (n < 0 || (size_t)n >= sizeof(line))
		return MAILSEAL_E_BUSY;
	return write(audit->fd, line, (size_t)n) == n ? MAILSEAL_OK :
							MAILSEAL_E_BUSY;
}

int
audit_write(struct audit *audit, const char *event, const char *account,
    const struct peer *peer, const struct rule *rule, const char *format, ...)
{
	va_list ap;
	int error;

	va_start(ap, format);
	error = put(audit, event, account, peer, rule, format, ap);
	va_end(ap);
	return error;
}

void
audit_note(struct audit *audit, const char *event, const char *account,
    const struct peer *peer, const char *format, ...)
{
	va_list ap;
	int error;

	va_start(ap, format);
	error = put(audit, event, account, peer, NULL, format, ap);
	va_end(ap);
	if (error != MAILSEAL_OK)
		log_warn("audit lost", "event=%s account=%s uid=%u", event,
		    account != NULL ? printable(account) : "-", peer->uid);
}

static void
tag_of(const struct audit *audit, const struct secret *token,
    char tag[AUDIT_TAG_MAX])
{
	unsigned char hash[crypto_shorthash_BYTES];

	(void)crypto_shorthash(hash, token->data, token->len, audit->key);
	(void)sodium_bin2hex(tag, AUDIT_TAG_MAX, hash, sizeof(hash));
}

static struct seen *
find_seen(struct audit *audit, const char *tag, uid_t uid, const char *rule)
{
	for (size_t i = 0; i < SEEN_MAX; i++) {
		struct seen *s = &audit->seen[i];

		if (s->uid == uid && strcmp(s->tag, tag) == 0 &&
		    strcmp(s->rule, rule) == 0)
			return s;
	}
	return NULL;
}

/* How often strings of before were handed out again; told once. */
static unsigned
take_repeats(struct audit *audit, uid_t uid, const char *rule)
{
	unsigned repeats = 0;

	for (size_t i = 0; i < SEEN_MAX; i++) {
		struct seen *s = &audit->seen[i];

		if (s->uid != uid || strcmp(s->rule, rule) != 0)
			continue;
		repeats += s->repeats;
		s->repeats = 0;
	}
	return repeats;
}

int
audit_served(struct audit *audit, const char *account, const struct peer *peer,
    const struct rule *rule, const struct secret *token)
{
	char tag[AUDIT_TAG_MAX], by[64];
	struct seen *s;
	int error;

	tag_of(audit, token, tag);
	rule_text(rule, by);
	s = find_seen(audit, tag, peer->uid, by);
	if (s != NULL) {
		s->repeats++;
		return MAILSEAL_OK;
	}
	error = audit_write(audit, "served", account, peer, rule,
	    "repeats_before=%u token=%s", take_repeats(audit, peer->uid, by),
	    tag);
	if (error != MAILSEAL_OK)
		return error;
	s = &audit->seen[audit->next];
	audit->next = (audit->next + 1) % SEEN_MAX;
	*s = (struct seen){ .uid = peer->uid };
	memcpy(s->tag, tag, sizeof(s->tag));
	memcpy(s->rule, by, sizeof(s->rule));
	return MAILSEAL_OK;
}

/* The place of a uid; of one not known the place that rested longest. */
static struct denials *
find_denials(struct audit *audit, uid_t uid)
{
	struct denials *oldest = &audit->denials[0];

	for (size_t i = 0; i < DENIALS_MAX; i++) {
		struct denials *d = &audit->denials[i];

		if (d->count > 0 && d->uid == uid)
			return d;
		if (d->since < oldest->since)
			oldest = d;
	}
	*oldest = (struct denials){ .uid = uid };
	return oldest;
}

void
audit_denied(struct audit *audit, const char *account, const struct peer *peer,
    const char *why)
{
	struct denials *d = find_denials(audit, peer->uid);
	time_t now = time(NULL);
	unsigned damped = 0;

	if (now - d->since >= 60 || now < d->since) {
		damped = d->count > DENIALS_A_MINUTE ?
		    d->count - DENIALS_A_MINUTE :
		    0;
		*d = (struct denials){ .uid = peer->uid, .since = now };
	}
	if (++d->count > DENIALS_A_MINUTE)
		return;
	audit_note(audit, "denied", account, peer, "why=%s more_before=%u", why,
	    damped);
}
