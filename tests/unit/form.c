/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include "broker/courier/form.h"
#include "broker/courier/json.h"
#include "proto/error.h"

static struct json *vectors;

/* A text member of the nth element of a list. */
static const char *
member(const char *list, size_t n, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s.%zu.%s", list, n, name);
	return json_text(vectors, path);
}

static size_t
unhex(const char *hex, unsigned char *bytes)
{
	size_t len = 0;

	for (; hex[0] != '\0'; hex += 2) {
		const char pair[3] = { hex[0], hex[1], '\0' };

		bytes[len++] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return len;
}

static void
expect_encoded(enum form_style style, struct span bytes, const char *wanted)
{
	AUTO_FORM form = form_start(1024);

	form_put_encoded(&form, style, bytes);
	assert_false(form.failed);
	assert_string_equal((const char *)form.text->data, wanted);
}

static void
secrets_and_scopes_are_encoded_as_a_form_and_as_a_query(void **state)
{
	size_t n;

	(void)state;
	for (n = 0; member("cases", n, "id") != NULL; n++) {
		unsigned char bytes[512];
		struct span span = { bytes,
			unhex(member("cases", n, "input_hex"), bytes) };

		expect_encoded(FORM_BODY, span, member("cases", n, "form"));
		expect_encoded(FORM_QUERY, span, member("cases", n, "percent"));
	}
	assert_true(n >= 10);
}

static void
a_client_id_with_a_colon_stays_one_in_http_basic(void **state)
{
	size_t n;

	(void)state;
	for (n = 0; member("basic_auth", n, "header") != NULL; n++) {
		const char *id = member("basic_auth", n, "client_id");
		const char *key = member("basic_auth", n, "client_secret");
		struct span name = { (const unsigned char *)id, strlen(id) };
		struct span text = { (const unsigned char *)key, strlen(key) };
		AUTO(secret) header = NULL;

		assert_int_equal(form_basic(name, text, &header), MAILSEAL_OK);
		assert_string_equal((const char *)header->data,
		    member("basic_auth", n, "header"));
	}
	assert_true(n >= 3);
}

static void
a_value_cannot_become_a_field_of_its_own(void **state)
{
	AUTO_FORM form = form_start(256);
	struct span value = { (const unsigned char *)"x&admin=1\0=", 11 };

	(void)state;
	form_put_pair(&form, FORM_BODY, "a", value);
	form_put_pair(&form, FORM_BODY, "b", (struct span){ NULL, 0 });
	assert_string_equal((const char *)form.text->data,
	    "a=x%26admin%3D1%00%3D&b=");
}

static void
a_text_that_does_not_fit_is_marked(void **state)
{
	AUTO_FORM form = form_start(4);

	(void)state;
	form_put(&form, "abcd");
	assert_false(form.failed);
	form_put(&form, "e");
	assert_true(form.failed);
}

static int
setup(void **state)
{
	struct span text;
	size_t len;
	char *bytes;
	int error;

	(void)state;
	if (secret_arena_open(4 * 1024 * 1024) != MAILSEAL_OK)
		return -1;
	bytes = vector_read("form.json", &len);
	text = (struct span){ (const unsigned char *)bytes, len };
	error = json_parse(text, MAILSEAL_ITEMS_MAX, &vectors);
	free(bytes);
	return error;
}

static int
teardown(void **state)
{
	(void)state;
	json_free(vectors);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    secrets_and_scopes_are_encoded_as_a_form_and_as_a_query),
		cmocka_unit_test(
		    a_client_id_with_a_colon_stays_one_in_http_basic),
		cmocka_unit_test(a_value_cannot_become_a_field_of_its_own),
		cmocka_unit_test(a_text_that_does_not_fit_is_marked),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
