/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: a refresh token to another issuer, because an admin
 * said yes to what he took for a new mail server.
 */
#include <string.h>

#include "broker/difference.h"
#include "tests/unit/folder.h"

/*
 * What may follow a change, written down a second time.  A key that a binding
 * has and that stands not here fails below: whoever adds one decides.
 */
static const struct {
	const char *key;
	enum cure account, registration;
} wanted[] = {
	{ "provider", CURE_RENEW, CURE_RENEW },
	{ "module", CURE_RENEW, CURE_RENEW },
	{ "authority", CURE_RENEW, CURE_RENEW },
	{ "tenant", CURE_RENEW, CURE_RENEW },
	{ "client_id", CURE_RENEW, CURE_RENEW },
	{ "flow", CURE_RENEW, CURE_RESEAL },
	{ "issuer", CURE_RENEW, CURE_RENEW },
	{ "authorization_endpoint", CURE_RENEW, CURE_RENEW },
	{ "token_endpoint", CURE_RENEW, CURE_RENEW },
	{ "device_endpoint", CURE_RENEW, CURE_RENEW },
	{ "revocation_endpoint", CURE_RENEW, CURE_RENEW },
	{ "authorization_url", CURE_RENEW, CURE_RENEW },
	{ "token_url", CURE_RENEW, CURE_RENEW },
	{ "device_url", CURE_RENEW, CURE_RENEW },
	{ "revocation_url", CURE_RENEW, CURE_RENEW },
	{ "jwks_uri", CURE_RENEW, CURE_RENEW },
	{ "origins", CURE_RENEW, CURE_RENEW },
	{ "command", CURE_RESEAL, CURE_RENEW },
	{ "smtp_host", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_port", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_tls", CURE_RESEAL, CURE_RESEAL },
	{ "imap_host", CURE_RESEAL, CURE_RESEAL },
	{ "imap_port", CURE_RESEAL, CURE_RESEAL },
	{ "imap_tls", CURE_RESEAL, CURE_RESEAL },
	{ "ca", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_trust", CURE_RESEAL, CURE_RESEAL },
	{ "smtp_pins", CURE_RESEAL, CURE_RESEAL },
};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

static struct differences found;

static void
only_what_names_a_mail_server_may_follow_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < WANTED; i++) {
		assert_int_equal(difference_cure(wanted[i].key, true),
		    wanted[i].account);
		assert_int_equal(difference_cure(wanted[i].key, false),
		    wanted[i].registration);
	}
	/* What nobody thought of goes nowhere. */
	assert_int_equal(difference_cure("smtp_hos", true), CURE_RENEW);
	assert_int_equal(difference_cure("", false), CURE_RENEW);
}

static bool
is_wanted(const char *key)
{
	for (size_t i = 0; i < WANTED; i++)
		if (strcmp(wanted[i].key, key) == 0)
			return true;
	return false;
}

static void
each_key_that_a_binding_has_is_decided(void **state)
{
	static const struct endpoints told = { "i", "a", "t", "j", "o", "d",
		"r" };
	static char text[] = "x", flow[] = "application",
		    bytes[BINDING_MAX + 1];
	struct provider p = { .name = "campus",
		.ca = text,
		.smtp_trust = text,
		.smtp_pins = text,
		.place = { [SERVICE_SMTP] = { "s", 587, TLS_STARTTLS },
		    [SERVICE_IMAP] = { "i", 993, TLS_IMPLICIT } } };
	struct line line;
	char *binding = NULL;

	(void)state;
	for (int i = 0; i < SETTING_COUNT; i++)
		p.value[i] = text;
	p.value[SETTING_FLOW] = flow;
	assert_int_equal(binding_make(&p, &told, &binding), MAILSEAL_OK);
	(void)snprintf(bytes, sizeof(bytes), "%s", binding);
	free(binding);
	line_start(&line, bytes, strlen(bytes));
	assert_int_equal(line.error, MAILSEAL_OK);
	assert_int_equal(line.count, WANTED); /* and none is forgotten */
	for (size_t i = 0; i < line.count; i++)
		if (!is_wanted(line.field[i].key))
			fail_msg("may a credential follow another %s?",
			    line.field[i].key);
}

