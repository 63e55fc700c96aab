/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: her token, when a yes to a changed file is taken for
 * one to what somebody wrote into the store; or her mail, when another's
 * record does not open.
 */
#include "tests/unit/rebinding.h"

static int
flip(void *arg, const struct store_record *record)
{
	static unsigned char bytes[512];
	struct store_record *out = arg;

	assert_in_range(record->sealed.len, 1, sizeof(bytes));
	memcpy(bytes, record->sealed.data, record->sealed.len);
	bytes[record->sealed.len / 2] ^= 1;
	out->id = record->id;
	out->epoch = record->epoch;
	out->generation = record->generation;
	out->sealed = (struct span){ bytes, record->sealed.len };
	return MAILSEAL_OK;
}

/* Alter a record; its bound as well, where that is not NULL. */
static void
alter(const char *kind, const char *owner, const char *bound)
{
	struct store_record record = { .kind = kind,
		.owner = owner,
		.label = "",
		.provider = "campus" };
	struct account *a = accounts_find(broker->accounts, owner);

	assert_int_equal(store_record_get(broker->store, kind, owner, "", flip,
			     &record),
	    0);
	record.bound = bound != NULL ? bound : a->bound;
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(store_record_put(broker->store, &record), 0);
	assert_int_equal(store_commit(broker->store), 0);
}

static void
one_that_does_not_open_is_named_and_the_others_go_on(void **state)
{
	(void)state;
	(void)adopt(NAME);
	(void)adopt("b@campus.edu");
	file_becomes(FILE_IS("broker", "mail.example.org"));
	alter("refresh", NAME, NULL);
	show();
	says("item kind=account account=" NAME
	     " type=refresh action=none reason=unseal message=");
	says("item kind=account account=b@campus.edu type=refresh "
	     "action=reseal ");
	rebind("ok provider=campus accounts=1 secrets=0 left=1");
	assert_true(is_sealed_for_now("refresh", "b@campus.edu", ""));
	ask(admin, "show account=" NAME "\n",
	    "ok account=" NAME " login=" NAME
	    " provider=campus module=oidc type=oauth state=blocked "
	    "reason=unseal ");
}

/* Else who writes to the store chooses whose token a yes lets out. */
static void
what_lies_beside_a_sealed_record_is_not_believed(void **state)
{
	struct account *a = adopt(NAME);
	static char lie[BINDING_MAX];

	(void)state;
	file_becomes(FILE_IS("other", "mail.example.org"));
	/* Its text says that it was for this registration always. */
	(void)snprintf(lie, sizeof(lie),
	    "binding provider=campus module=oidc "
	    "authority=https://login.example.edu client_id=other "
	    "smtp_host=mail.example.edu smtp_port=587 smtp_tls=starttls");
	alter("refresh", NAME, lie);
	free(a->bound);
	a->bound = strdup(lie);
	show();
	says(" action=none reason=unseal ");
	rebind("ok provider=campus accounts=0 secrets=0 left=1");
	/* A host that the account's line alone has is nobody's wish. */
	a = adopt("b@campus.edu");
	(void)snprintf(a->host, sizeof(a->host), "mail.evil.test");
	show();
	says("item kind=account account=b@campus.edu type=refresh action=none "
	     "reason=unseal ");
	rebind("ok provider=campus accounts=0 secrets=0 left=2");
}

/* Else an old token of another registration came in by the back door. */
static void
all_records_of_an_account_were_sealed_for_the_same(void **state)
{
	AUTO(secret) token = secret_copy("of another", 10);
	struct account *a = adopt(NAME);

	(void)state;
	(void)adopt("b@campus.edu");
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(record_save(broker->store, broker->keyring, "previous",
			     NAME, "", "campus",
			     "binding provider=campus client_id=other", token),
	    0);
	assert_int_equal(record_save(broker->store, broker->keyring, "previous",
			     "b@campus.edu", "", "campus",
			     accounts_find(broker->accounts, "b@campus.edu")
				 ->bound,
			     token),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	file_becomes(FILE_IS("broker", "mail.example.org"));
	show();
	says("item kind=account account=" NAME
	     " type=refresh action=none reason=unseal ");
	rebind("ok provider=campus accounts=1 secrets=0 left=1");
	assert_false(renew_is_bound(broker, a));
	assert_true(is_sealed_for_now("previous", "b@campus.edu", ""));
}

/* Nobody signed in for it, and it moves like the others. */
static void
an_account_without_a_secret_of_its_own_moves_too(void **state)
{
	AUTO(secret) nothing = secret_new(0);
	struct account *a = adopt(NAME);

	(void)state;
	a->type = ACCOUNT_APPLICATION;
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(record_save(broker->store, broker->keyring,
			     "application", NAME, "", "campus", a->bound,
			     nothing),
	    0);
	assert_int_equal(store_record_remove(broker->store, "refresh", NAME,
			     NULL),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	file_becomes(FILE_IS("broker", "mail.example.org"));
	show();
	says("item kind=account account=" NAME
	     " type=application action=reseal keys=smtp_host ");
	rebind("ok provider=campus accounts=1 secrets=0 left=0");
	assert_true(is_sealed_for_now("application", NAME, ""));
}

static void
a_host_of_its_own_stays_and_the_rest_moves(void **state)
{
	struct account *a = adopt(NAME);
	struct bound bound;
	char *own = NULL;

	(void)state;
	assert_int_equal(binding_read(a->bound, &bound), 0);
	assert_int_equal(binding_make_at(config_provider(broker->config,
					     "campus"),
			     "relay.example.edu", &bound.endpoints, &own),
	    0);
	(void)snprintf(a->host, sizeof(a->host), "relay.example.edu");
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(record_rebind(broker->store, broker->keyring, NAME,
			     own),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
	free(a->bound);
	a->bound = own;
	file_becomes(
	    FILE_IS("broker", "mail.example.org\nsmtp_auth_port = 2587"));
	show();
	says("item kind=difference key=smtp_port old=587 new=2587\n");
	says(" keys=smtp_port smtp_host=relay.example.edu smtp_port=2587 ");
	assert_null(strstr(shown, "key=smtp_host"));
	rebind("ok provider=campus accounts=1 ");
	assert_true(renew_is_bound(broker, a));
	assert_int_equal(binding_read(a->bound, &bound), 0);
	assert_string_equal(bound.place[SERVICE_SMTP].host,
	    "relay.example.edu");
	assert_string_equal(bound.endpoints.token,
	    "https://login.example.edu/t");
}

/* A disk that is full, or a key that is closed, leaves all as it was. */
static void
what_cannot_be_written_changes_nothing(void **state)
{
	struct account *a = adopt(NAME);
	char *before = strdup(a->bound);

	(void)state;
	file_becomes(FILE_IS("broker", "mail.example.org"));
	show();
	assert_int_equal(store_begin(broker->store), 0);
	rebind("error code=internal ");
	store_rollback(broker->store);
	assert_string_equal(a->bound, before);
	assert_false(renew_is_bound(broker, a));
	keyring_lock(broker->keyring);
	rebind("error code=locked ");
	ask(admin, SHOW, "error code=locked ");
	free(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(one_that_does_not_open_is_named_and_the_others_go_on),
		HERE(what_lies_beside_a_sealed_record_is_not_believed),
		HERE(all_records_of_an_account_were_sealed_for_the_same),
		HERE(an_account_without_a_secret_of_its_own_moves_too),
		HERE(a_host_of_its_own_stays_and_the_rest_moves),
		HERE(what_cannot_be_written_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
