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
glossary_fill(const char *sentence, const char *account, const char *provider,
    char *text, size_t size)
{
	size_t at = 0, len;

	account = account != NULL ? account : "ADDRESS";
	provider = provider != NULL ? provider : "NAME";
	for (; *sentence != '\0'; sentence += len) {
		len = 2;
		if (strncmp(sentence, "%s", len) == 0) {
			at = add(text, size, at, account, strlen(account));
		} else if (strncmp(sentence, "%p", len) == 0) {
			at = add(text, size, at, provider, strlen(provider));
		} else {
			len = 1 + strcspn(sentence + 1, "%");
			at = add(text, size, at, sentence, len);
		}
	}
	text[at] = '\0'; /* also of nothing */
}