static void
is(size_t i, const char *key, const char *old, const char *new)
{
	const struct difference *d = &found.difference[i];

	assert_true(i < found.count);
	assert_string_equal(d->key, key);
	assert_true((d->old == NULL) == (old == NULL));
	assert_true((d->new == NULL) == (new == NULL));
	if (old != NULL)
		assert_string_equal(d->old, old);
	if (new != NULL)
		assert_string_equal(d->new, new);
}

static void
all_that_differs_is_told_with_old_and_new(void **state)
{
	char keys[64];

	(void)state;
	assert_int_equal(differences_find("binding smtp_host=a smtp_port=587 "
					  "imap_host=i ca=1%202",
			     "binding smtp_host=b smtp_port=587 ca=1%203 "
			     "smtp_pins=x",
			     true, &found),
	    MAILSEAL_OK);
	assert_int_equal(found.count, 4);
	is(0, "smtp_host", "a", "b");
	is(1, "imap_host", "i", NULL);
	is(2, "ca", "1 2", "1 3");
	is(3, "smtp_pins", NULL, "x");
	assert_int_equal(found.cure, CURE_RESEAL);
	differences_keys(&found, keys, sizeof(keys));
	assert_string_equal(keys, "smtp_host,imap_host,ca,smtp_pins");
	differences_keys(&found, keys, 4); /* cut, and no byte behind it */
	assert_string_equal(keys, "smt");
}

static void
one_key_that_belongs_to_another_is_enough_to_stay(void **state)
{
	static const char old[] = "binding client_id=a smtp_host=a flow=x";

	(void)state;
	assert_int_equal(differences_find(old,
			     "binding client_id=b smtp_host=b flow=x", true,
			     &found),
	    MAILSEAL_OK);
	assert_int_equal(found.cure, CURE_RENEW);
	assert_int_equal(differences_find(old,
			     "binding client_id=a smtp_host=b", false, &found),
	    MAILSEAL_OK);
	assert_int_equal(found.cure, CURE_RESEAL);
	assert_int_equal(differences_find(old,
			     "binding client_id=a smtp_host=b", true, &found),
	    MAILSEAL_OK);
	assert_int_equal(found.cure, CURE_RENEW);
	/* A key taken away, or added, is one that changed. */
	assert_int_equal(differences_find(old, "binding smtp_host=a flow=x",
			     true, &found),
	    MAILSEAL_OK);
	assert_int_equal(found.cure, CURE_RENEW);
	assert_int_equal(differences_find("binding smtp_host=a",
			     "binding smtp_host=a tenant=t", true, &found),
	    MAILSEAL_OK);
	assert_int_equal(found.cure, CURE_RENEW);
	assert_int_equal(differences_find(old, old, true, &found), MAILSEAL_OK);
	assert_int_equal(found.cure, CURE_NONE);
	assert_int_equal(found.count, 0);
}

static void
what_is_no_binding_is_no_difference(void **state)
{
	static char large[BINDING_MAX + 2];

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(differences_find("", "binding a=1", true, &found),
	    MAILSEAL_E_MALFORMED);
	assert_int_equal(differences_find("binding a=1", "binding a", true,
			     &found),
	    MAILSEAL_E_MALFORMED);
	assert_int_equal(differences_find(large, "binding", true, &found),
	    MAILSEAL_E_TOOLONG);
	assert_int_equal(differences_find("binding", large, true, &found),
	    MAILSEAL_E_TOOLONG);
}

static void
there_are_not_more_than_it_has_room_for(void **state)
{
	char many[1024] = "binding";

	(void)state;
	for (int i = 0; i <= DIFFERENCES_MAX; i++)
		(void)snprintf(many + strlen(many), 16, " k%d=1", i);
	assert_int_equal(differences_find(many, "binding", true, &found),
	    MAILSEAL_E_TOOLONG);
	assert_int_equal(differences_find("binding", many, true, &found),
	    MAILSEAL_E_TOOLONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_names_a_mail_server_may_follow_it),
		cmocka_unit_test(each_key_that_a_binding_has_is_decided),
		cmocka_unit_test(all_that_differs_is_told_with_old_and_new),
		cmocka_unit_test(
		    one_key_that_belongs_to_another_is_enough_to_stay),
		cmocka_unit_test(what_is_no_binding_is_no_difference),
		cmocka_unit_test(there_are_not_more_than_it_has_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
