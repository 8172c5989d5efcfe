/* SPDX-License-Identifier: MIT
 *
 * Model of select (runtime/sync/select.cpp, channel.hpp, chooser.cpp): two selectors that receive from the same two channels, each naming
 * them in another order, two senders, one on each channel, and a timer that may decide the first selector. Claims: each selector is
 * decided once, goes on exactly once and never while its stack still runs; nobody touches a selector's memory after it has left; no value
 * is lost or doubled; everybody gets to the end.
 *
 * -DCLAIM_IN_TWO_STEPS reads the winner's word and then writes it, instead of one compare-exchange: must fail.
 * -DPUBLISH_EARLY lets a selector put itself on its event before it has left its stack: must fail.
 * -DLOOK_THEN_ENQUEUE lets go of the locks between the look and the queues: must fail (a lost wake-up).
 * -DLOCK_AS_LISTED takes the locks in the order of the cases instead of one order for all: must fail (a deadlock).
 * -DLEAVE_QUEUED does not take the losing case off its queue: must fail (dead memory is touched).
 * -DWITHOUT_TIMER_OVER does not wait for a timer that is under way: must fail (the same).
 */
#define UNDECIDED 0
#define BY_TIMER 3
#define NOBODY 0
#define FIRED 1
#define SLEEPS 2
#define NONE 2

bool locked[2], alive[2] = true, on_stack[2] = true;
bool queued[4]; /* 2 * selector + channel */
byte winner[2] = UNDECIDED, event[2] = NOBODY, resumed[2], got[2], count[2];
bool timer_pending = false, timer_over = false;
byte finished = 0;

inline acquire(c) { atomic { !locked[c] -> locked[c] = true } }
inline release(c) { locked[c] = false }

inline claim(s, who) {
    assert(alive[s]);
#ifdef CLAIM_IN_TWO_STEPS
    won = (winner[s] == UNDECIDED);
    if
    :: won -> winner[s] = who
    :: else -> skip
    fi
#else
    atomic {
        won = (winner[s] == UNDECIDED);
        if
        :: won -> winner[s] = who
        :: else -> skip
        fi
    }
#endif
}

inline fire(s) {
    assert(alive[s]);
    atomic { before = event[s]; event[s] = FIRED }
    if
    :: before == SLEEPS -> assert(!on_stack[s]); resumed[s]++
    :: else -> skip
    fi
}

proctype sender(byte c) {
    byte s = 0, owed = NONE, before;
    bool won;
    acquire(c);
    do
    :: s < 2 && owed == NONE ->
        if
        :: queued[2 * s + c] ->
            assert(alive[s]);
            queued[2 * s + c] = false;
            claim(s, c + 1);
            if
            :: won -> got[s]++; owed = s
            :: else -> skip
            fi
        :: else -> skip
        fi;
        s++
    :: else -> break
    od;
    if
    :: owed == NONE -> count[c]++ /* into the buffer */
    :: else -> skip
    fi;
    release(c);
    if
    :: owed != NONE -> fire(owed)
    :: else -> skip
    fi;
    finished++
}

proctype timer() {
    byte before;
    bool won;
end: /* it need not become due */
    atomic { timer_pending -> timer_pending = false }
    claim(0, BY_TIMER);
    if
    :: won -> fire(0)
    :: else -> timer_over = true
    fi
}

proctype selector(byte s) {
    byte first = 0, second = 1, before, c;
#ifdef LOCK_AS_LISTED
    first = s;
    second = 1 - s;
#endif
    acquire(first);
    acquire(second);
    if
    :: count[0] > 0 -> count[0]--; got[s]++; release(second); release(first)
    :: count[1] > 0 -> count[1]--; got[s]++; release(second); release(first)
    :: count[0] == 0 && count[1] == 0 ->
#ifdef LOOK_THEN_ENQUEUE
        release(second);
        release(first);
        acquire(first);
        acquire(second);
#endif
        queued[2 * s] = true;
        queued[2 * s + 1] = true;
        release(second);
        release(first);
        if
        :: s == 0 -> timer_pending = true
        :: else -> skip
        fi;
#ifndef PUBLISH_EARLY
        on_stack[s] = false; /* the switch */
#endif
        atomic {
            before = event[s];
            if
            :: before == NOBODY -> event[s] = SLEEPS
            :: else -> skip
            fi
        }
        on_stack[s] = false;
        if
        :: before == FIRED -> skip /* resumes itself */
        :: else -> resumed[s] == 1
        fi;
        on_stack[s] = true;
        if
        :: s == 0 && winner[s] != BY_TIMER ->
            if
            :: atomic { timer_pending -> timer_pending = false }
#ifdef WITHOUT_TIMER_OVER
            :: !timer_pending -> skip
#else
            :: timer_over
#endif
            fi
        :: else -> skip
        fi;
#ifndef LEAVE_QUEUED
        c = 0;
        do
        :: c < 2 ->
            if
            :: winner[s] != c + 1 -> acquire(c); queued[2 * s + c] = false; release(c)
            :: else -> skip
            fi;
            c++
        :: else -> break
        od
#endif
    fi;
    alive[s] = false;
    finished++
}

init {
    atomic {
        run selector(0);
        run selector(1);
        run sender(0);
        run sender(1);
        run timer()
    }
    timeout ->
        assert(finished == 4);
        assert(got[0] == (winner[0] == BY_TIMER -> 0 : 1) && got[1] == 1);
        assert(got[0] + got[1] + count[0] + count[1] == 2);
        assert(resumed[0] <= 1 && resumed[1] <= 1)
}
