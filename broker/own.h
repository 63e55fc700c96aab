/* SPDX-License-Identifier: ISC */
/*
 * own: who frees what, said to the compiler.
 *
 * AUTO(thing) declares a pointer that is freed on every way out of its block.
 * OWNED_BY(thing_free) marks a constructor, so that gcc's analyzer sees a
 * leak; clang knows only the unused result.
 */
#ifndef BROKER_OWN_H
#define BROKER_OWN_H

#define AUTO(type) __attribute__((cleanup(type##_auto))) struct type *

/* The cleanup function of a type that has a type_free. */
#define AUTO_DEFINE(name, type)                                              \
	__attribute__((unused)) static inline void name##_auto(type **owned) \
	{                                                                    \
		name##_free(*owned);                                         \
	}

#if defined(__GNUC__) && !defined(__clang__)
#define OWNED_BY(release) \
	__attribute__((malloc, malloc(release, 1), warn_unused_result))
#else
#define OWNED_BY(release) __attribute__((warn_unused_result))
#endif

#endif
