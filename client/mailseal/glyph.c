/* SPDX-License-Identifier: ISC */
#include <stdbool.h>

#include "client/mailseal/glyph.h"

/* RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
uint32_t
glyph_at(const char *text, size_t *len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	uint32_t c = at[0];
	size_t n = c < 0x80 ? 1 :
	    c < 0xc0	    ? 0 :
	    c < 0xe0	    ? 2 :
	    c < 0xf0	    ? 3 :
	    c < 0xf8	    ? 4 :
			      0;

	*len = 1;
	if (n == 1)
		return c;
	if (n == 0)
		return UINT32_MAX;
	c &= 0xffu >> (n + 1);
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return UINT32_MAX; /* a NUL ends here, too */
		c = c << 6 | (at[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return UINT32_MAX;
	*len = n;
	return c;
}

static bool
is_visible(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == UINT32_MAX)
		return false;
	/* What turns the direction of writing could make a text lie. */
	return !(c >= 0x200e && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	    !(c >= 0x2066 && c <= 0x2069);
}

size_t
glyph_count(const char *text)
{
	size_t count = 0, len;

	for (; *text != '\0'; text += len) {
		(void)glyph_at(text, &len); /* the length matters */
		count++;
	}
	return count;
}

void
glyph_print(FILE *out, const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len) {
		if (is_visible(glyph_at(text, &len)))
			(void)fwrite(text, 1, len, out);
		else
			(void)fputc('?', out);
	}
}
