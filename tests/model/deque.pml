/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/scheduler/deque.hpp: an owner that pushes and pops, thieves that steal, a ring of two slots, so that slots are used again.
 * Claim: every element is taken exactly once, or is still there at the end.
 *
 * The owner's store buffer is modelled: a plain store of bottom becomes visible some time later (and before the owner's next store or
 * locked operation), while the owner's loads are answered at once. pop()'s exchange is a locked operation and so empties the buffer.
 * -DPLAIN_CLAIM makes it a plain store: owner and thief then both take the last but one. -DBOTTOM_FIRST lets a thief read bottom before top.
 * -DCLAIM_WITHOUT_CAS lets pop() keep the last element without the race for top (I3).
 */
#define SLOTS 2
#define ELEMENTS 3
#define THIEVES 2

byte top = 0;
byte bottom = 0;        /* as others see it */
byte slot[SLOTS];
byte taken[ELEMENTS];
bool pending = false;   /* a store of bottom waits in the owner's buffer */
byte pending_value;
bool owner_done = false;

proctype store_buffer() {
end_wait:
    do
    :: atomic { pending -> bottom = pending_value; pending = false }
    od
}

inline store_bottom(value) {
    atomic { !pending -> pending = true; pending_value = value }
}

inline take(element) {
    taken[element]++;
    assert(taken[element] == 1)
}

/* The owner takes what lies at `claim`, the last element, if no thief is faster. (As if its CAS did not empty the buffer: it need not.) */
inline take_last() {
#ifdef CLAIM_WITHOUT_CAS
    won = true; seen = slot[claim % SLOTS];
    atomic { if :: top == claim -> top = claim + 1 :: else -> skip fi };
#else
    atomic { won = (top == claim); if :: won -> top = claim + 1; seen = slot[claim % SLOTS] :: else -> skip fi };
#endif
    if
    :: won -> take(seen)
    :: else -> skip
    fi
}

proctype owner() {
    byte b = 0, t, seen, pushed = 0, claim;
    bool nothing, won;
    do
    :: pushed < ELEMENTS -> /* push, if there is room */
        t = top;
        if
        :: b - t < SLOTS ->
            slot[b % SLOTS] = pushed;
            pushed++;
            b++;
            store_bottom(b)
        :: else -> skip
        fi
    :: true -> /* pop */
        nothing = false;
        t = top;
        if
        :: t >= b -> nothing = true
        :: else -> skip
        fi;
        if
        :: !nothing ->
            claim = b - 1;
            if
            :: t == claim -> take_last() /* no claim: top alone decides */
            :: else ->
#ifdef PLAIN_CLAIM
                store_bottom(claim);
#else
                atomic { !pending -> bottom = claim }
#endif
                t = top;
                if
                :: t < claim -> seen = slot[claim % SLOTS]; take(seen); b = claim
                :: t == claim -> take_last(); store_bottom(b)
                :: else -> store_bottom(b)
                fi
            fi
        :: else -> skip
        fi
    :: pushed == ELEMENTS -> break
    od;
    !pending;
    owner_done = true
}

proctype thief() {
    byte t, b, seen, tries;
    bool won;
    for (tries : 1 .. 2) {
#ifdef BOTTOM_FIRST
        b = bottom;
        t = top;
#else
        t = top;
        b = bottom;
#endif
        if
        :: t < b ->
            seen = slot[t % SLOTS];
            atomic { won = (top == t); if :: won -> top = t + 1 :: else -> skip fi };
            if
            :: won -> take(seen)
            :: else -> skip
            fi
        :: else -> skip
        fi
    }
}

init {
    byte i, sum;
    atomic {
        run store_buffer();
        run owner();
        for (i : 1 .. THIEVES) { run thief() }
    }
    timeout ->
        assert(owner_done);
        sum = 0;
        for (i : 0 .. ELEMENTS - 1) { sum = sum + taken[i] }
        assert(sum + bottom - top == ELEMENTS) /* nothing is lost */
}
