/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/mailseal/lookup.h"
#include "client/mailseal/ownword.h"
#include "proto/glossary.h"

#define FEW 3		 /* words that are meant as codes, each of them */
#define NUMBER_MIN 10000 /* a smaller one alone is no AADSTS number */
#define ENHANCED_MAX 12
#define SURE_LEN 8 /* a response code this long is no ordinary word */

/* What is looked through. */
struct quest {
	const char *text;
	bool few;	   /* its words are codes: case does not matter */
	bool words_matter; /* some row's words stand in it */
};

static void
add_entry(struct entries *entries, const struct entry *entry)
{
	if (entries->count < LOOKUP_MAX)
		entries->entry[entries->count++] = *entry;
}

static void
add_meaning(struct entries *entries, const struct meaning *m)
{
	static const char *const sources[] = {
		[SAID_NUMBER] = "Microsoft Entra ID",
		[SAID_ERROR] = "OAuth providers: error",
		[SAID_SUBTYPE] =
		    "Google and Microsoft: error_subtype, suberror",
		[SAID_SMTP] = "SMTP servers",
		[SAID_IMAP] = "IMAP servers",
	};
	struct entry entry = { .source = sources[m->source],
		.note = m->note,
		.class = m->class != NULL ? m->class : "reauth",
		.actor = m->actor,
		.remedy = m->remedy };

	meaning_name(m, entry.name);
	add_entry(entries, &entry);
}

static void
add_own(struct entries *entries, const struct ownword *own)
{
	struct entry entry = { .source = own->source,
		.note = own->note,
		.class = own->code,
		.actor = own->actor,
		.remedy = own->remedy };

	(void)snprintf(entry.name, sizeof(entry.name), "%s", own->name);
	add_entry(entries, &entry);
}

void
lookup_all(struct entries *entries)
{
	const struct meaning *m;
	struct ownword own;

	entries->count = 0;
	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++)
		add_meaning(entries, m);
	for (size_t n = 0; ownword_at(n, &own); n++)
		add_own(entries, &own);
}

static bool
is_part(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* Where a word stands, whole, from text on; or NULL. */
static const char *
find_word(const char *text, const char *start, const char *word, bool fold)
{
	size_t len = strlen(word);

	for (const char *at = text; *at != '\0'; at++)
		if ((fold ? strncasecmp(at, word, len) :
			    strncmp(at, word, len)) == 0 &&
		    (at == start || !is_part(at[-1])) && !is_part(at[len]))
			return at;
	return NULL;
}

static bool
has_word(const struct quest *q, const char *word)
{
	return find_word(q->text, q->text, word, q->few) != NULL;
}

/* "AADSTS" and the number, or the number alone, not within a longer id. */
static bool
has_number(const struct quest *q, int number)
{
	char text[24];
	const char *at;

	(void)snprintf(text, sizeof(text), "AADSTS%d", number);
	if (find_word(q->text, q->text, text, true) != NULL)
		return true;
	if (number < NUMBER_MIN)
		return false;
	at = find_word(q->text, q->text, text + strlen("AADSTS"), false);
	return at != NULL && (at == q->text || at[-1] != '-') &&
	    at[strlen(text) - strlen("AADSTS")] != '-';
}

static bool
has_words(const struct quest *q, const struct meaning *m)
{
	return m->words != NULL && strcasestr(q->text, m->words) != NULL;
}

/* One of IMAP's: by its code, its words, or both. */
static bool
has_imap(const struct quest *q, const struct meaning *m)
{
	char bracketed[MEANING_NAME_MAX];
	if (m->code != NULL) {
		(void)snprintf(bracketed, sizeof(bracketed), "[%s", m->code);
		if (strcasestr(q->text, bracketed) == NULL &&
		    !(q->few && has_word(q, m->code)) &&
		    !(strlen(m->code) >= SURE_LEN && has_word(q, m->code)))
			return false;
		return m->words == NULL || has_words(q, m) || !q->words_matter;
	}
	return has_words(q, m) && strlen(m->words) > SURE_LEN;
}

static void
look_among_oauth(const struct quest *q, struct entries *entries)
{
	const struct meaning *m;

	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++)
		if (m->source == SAID_NUMBER ? has_number(q, m->number) :
			m->source == SAID_ERROR || m->source == SAID_SUBTYPE ?
					       has_word(q, m->code) :
					       false)
			add_meaning(entries, m);
}

/* How a line of IMAP ends a command, its tag before it or not; 0: it is none */
static int
read_status(const char *text)
{
	static const struct {
		const char *word;
		int status;
	} words[] = { { "NO", REPLY_NO }, { "BAD", REPLY_BAD },
		{ "BYE", REPLY_BYE }, { "PREAUTH", REPLY_PREAUTH } };
	const char *second = text + strcspn(text, " ");

	second += strspn(second, " ");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if ((strncmp(text, words[i].word, len) == 0 &&
			!is_part(text[len])) ||
		    (strncmp(second, words[i].word, len) == 0 &&
			!is_part(second[len])))
			return words[i].status;
	}
	return 0;
}

