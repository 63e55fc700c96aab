/* SPDX-License-Identifier: ISC */
/*
 * What a user would lose: the time to act, when a record of the store was
 * altered or swapped and nobody knows before it is needed.
 */
#include "broker/vault/record.h"
#include "tests/unit/doors.h"

#define ONE "admissions@example.edu"
#define OTHER "billing@example.edu"

static void
keep(const char *kind, const char *owner, const char *text)
{
	AUTO(secret) plain = secret_copy(text, strlen(text));

	assert_non_null(plain);
	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(record_save(broker->store, broker->keyring, kind,
			     owner, "", "campus", "bound", plain),
	    0);
	assert_int_equal(store_commit(broker->store), 0);
}

/* A record as it lies there. */
static struct {
	int64_t id;
	uint64_t generation;
	unsigned char sealed[512];
	size_t len;
} found;

static int
find(void *arg, const struct store_record *record)
{
	(void)arg;
	found.id = record->id;
	found.generation = record->generation;
	found.len = record->sealed.len;
	assert_in_range(found.len, 1, sizeof(found.sealed));
	memcpy(found.sealed, record->sealed.data, found.len);
	return MAILSEAL_OK;
}

static void
look_for(const char *kind, const char *owner)
{
	assert_int_equal(store_record_get(broker->store, kind, owner, "", find,
			     NULL),
	    0);
}

/* Put what was found back under this name. */
static void
put_back(const char *kind, const char *owner)
{
	struct store_record record = { found.id, kind, owner, "", "campus", 1,
		found.generation, "bound", { found.sealed, found.len } };

	assert_int_equal(store_begin(broker->store), 0);
	assert_int_equal(store_record_put(broker->store, &record), 0);
	assert_int_equal(store_commit(broker->store), 0);
}

static void
says(const char *const *lines)
{
	int fd = enter(DOOR_ADMIN);

	tell(fd, "verify\n");
	for (; *lines != NULL; lines++)
		expect(fd, *lines);
	(void)close(fd);
}

static void
a_store_that_is_whole_is_said_to_be(void **state)
{
	static const char *const lines[] = {
		"item kind=store records=2 failed=0", "ok count=1", NULL
	};

	(void)state;
	keep("refresh", ONE, "first");
	keep("password", OTHER, "second");
	says(lines);
}

static void
an_altered_record_is_named(void **state)
{
	static const char *const lines[] = {
		"item kind=record type=refresh account=" ONE " reason=unseal "
		"message=" ONE ":%20the%20stored%20record%20does%20not%20open",
		"item kind=store records=2 failed=1", "ok count=2", NULL
	};

	(void)state;
	keep("refresh", ONE, "first");
	keep("password", OTHER, "second");
	look_for("refresh", ONE);
	found.sealed[found.len / 2] ^= 1;
	put_back("refresh", ONE);
	says(lines);
}

static void
records_that_were_swapped_or_retyped_are_named(void **state)
{
	static const char *const lines[] = {
		"item kind=record type=password account=" ONE " reason=unseal ",
		"item kind=record type=refresh account=" OTHER
		" reason=unseal ",
		"item kind=store records=3 failed=2", "ok count=3", NULL
	};

	(void)state;
	keep("refresh", ONE, "first");
	look_for("refresh", ONE);
	found.id += 100;
	put_back("refresh", OTHER);
	found.id += 100;
	put_back("password", ONE);
	says(lines);
}

static void
a_locked_broker_cannot_tell(void **state)
{
	static const char *const lines[] = { "error code=locked ", NULL };

	(void)state;
	keep("refresh", ONE, "first");
	keyring_lock(broker->keyring);
	says(lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOORS(a_store_that_is_whole_is_said_to_be),
		AT_THE_DOORS(an_altered_record_is_named),
		AT_THE_DOORS(records_that_were_swapped_or_retyped_are_named),
		AT_THE_DOORS(a_locked_broker_cannot_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
