/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/courier/message.h"

#define ID "0123456789abcdef0123456789abcdef"
#define NOW 1795465415 /* Mon, 23 Nov 2026 20:23:35 UTC */

static char wire[MESSAGE_MAX + 1];

static struct message
mail(const char *subject, const char *body)
{
	return (struct message){ "billing@college.test", "jane@else.test",
		subject, body };
}

static const char *
write_mail(const char *subject, const char *body)
{
	struct message m = mail(subject, body);

	assert_null(message_fault(&m));
	wire[message_write(&m, NOW, ID, wire)] = '\0';
	return wire;
}

/* The body as it travels, behind the empty line. */
static const char *
written_body(const char *body)
{
	return strstr(write_mail("s", body), "\r\n\r\n") + 4;
}

static void
a_mail_reads_as_rfc_5322_wants_it(void **state)
{
	(void)state;
	assert_string_equal(write_mail("A test", "Hello\n"),
	    "Date: Mon, 23 Nov 2026 20:23:35 +0000\r\n"
	    "From: <billing@college.test>\r\n"
	    "To: <jane@else.test>\r\n"
	    "Subject: A test\r\n"
	    "Message-ID: <" ID "@college.test>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "\r\n"
	    "Hello\r\n"
	    ".\r\n");
}

static void
no_line_of_the_body_can_end_the_message(void **state)
{
	(void)state;
	assert_string_equal(written_body("."), "..\r\n.\r\n");
	assert_string_equal(written_body("a\n.\nQUIT\n"),
	    "a\r\n..\r\nQUIT\r\n.\r\n");
	assert_string_equal(written_body("a\r\n.\r\nb"),
	    "a\r\n..\r\nb\r\n.\r\n");
	assert_string_equal(written_body("a\r.\rb"), "a\r\n..\r\nb\r\n.\r\n");
	assert_string_equal(written_body("..x\n...\n"),
	    "...x\r\n....\r\n.\r\n");
	assert_string_equal(written_body(""), ".\r\n");
	assert_string_equal(written_body("\n\r\n\r"), "\r\n\r\n\r\n.\r\n");
}

static void
a_body_beyond_ascii_or_with_long_lines_is_encoded(void **state)
{
	char text[2000];
	const char *line;

	(void)state;
	assert_string_equal(written_body("H\xc3\xa4llo"), "SMOkbGxv\r\n.\r\n");
	assert_non_null(strstr(wire, "Content-Transfer-Encoding: base64\r\n"));
	/* Text is encoded with the line ends that it has in a mail. */
	assert_string_equal(written_body("\xc3\xa4\n"), "w6QNCg==\r\n.\r\n");

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	line = written_body(text);
	assert_non_null(strstr(wire, "base64"));
	for (; *line != '\0'; line = strstr(line, "\r\n") + 2)
		assert_true(strcspn(line, "\r\n") <= 76);
}

static void
a_subject_beyond_ascii_is_encoded(void **state)
{
	char text[SUBJECT_MAX + 1];
	const char *line;

	(void)state;
	write_mail("Gr\xc3\xbc\xc3\x9f"
		   "e",
	    "x");
	assert_non_null(
	    strstr(wire, "\r\nSubject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"));
	write_mail("=?UTF-8?B?WA==?=", "x"); /* not what it seems */
	assert_null(strstr(wire, "Subject: =?UTF-8?B?WA==?="));

	/* No word is longer than 75, none cuts a character. */
	for (size_t i = 0; i + 1 < SUBJECT_MAX; i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[SUBJECT_MAX - 1] = '\0';
	line = strstr(write_mail(text, "x"), "Subject:") + 8;
	for (; *line == ' '; line = strstr(line, "\r\n") + 2) {
		assert_true(strcspn(line, "\r\n") <= 76);
		assert_memory_equal(line, " =?UTF-8?B?w7", 13);
	}
}

static void
an_address_is_narrow(void **state)
{
	static const char *const good[] = { "a@b", "a.b+c@d-e.example",
		"no-reply@college.edu", "o'neil=x@b.c", "A_1@1.2" };
	static const char *const bad[] = { "", "a", "@b", "a@", "a@b@c",
		"a b@c", "a@b c", "a@b\r\nRCPT TO:<x@y>", "a\n@b", "a@b>",
		"<a@b>", "\"a b\"@c", "a..b@c", ".a@b", "a.@b", "a@.b", "a@b.",
		"a@b..c", "a@[127.0.0.1]", "a(x)@b", "a,b@c", "a@b,c@d",
		"z\xc3\xbc@b", "a@b_c", "a\t@b", "a@b.c." };
	char text[ACCOUNT_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(message_is_address(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (message_is_address(bad[i]))
			fail_msg("\"%s\" passes", bad[i]);
	memset(text, 'd', sizeof(text));
	memcpy(text + 65, "@b", 3); /* 64 octets, RFC 5321 4.5.3.1.1 */
	assert_false(message_is_address(text));
	assert_true(message_is_address(text + 1));

	memset(text, 'd', sizeof(text));
	memcpy(text, "a@", 2);
	text[ACCOUNT_MAX] = '\0';
	assert_true(message_is_address(text));
	text[ACCOUNT_MAX] = 'd';
	text[ACCOUNT_MAX + 1] = '\0';
	assert_false(message_is_address(text));
}

static void
nobody_adds_a_header(void **state)
{
	static const char *const bad[] = { "a\r\nBcc: x@y", "a\nb", "a\rb",
		"a\tb", "a\x7f", "a\x1b[31m" };
	struct message m = mail("s", "b");

	(void)state;
	assert_null(message_fault(&m));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m.subject = bad[i];
		assert_string_equal(message_fault(&m), "subject");
	}
	m = mail("s", "b");
	m.from = "a@b\r\nX: y";
	assert_string_equal(message_fault(&m), "from");
	m = mail("s", "b");
	m.to = "a@b>";
	assert_string_equal(message_fault(&m), "to");
}

static void
the_longest_mails_fit(void **state)
{
	static const char *const worst[] = { "\n", ".\n", ".", "\xc3\xbc",
		"\xc3\n", "x" };
	static char body[BODY_MAX + 2];
	struct message m = mail("s", body);

	(void)state;
	for (size_t i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
		size_t unit = strlen(worst[i]);

		for (size_t k = 0; k < BODY_MAX; k++)
			body[k] = worst[i][k % unit];
		body[BODY_MAX] = '\0';
		write_mail("s", body);
		assert_true(strlen(wire) > BODY_MAX);
		assert_string_equal(wire + strlen(wire) - 5, "\r\n.\r\n");
	}
	body[BODY_MAX] = 'x';
	body[BODY_MAX + 1] = '\0';
	assert_string_equal(message_fault(&m), "body");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_reads_as_rfc_5322_wants_it),
		cmocka_unit_test(no_line_of_the_body_can_end_the_message),
		cmocka_unit_test(
		    a_body_beyond_ascii_or_with_long_lines_is_encoded),
		cmocka_unit_test(a_subject_beyond_ascii_is_encoded),
		cmocka_unit_test(an_address_is_narrow),
		cmocka_unit_test(nobody_adds_a_header),
		cmocka_unit_test(the_longest_mails_fit),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
