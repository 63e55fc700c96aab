/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: mail, where the way out leads through a proxy; or a
 * host of the house asked for at a proxy outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/proxy.h"

static void
is_proxy(const char *text, const char *host, unsigned port)
{
	struct proxy proxy = { "", 0 };
	const char *fault = proxy_read(text, &proxy);

	if (fault != NULL)
		fail_msg("%s: %s", text, fault);
	assert_string_equal(proxy.host, host);
	assert_int_equal(proxy.port, port);
}

static void
is_none(const char *text, const char *why)
{
	struct proxy proxy = { "untouched", 1 };
	const char *fault = proxy_read(text, &proxy);

	if (fault == NULL || strstr(fault, why) == NULL)
		fail_msg("%s: %s", text, fault);
	assert_string_equal(proxy.host, "untouched");
}

static void
a_proxy_is_a_host_and_a_port(void **state)
{
	(void)state;
	is_proxy("http://proxy.example:3128", "proxy.example", 3128);
	is_proxy("HTTP://proxy:1/", "proxy", 1);
	is_proxy("http://192.0.2.1:65535", "192.0.2.1", 65535);
	is_proxy("http://[2001:db8::1]:8080", "2001:db8::1", 8080);
}

static void
what_is_no_proxy_is_told_why(void **state)
{
	static const char *const texts[] = { "http://proxy", "http://:1",
		"http://proxy:", "http://proxy:0", "http://proxy:65536",
		"http://proxy:+1", "http://proxy:080800", "http://proxy:1/x",
		"http://proxy:1//", "http://proxy:1?x", "http://2001:db8::1:8",
		"http://[proxy]:1", "http://[::1]", "http://[::1]8080",
		"http://[::1:8080", "http://pro xy:1", "http://proxy\r\n:1",
		"http://pro/xy:1" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		is_none(texts[i], "is http://HOST:PORT, ");
	is_none("proxy:3128", "is http://HOST:PORT");
	is_none("socks5://proxy:1080", "is http://HOST:PORT");
	is_none("", "is http://HOST:PORT");
	is_none("https://proxy:3128", "TLS to the proxy itself");
	is_none("http://me:secret@proxy:3128", "no file holds one");
	is_none("http://me@proxy:3128", "no file holds one");
}

static void
the_list_passes_hosts_domains_and_addresses(void **state)
{
	static const struct {
		const char *list, *host;
		bool passed;
	} cases[] = { { NULL, "a.example", false }, { "", "a.example", false },
		{ "*", "a.example", true }, { "*", "::1", true },
		{ "a.example", "a.example", true },
		{ "a.example", "A.Example", true },
		{ "a.example", "b.a.example", true },
		{ "a.example", "ba.example", false },
		{ "a.example", "a.example.org", false },
		{ "a.example", "example", false },
		{ ".a.example", "b.a.example", true },
		{ ".a.example", "a.example", true },
		{ "a.example.", "a.example", true },
		{ "a.example", "a.example.", true },
		{ "x, y,a.example", "a.example", true },
		{ "x y a.example", "a.example", true },
		{ "x.example", "a.example", false },
		{ ".", "a.example", false }, { "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.10", false },
		{ "2.1", "192.0.2.1", false },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.1/32", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.0", false },
		{ "0.0.0.0/0", "192.0.2.1", true },
		{ "0.0.0.0/0", "::1", false }, { "::/0", "192.0.2.1", false },
		{ "0.0.0.0/0", "a.example", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "[::1]", "::1", true }, { "::1", "0:0:0:0:0:0:0:1", true },
		{ "[2001:db8::]/32", "2001:db8::1", true },
		{ "example", "192.0.2.1", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (proxy_is_passed(cases[i].list, cases[i].host) !=
		    cases[i].passed)
			fail_msg("%s in %s", cases[i].host, cases[i].list);
}

static void
a_list_with_an_entry_that_could_not_match_is_refused(void **state)
{
	static const char *const good[] = { "", "*", "a, .b.c 192.0.2.0/24",
		"::1,[::1],[::]/0" };
	static const char *const bad[] = { "a,*", "*.example", "a/24",
		"192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "::/129", "::1/x",
		"[a]", "http://a", "a:80", "[::1", "a;b", "/8" };
	char large[PROXY_HOST_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(proxy_list_fault(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (proxy_list_fault(bad[i]) == NULL)
			fail_msg("%s is taken", bad[i]);
	memset(large, 'a', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_non_null(proxy_list_fault(large));
	large[sizeof(large) - 2] = '\0';
	assert_null(proxy_list_fault(large));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proxy_is_a_host_and_a_port),
		cmocka_unit_test(what_is_no_proxy_is_told_why),
		cmocka_unit_test(the_list_passes_hosts_domains_and_addresses),
		cmocka_unit_test(
		    a_list_with_an_entry_that_could_not_match_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
