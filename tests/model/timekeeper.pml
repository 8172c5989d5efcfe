/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/scheduler/timers.hpp: who watches the clock. One worker inserts two timers while another parks and becomes the
 * timekeeper. Claim: a worker that sleeps as the keeper does not sleep past the earliest timer; if timers are pending and somebody
 * sleeps, somebody keeps the time.
 *
 * -DWITHOUT_POKE inserts an earlier timer without waking the keeper: must fail.
 */
#define NEVER 9
byte earliest = NEVER;   /* of the heap */
bool keeper = false;
byte keeper_deadline = NEVER;
bool token = false;
bool asleep = false;
byte sleeps_until = NEVER;
bool parked = false;

inline insert(deadline) {
    atomic { /* under the lock */
        if :: deadline < earliest -> earliest = deadline :: else -> skip fi;
        if
#ifndef WITHOUT_POKE
        :: keeper && deadline < keeper_deadline -> keeper_deadline = deadline; token = true
#endif
        :: else -> skip
        fi;
        found = keeper
    }
    if
    :: !found && parked -> token = true /* find_keeper: some parked worker is woken and comes back as the keeper */
    :: else -> skip
    fi
}

active proctype inserter() {
    bool found;
    insert(5);
    insert(3)
}

active proctype parker() {
    byte deadline;
again:
    parked = true; /* W1 */
    atomic { keeper = true; deadline = earliest; keeper_deadline = deadline } /* under the lock */
    sleeps_until = deadline;
    asleep = true;
end_sleep:
    atomic { token -> token = false; asleep = false }
    atomic { keeper = false }
    parked = false;
    goto again
}

init {
    timeout ->
        assert(asleep && keeper);
        assert(sleeps_until <= earliest)
}
