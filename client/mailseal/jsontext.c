/* SPDX-License-Identifier: ISC */
#include "client/mailseal/jsontext.h"
#include "client/mailseal/glyph.h"

static void
quote(FILE *out, const char *text)
{
	size_t len;

	(void)fputc('"', out); /* the caller looks at ferror() */
	for (; *text != '\0'; text += len) {
		uint32_t c = glyph_at(text, &len);

		if (c == UINT32_MAX)
			(void)fputs("\\ufffd", out);
		else if (c < 0x20 || c == 0x7f)
			(void)fprintf(out, "\\u%04x", (unsigned)c);
		else if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", (int)c);
		else
			(void)fwrite(text, 1, len, out);
	}
	(void)fputc('"', out);
}

static void
start_line(struct jsontext *json)
{
	(void)fputc('\n', json->out);
	for (unsigned i = 0; i < json->depth; i++)
		(void)fputs("  ", json->out);
}

/* What stands before a value: comma, line, key. */
static void
lead(struct jsontext *json, const char *key)
{
	if (json->depth > 0) {
		bool *some = &json->some[json->depth - 1];

		if (*some)
			(void)fputc(',', json->out);
		*some = true;
		start_line(json);
	}
	if (key == NULL)
		return;
	quote(json->out, key);
	(void)fputs(": ", json->out);
}

void
jsontext_open(struct jsontext *json, const char *key, char bracket)
{
	lead(json, key);
	(void)fputc(bracket, json->out);
	if (json->depth < JSONTEXT_DEPTH_MAX)
		json->some[json->depth++] = false;
}

void
jsontext_close(struct jsontext *json, char bracket)
{
	bool some = json->some[--json->depth];

	if (some)
		start_line(json);
	(void)fputc(bracket, json->out);
	if (json->depth == 0)
		(void)fputc('\n', json->out);
}

void
jsontext_text(struct jsontext *json, const char *key, const char *text)
{
	lead(json, key);
	quote(json->out, text);
}

void
jsontext_number(struct jsontext *json, const char *key, int64_t number)
{
	lead(json, key);
	(void)fprintf(json->out, "%lld", (long long)number);
}
