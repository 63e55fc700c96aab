/* SPDX-License-Identifier: ISC */
#include "tests/unit/vectors.h"

#include "broker/courier/origin.h"
#include "proto/error.h"

static void
leads(const char *url, const char *wanted)
{
	char origin[ORIGIN_MAX] = "none";

	if (origin_of(url, origin) != MAILSEAL_OK)
		assert_string_equal(origin, "none");
	assert_string_equal(origin, wanted);
}

static void
the_port_is_always_written(void **state)
{
	(void)state;
	leads("https://idp.example/token", "https://idp.example:443");
	leads("https://idp.example", "https://idp.example:443");
	leads("https://idp.example?a=b", "https://idp.example:443");
	leads("https://IDP.example:9443/x", "https://idp.example:9443");
	leads("https://[::1]:9443/x", "https://[::1]:9443");
}

static void
an_address_that_could_be_read_in_two_ways_is_none(void **state)
{
	(void)state;
	leads("http://idp.example/", "none");
	leads("HTTPS://idp.example/", "none");
	leads("https://", "none");
	leads("https://idp.example@evil.example/", "none");
	leads("https://idp.example:443@evil.example/", "none");
	leads("https://idp.example\\@evil.example/", "none");
	leads("https://idp.example#@evil.example/", "none");
	leads("https://idp.example:0/", "none");
	leads("https://idp.example:65536/", "none");
	leads("https://idp.example:0443/", "none");
	leads("https://idp.example:443x/", "none");
	leads("https://idp.example:/", "none");
	leads("https://idp.example/a b", "none");
	leads("https://idp.example/a\r\nHost: x", "none");
	leads("https://idp\xc3\xa9.example/", "none");
	leads("https://[::1/", "none");
}

static void
only_a_whole_word_of_the_list_is_bound(void **state)
{
	static const char list[] = "https://a.example:443 smtp://b.example:587";

	(void)state;
	assert_true(origin_is_bound(list, "https://a.example:443"));
	assert_true(origin_is_bound(list, "smtp://b.example:587"));
	assert_false(origin_is_bound(list, "https://a.example:44"));
	assert_false(origin_is_bound(list, "https://b.example:587"));
	assert_false(origin_is_bound(list, "a.example:443"));
	assert_false(origin_is_bound(list, list));
	assert_false(origin_is_bound(list, ""));
	assert_false(origin_is_bound("", "https://a.example:443"));
}

static void
a_list_holds_each_origin_once(void **state)
{
	char list[24] = "";

	(void)state;
	assert_true(origin_add(list, sizeof(list), "https://a:1"));
	assert_true(origin_add(list, sizeof(list), "https://a:1"));
	assert_true(origin_add(list, sizeof(list), "https://b:1"));
	assert_string_equal(list, "https://a:1 https://b:1");
	assert_false(origin_add(list, sizeof(list), "https://c:1"));
	assert_string_equal(list, "https://a:1 https://b:1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_port_is_always_written),
		cmocka_unit_test(
		    an_address_that_could_be_read_in_two_ways_is_none),
		cmocka_unit_test(only_a_whole_word_of_the_list_is_bound),
		cmocka_unit_test(a_list_holds_each_origin_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
