/* SPDX-License-Identifier: ISC */
/*
 * skip: leave a test out, and say why; tests/run shows and counts it.
 */
#ifndef TESTS_UNIT_SKIP_H
#define TESTS_UNIT_SKIP_H

#define SKIP(why)                                    \
	do {                                         \
		print_message("because: %s\n", why); \
		skip();                              \
	} while (0)

#endif
