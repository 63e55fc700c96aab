/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/mailseal/fold.h"
#include "client/mailseal/glyph.h"

#define WIDTH_USUAL 80 /* columns of a terminal that does not tell */
#define WIDTH_LEAST 40 /* with fewer the terminal breaks lines as it likes */

/* A command that begins here, whatever its length; 0: none does. */
static size_t
command_len(const char *text)
{
	static const char ours[] = "mailseal ";
	const char *end;

	if (strncmp(text, ours, sizeof(ours) - 1) == 0)
		return strcspn(text, ";");
	if (*text != '"')
		return 0;
	end = strchr(text + 1, '"');
	return end != NULL ? (size_t)(end - text) + 1 : 0;
}

static size_t
seen_len(const char *text, size_t len)
{
	size_t count = 0, n;

	for (size_t at = 0; at < len; at += n) {
		(void)glyph_at(text + at, &n); /* the length matters */
		count++;
	}
	return count;
}

size_t
fold_word(const char *text, size_t room)
{
	size_t len = command_len(text);

	len += strcspn(text + len, " "); /* and what follows at once */
	if (seen_len(text, len) > room)
		len = strcspn(text, " ");
	return len;
}

static size_t
width_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return WIDTH_USUAL;
	return size.ws_col;
}

static void
print_word(FILE *out, const char *text, size_t len)
{
	char word[256];

	for (size_t n; len > 0; text += n, len -= n) {
		n = len;
		if (n >= sizeof(word)) /* between two characters */
			for (n = sizeof(word) - 1;
			     n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80;)
				n--;
		memcpy(word, text, n);
		word[n] = '\0';
		glyph_print(out, word);
	}
}

void
fold_print(FILE *out, const char *text, size_t column, size_t indent)
{
	size_t width, len, seen;

	if (isatty(fileno(out)) != 1 || (width = width_of(out)) < WIDTH_LEAST ||
	    indent + WIDTH_LEAST > width) {
		glyph_print(out, text);
		return;
	}
	for (size_t blanks = 0; *text != '\0'; text += len) {
		len = fold_word(text, width - indent);
		seen = seen_len(text, len);
		if (blanks > 0 && column + blanks + seen > width) {
			(void)fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			blanks = 0;
		}
		(void)fprintf(out, "%*s", (int)blanks, "");
		print_word(out, text, len);
		column += blanks + seen;
		text += len;
		len = blanks = strspn(text, " ");
	}
}
