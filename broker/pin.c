/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "broker/pin.h"

#define MARK "sha256:"
#define BLANKS " \t"

bool
pin_is_meant(const char *text)
{
	return strncasecmp(text, MARK, strlen(MARK)) == 0;
}

/* Take one word's digits, with a colon after each pair or after none. */
static bool
take_digits(const char *word, size_t len, char digits[PIN_DIGITS])
{
	size_t step = len > 2 && word[2] == ':' ? 3 : 2;
	size_t count = 0;

	if (len != PIN_DIGITS / 2 * step - (step == 3 ? 1 : 0))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (i % step == 2) {
			if (word[i] != ':')
				return false;
			continue;
		}
		if (!isxdigit((unsigned char)word[i]))
			return false;
		digits[count++] = (char)tolower((unsigned char)word[i]);
	}
	return true;
}

bool
pin_read(const char *text, char *pins, size_t size)
{
	size_t used = 0;

	text += strspn(text, BLANKS);
	while (*text != '\0') {
		size_t len = strcspn(text, BLANKS);

		if (!pin_is_meant(text) || size - used < PIN_DIGITS + 2)
			return false;
		if (used > 0)
			pins[used++] = ' ';
		if (!take_digits(text + strlen(MARK), len - strlen(MARK),
			pins + used))
			return false;
		used += PIN_DIGITS;
		text += len;
		text += strspn(text, BLANKS);
	}
	pins[used] = '\0';
	return used > 0;
}
