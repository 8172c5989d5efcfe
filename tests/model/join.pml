/* SPDX-License-Identifier: MIT
 *
 * Model of the join word (include/weft/abi.hpp) and the suspend door (runtime/scheduler/suspend.hpp): a task that ends,
 * and a task that joins or detaches it. Claims: the joiner gets on exactly once, it is never resumed while its stack still
 * runs, the outcome is read only after it was written, and the descriptor is freed exactly once.
 *
 * -DPUBLISH_EARLY lets the joiner put itself on the word before it has left its stack: must fail.
 * -DLOAD_THEN_STORE lets the finisher read the word and then write it, instead of one exchange: must fail.
 */
#define WAITING 0
#define DONE 1
#define DETACHED 2
#define WAITER 3

byte word = WAITING;
bool outcome = false, on_stack = true;
byte resumed = 0, freed = 0;
bool joined = false, detached = false;

inline resume() {
    assert(!on_stack);
    resumed++
}

active proctype finisher() {
    byte before;
    outcome = true;
#ifdef LOAD_THEN_STORE
    before = word;
    word = DONE;
#else
    atomic { before = word; word = DONE }
#endif
    if
    :: before == WAITING -> skip
    :: before == DETACHED -> freed++
    :: before == WAITER -> resume()
    fi
}

active proctype holder() {
    byte before;
    bool waits = false;
    if
    :: true -> /* join */
        if
        :: word == DONE -> skip
        :: else ->
            waits = true;
#ifdef PUBLISH_EARLY
            atomic { before = word; if :: word == WAITING -> word = WAITER :: else -> skip fi }
            on_stack = false;
#else
            on_stack = false; /* the switch */
            atomic { before = word; if :: word == WAITING -> word = WAITER :: else -> skip fi }
#endif
            if
            :: before != WAITING -> resume()
            :: else -> skip
            fi
        fi;
        if
        :: waits -> resumed == 1
        :: else -> skip
        fi;
        assert(outcome);
        freed++;
        joined = true
    :: true -> /* detach */
        atomic { before = word; word = DETACHED }
        if
        :: before == DONE -> assert(outcome); freed++
        :: else -> skip
        fi;
        detached = true
    fi
}

init {
    timeout ->
        assert(joined || detached);
        assert(freed == 1);
        assert(resumed <= 1)
}
