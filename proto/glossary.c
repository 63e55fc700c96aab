/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "proto/glossary.h"

static const struct meanings *const tables[] = { &meanings_number,
	&meanings_error, &meanings_subtype, &meanings_smtp, &meanings_imap };

const struct meaning *
glossary_at(size_t n)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (n < tables[i]->count)
			return &tables[i]->row[n];
		n -= tables[i]->count;
	}
	return NULL;
}

const struct meaning *
glossary_find(const char *name)
{
	const struct meaning *meaning;
	char own[MEANING_NAME_MAX];

	for (size_t n = 0; (meaning = glossary_at(n)) != NULL; n++) {
		meaning_name(meaning, own);
		if (strcmp(own, name) == 0)
			return meaning;
	}
	return NULL;
}

/* Add len bytes as far as they fit; text has an end always. */
static size_t
add(char *text, size_t size, size_t at, const char *bytes, size_t len)
{
	if (len > size - 1 - at)
		len = size - 1 - at;
	memcpy(text + at, bytes, len);
	text[at + len] = '\0';
	return at + len;
}

void
glossary_fill(const char *sentence, const char *account, char *text,
    size_t size)
{
	const char *who = account != NULL ? account : "ADDRESS";
	const char *mark;
	size_t at = 0;

	for (; (mark = strstr(sentence, "%s")) != NULL; sentence = mark + 2) {
		at = add(text, size, at, sentence, (size_t)(mark - sentence));
		at = add(text, size, at, who, strlen(who));
	}
	(void)add(text, size, at, sentence, strlen(sentence));
}
