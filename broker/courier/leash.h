/* SPDX-License-Identifier: ISC */
/*
 * leash: while code of a module runs, it has some seconds and one process.
 *
 * A module is a pure function, so that it returns at once or never.  One that
 * does not is killed by SIGALRM, and one that forked does not go on twice.
 */
#ifndef BROKER_COURIER_LEASH_H
#define BROKER_COURIER_LEASH_H

#define LEASH_S 5 /* for one step, or for loading */

/* Module code begins to run. */
void leash_on(void);

/* It is back: the alarm is off, and a fork of it ends here. */
void leash_off(void);

#endif
