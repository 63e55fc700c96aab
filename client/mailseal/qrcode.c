/* SPDX-License-Identifier: ISC */
#include <dlfcn.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/mailseal/qrcode.h"
#include "client/mailseal/table.h"

#define LEVEL_LOW 0 /* QR_ECLEVEL_L: a screen has no scratches */
/* White on black of the fixed palette: the first 16 colours may be anything. */
#define COLOURS "\033[38;5;231;48;5;16m"
#define USUAL "\033[0m"

/* The library, which stays once it is there; NULL: it is not. */
static void *
library(void)
{
	static void *handle;

	if (handle == NULL)
		handle = dlopen(QRCODE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return handle;
}

/* A function of it; ISO C has no cast for that, POSIX has the meaning. */
static bool
find(const char *name, void *function)
{
	void *handle = library();
	void *symbol = handle != NULL ? dlsym(handle, name) : NULL;

	if (symbol == NULL)
		return false;
	memcpy(function, &symbol, sizeof(symbol));
	return true;
}

void
qrcode_free(struct qrcode *code)
{
	void (*release)(struct qrcode *);

	if (code != NULL && find("QRcode_free", &release))
		release(code);
}

struct qrcode *
qrcode_new(const char *text)
{
	struct qrcode *(*encode)(const char *, int, int);

	/* Version 0: as small as it can be. */
	return find("QRcode_encodeString8bit", &encode) ?
	    encode(text, 0, LEVEL_LOW) :
	    NULL;
}

size_t
qrcode_columns(const struct qrcode *code)
{
	return (size_t)code->width + 2 * QRCODE_QUIET;
}

size_t
qrcode_lines(const struct qrcode *code)
{
	return (qrcode_columns(code) + 1) / 2;
}

/* Whether the module at these places, the quiet zone included, is light. */
static bool
is_light(const struct qrcode *code, size_t row, size_t column)
{
	size_t width = (size_t)code->width;

	if (row < QRCODE_QUIET || column < QRCODE_QUIET ||
	    row - QRCODE_QUIET >= width || column - QRCODE_QUIET >= width)
		return true;
	return (code->data[(row - QRCODE_QUIET) * width + column -
		    QRCODE_QUIET] &
		   1) == 0;
}

void
qrcode_draw(FILE *out, const struct qrcode *code, bool colour)
{
	/* By upper half and lower half, where 1 is light. */
	static const char *const blocks[2][2] = { { " ", "\u2584" },
		{ "\u2580", "\u2588" } };
	size_t columns = qrcode_columns(code);

	for (size_t line = 0; line < qrcode_lines(code); line++) {
		(void)fputs(colour ? COLOURS : "", out);
		for (size_t i = 0; i < columns; i++)
			(void)fputs(blocks[is_light(code, 2 * line, i)]
					  [is_light(code, 2 * line + 1, i)],
			    out);
		(void)fputs(colour ? USUAL "\n" : "\n", out);
	}
}

static bool
is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	if (locale == (locale_t)0)
		return false;
	utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return utf8;
}

void
qrcode_show(const char *text)
{
	AUTO(qrcode) code = NULL;
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !is_utf8())
		return; /* no terminal, or one that shows other signs */
	code = qrcode_new(text);
	if (code == NULL || qrcode_columns(code) > size.ws_col ||
	    qrcode_lines(code) >= size.ws_row)
		return;
	qrcode_draw(stdout, code, tint_is_wanted(stdout));
	(void)putchar('\n');
}
