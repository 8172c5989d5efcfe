/* SPDX-License-Identifier: MIT
 *
 * Model of scheduler/lock_pool.hpp: one gives the lock back, by a store that its look for sleepers may overtake, while another finds it held
 * and falls asleep.
 *
 * Claim: the other gets the lock, and never while the first has it.
 *
 * -DWITHOUT_NAP lets the sleeper rely on the wake alone, and -DTAKE_BY_STORE takes the lock by a look and a store. Both must fail.
 */
bool word = true; /* the first holds it */
byte sleepers = 0, inside = 1;
bool asleep = false;

active proctype first() {
    bool seen;
    inside--;
    if
    :: seen = (sleepers > 0); word = false /* R2 overtakes R1 */
    :: word = false; seen = (sleepers > 0)
    fi;
    if
    :: seen -> asleep = false
    :: else -> skip
    fi
}

active [2] proctype other() {
    bool mine;
    sleepers++;
    do
    :: true ->
#ifdef TAKE_BY_STORE
        mine = !word;
        word = true;
#else
        atomic { mine = !word; word = true };
#endif
        if
        :: mine -> break
        :: else -> skip
        fi;
        if
        :: atomic { word -> asleep = true };
#ifdef WITHOUT_NAP
            atomic { !asleep -> skip }
#else
            skip /* woken, or the nap is over */
#endif
        :: !word -> skip
        fi
    od;
    inside++;
    assert(inside == 1);
    inside--;
    sleepers--;
    word = false;
    asleep = false /* its own release; that it may miss a sleeper is the first's case */
}
