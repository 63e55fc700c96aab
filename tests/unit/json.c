/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include "broker/courier/json.h"
#include "broker/secret.h"
#include "proto/error.h"

static int
parse_bytes(const char *text, size_t len, struct json **json)
{
	struct span span = { (const unsigned char *)text, len };

	return json_parse(span, MAILSEAL_ITEMS_MAX, json);
}

static int
parse(const char *text, struct json **json)
{
	return parse_bytes(text, strlen(text), json);
}

static void
refused(const char *text)
{
	struct json *json = NULL;

	if (parse(text, &json) != MAILSEAL_E_MALFORMED || json != NULL)
		fail_msg("taken: %s", text);
}

static void
nested_values_have_the_names_of_their_way(void **state)
{
	AUTO(json) json = NULL;

	(void)state;
	assert_int_equal(parse("{\"a\":{\"b\":[1,\"x\"]},\"c\":true,"
			       "\"d\":null}",
			     &json),
	    MAILSEAL_OK);
	assert_int_equal(json_items(json).count, 6);
	assert_int_equal(json_find(json, "a")->flags, MAILSEAL_OTHER);
	assert_int_equal(json_find(json, "a.b")->flags, MAILSEAL_OTHER);
	assert_string_equal(json_find(json, "a.b.0")->bytes, "1");
	assert_int_equal(json_find(json, "a.b.0")->flags, MAILSEAL_NUMBER);
	assert_string_equal(json_text(json, "a.b.1"), "x");
	assert_int_equal(json_find(json, "c")->flags, MAILSEAL_BOOL);
	assert_string_equal(json_find(json, "c")->bytes, "true");
	assert_int_equal(json_find(json, "d")->flags, MAILSEAL_NULL);
	assert_null(json_text(json, "c"));
}

static void
a_name_with_a_dot_cannot_pass_for_an_inner_member(void **state)
{
	AUTO(json) json = NULL;

	(void)state;
	assert_int_equal(parse("{\"a.b\":\"forged\",\"a\":{}}", &json),
	    MAILSEAL_OK);
	assert_null(json_find(json, "a.b"));
	assert_non_null(json_find(json, "a"));
}

static void
a_member_without_a_name_cannot_pass_for_an_outer_one(void **state)
{
	AUTO(json) json = NULL;

	(void)state;
	assert_int_equal(parse("{\"a\":1,\"\":{\"error\":\"invalid_grant\"}}",
			     &json),
	    MAILSEAL_OK);
	assert_null(json_find(json, "error"));
	assert_non_null(json_find(json, "a"));
}

static void
a_member_twice_is_refused_also_in_disguise(void **state)
{
	(void)state;
	refused("{\"a\":1,\"a\":2}");
	refused("{\"a_b\":1,\"a\\u005fb\":2}");
	refused("{\"x\":{\"a\":1,\"a\":1}}");
}

static void
what_is_not_one_object_is_refused(void **state)
{
	(void)state;
	refused("");
	refused("null");
	refused("[]");
	refused("\"x\"");
	refused("{} {}");
	refused("{\"a\":1,}");
	refused("{\"a\":01}");
	refused("{\"a\":NaN}");
	refused("{\"a\":1e999}");
	refused("{\"a\":1} // end");
	refused("{\"a\":\"line\nend\"}");
}

static void
a_nul_does_not_end_the_text(void **state)
{
	static const char behind[] = "{\"a\":1}\0{\"a\":2}";
	struct json *json = NULL;
	AUTO(json) inside = NULL;

	(void)state;
	assert_int_equal(parse_bytes(behind, sizeof(behind) - 1, &json),
	    MAILSEAL_E_MALFORMED);
	assert_int_equal(parse("{\"a\":\"x\\u0000y\"}", &inside), MAILSEAL_OK);
	assert_int_equal(json_find(inside, "a")->len, 3);
	assert_null(json_text(inside, "a"));
}