static void
look_among_imap(const struct quest *q, struct entries *entries)
{
	size_t before = entries->count;
	int status = read_status(q->text);
	const struct meaning *m;

	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++)
		if (m->source == SAID_IMAP && has_imap(q, m))
			add_meaning(entries, m);
	/* Without a code the status tells, and its words where they fit. */
	for (int worded = 1; entries->count == before && worded >= 0; worded--)
		for (size_t n = 0; (m = glossary_at(n)) != NULL; n++)
			if (m->source == SAID_IMAP && m->code == NULL &&
			    (m->number & status) != 0 &&
			    (worded ? has_words(q, m) : m->words == NULL))
				add_meaning(entries, m);
}

/* A code of SMTP in a text; 0 and "" where one of both is not there. */
struct smtp_code {
	int code;
	char enhanced[ENHANCED_MAX];
};

/* The enhanced code at the start of text (RFC 3463), or "". */
static void
read_enhanced(const char *text, char enhanced[ENHANCED_MAX])
{
	size_t len = strspn(text, "0123456789."), dots = 0;

	enhanced[0] = '\0';
	if (len < 5 || len >= ENHANCED_MAX || strchr("245", text[0]) == NULL ||
	    text[1] != '.' || is_part(text[len]))
		return;
	if (text[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++)
		dots += text[i] == '.';
	if (dots == 2)
		(void)snprintf(enhanced, ENHANCED_MAX, "%.*s", (int)len, text);
}

/* What stands at this place of a quest's text; false: no code of SMTP. */
static bool
read_smtp(const struct quest *q, const char *at, struct smtp_code *found)
{
	bool starts = at == q->text || (!is_part(at[-1]) && at[-1] != '.');

	*found = (struct smtp_code){ 0 };
	if (!starts)
		return false;
	if (strspn(at, "0123456789") == 3 && at[0] >= '2' && at[0] <= '5' &&
	    !is_part(at[3]) && at[3] != '.') {
		found->code = atoi(at);
		if (at[3] == ' ' || at[3] == '-')
			read_enhanced(at + 4, found->enhanced);
		return found->enhanced[0] != '\0' || at == q->text || q->few ||
		    at[-1] == '=';
	}
	/* Alone, and not behind its code, which was read before. */
	if (at - q->text >= 4 && (at[-1] == ' ' || at[-1] == '-') &&
	    strspn(at - 4, "0123456789") == 3)
		return false;
	read_enhanced(at, found->enhanced);
	return found->enhanced[0] != '\0';
}

/* How near a row comes to a code: 3 with its enhanced code ... 0 not at all. */
static int
nearness(const struct quest *q, const struct meaning *m,
    const struct smtp_code *code)
{
	bool same = m->number == code->code;

	/* Codes alone may be what any of their rows says. */
	if (m->source != SAID_SMTP ||
	    (m->words != NULL && !q->few && !has_words(q, m)))
		return 0;
	if (m->code != NULL && strcmp(m->code, code->enhanced) == 0)
		return code->code == 0 || same ? 3 : 0;
	if (code->code == 0)
		return 0;
	if (same && (m->code == NULL || code->enhanced[0] == '\0'))
		return 2;
	return m->number == code->code / 100 ? 1 : 0;
}

/* The rows that come so near; whether that is all that it can mean. */
static bool
add_near(const struct quest *q, const struct smtp_code *code, int near,
    struct entries *entries)
{
	const struct meaning *m;
	bool worded = false, plain = false;

	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++)
		worded |= nearness(q, m, code) == near && has_words(q, m);
	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++) {
		if (nearness(q, m, code) != near ||
		    (worded && !has_words(q, m)))
			continue;
		plain |= m->words == NULL;
		add_meaning(entries, m);
	}
	return worded || plain;
}

static void
look_for_code(const struct quest *q, const struct smtp_code *code,
    struct entries *entries)
{
	for (int near = 3; near > 0; near--)
		if (add_near(q, code, near, entries))
			break;
}

static void
look_among_smtp(const struct quest *q, struct entries *entries)
{
	struct smtp_code code, last = { 0 };

	for (const char *at = q->text; *at != '\0'; at++) {
		if (!read_smtp(q, at, &code))
			continue;
		/* A reply of several lines says it on each. */
		if (code.code != last.code ||
		    strcmp(code.enhanced, last.enhanced) != 0)
			look_for_code(q, &code, entries);
		last = code;
	}
}

/* mailseal's own: where a line names them as a log does, or they stand alone */
static void
look_among_own(const struct quest *q, struct entries *entries)
{
	struct ownword own;

	for (size_t n = 0; ownword_at(n, &own); n++) {
		const char *at = find_word(q->text, q->text, own.name, q->few);

		if (at != NULL &&
		    (q->few || strchr(own.name, '_') != NULL ||
			(at > q->text && at[-1] == '=')))
			add_own(entries, &own);
	}
}

static size_t
count_words(const char *text)
{
	size_t count = 0;

	while (*(text += strspn(text, " \t\n")) != '\0') {
		text += strcspn(text, " \t\n");
		count++;
	}
	return count;
}

size_t
lookup(const char *text, struct entries *entries)
{
	struct quest q = { .text = text, .few = count_words(text) <= FEW };
	const struct meaning *m;

	entries->count = 0;
	for (size_t n = 0; (m = glossary_at(n)) != NULL; n++)
		q.words_matter |= m->source == SAID_IMAP && m->code != NULL &&
		    m->words != NULL && strcasestr(text, m->words) != NULL;
	look_among_oauth(&q, entries);
	look_among_imap(&q, entries);
	look_among_smtp(&q, entries);
	look_among_own(&q, entries);
	return entries->count;
}