static void
a_broken_byte_spoils_its_own_value_only(void **state)
{
	AUTO(json) json = NULL;

	(void)state;
	assert_int_equal(parse("{\"a\":\"ok\",\"b\":\"\xff\xfe\",\"c\":"
			       "\"\xc0\xaf\",\"d\":\"\xed\xa0\x80\"}",
			     &json),
	    MAILSEAL_OK);
	assert_string_equal(json_text(json, "a"), "ok");
	assert_string_equal(json_text(json, "b"), "\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(json_text(json, "c"), "\xef\xbf\xbd\xef\xbf\xbd");
	refused("{\"a\":\"\\ud800\"}");
}

static void
a_byte_order_mark_is_skipped(void **state)
{
	AUTO(json) json = NULL;

	(void)state;
	assert_int_equal(parse("\xef\xbb\xbf{\"a\":\"x\"}", &json),
	    MAILSEAL_OK);
	assert_string_equal(json_text(json, "a"), "x");
}

/* An object with depth containers inside each other. */
static int
parse_deep(size_t depth)
{
	char text[8192] = "{\"a\":";
	struct json *json = NULL;
	size_t at = strlen(text);
	int error;

	memset(text + at, '[', depth - 1);
	memset(text + at + depth - 1, ']', depth - 1); /* {"a":[...]} */
	text[at + 2 * (depth - 1)] = '}';
	error = parse(text, &json);
	json_free(json);
	return error;
}

static void
what_is_nested_too_deep_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_deep(JSON_DEPTH_MAX), MAILSEAL_OK);
	assert_int_equal(parse_deep(JSON_DEPTH_MAX + 1), MAILSEAL_E_MALFORMED);
	assert_int_equal(parse_deep(4000), MAILSEAL_E_MALFORMED);
}

static void
of_too_many_values_the_inner_ones_are_left_out(void **state)
{
	char text[8192] = "{\"z\":[";
	AUTO(json) json = NULL;
	size_t at = strlen(text);

	(void)state;
	for (size_t i = 0; i < 400; i++, at += 2)
		memcpy(text + at, "1,", 2);
	(void)snprintf(text + at, sizeof(text) - at, "1],\"last\":\"here\"}");
	assert_int_equal(parse(text, &json), MAILSEAL_OK);
	assert_int_equal(json_items(json).count, MAILSEAL_ITEMS_MAX);
	assert_string_equal(json_text(json, "last"), "here");
}

static void
a_text_over_the_limit_is_refused(void **state)
{
	size_t len = MAILSEAL_BODY_MAX + 1;
	char *text = malloc(len);
	AUTO(json) json = NULL;
	struct json *none = NULL;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', len);
	memcpy(text, "{\"a\":1}", 7);
	assert_int_equal(parse_bytes(text, len - 1, &json), MAILSEAL_OK);
	assert_int_equal(parse_bytes(text, len, &none), MAILSEAL_E_TOOLONG);
	free(text);
}

static void
numbers_keep_their_value(void **state)
{
	AUTO(json) json = NULL;

	(void)state;
	assert_int_equal(parse("{\"a\":7000215,\"b\":3599.9,\"c\":3.6e3,"
			       "\"d\":9223372036854775808,\"e\":-1}",
			     &json),
	    MAILSEAL_OK);
	assert_string_equal(json_find(json, "a")->bytes, "7000215");
	assert_string_equal(json_find(json, "b")->bytes, "3599.9");
	assert_string_equal(json_find(json, "c")->bytes, "3600");
	assert_true(strtod(json_find(json, "d")->bytes, NULL) > 9e18);
	assert_string_equal(json_find(json, "e")->bytes, "-1");
}

static int
setup(void **state)
{
	(void)state;
	return secret_arena_open(4 * 1024 * 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_values_have_the_names_of_their_way),
		cmocka_unit_test(
		    a_name_with_a_dot_cannot_pass_for_an_inner_member),
		cmocka_unit_test(
		    a_member_without_a_name_cannot_pass_for_an_outer_one),
		cmocka_unit_test(a_member_twice_is_refused_also_in_disguise),
		cmocka_unit_test(what_is_not_one_object_is_refused),
		cmocka_unit_test(a_nul_does_not_end_the_text),
		cmocka_unit_test(a_broken_byte_spoils_its_own_value_only),
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(what_is_nested_too_deep_is_refused),
		cmocka_unit_test(
		    of_too_many_values_the_inner_ones_are_left_out),
		cmocka_unit_test(a_text_over_the_limit_is_refused),
		cmocka_unit_test(numbers_keep_their_value),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
