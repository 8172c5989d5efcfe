/* SPDX-License-Identifier: MIT
 *
 * Model of runtime/sync/wait_list.cpp: a task that waits for `open` with a deadline, a waker that opens and then takes the task's node, an
 * interrupt, and the timer that a worker fires. Or a waiter in wait_in, without deadline and interrupt, which keeps the lock until it has
 * left its stack. The waiter destroys the primitive as soon as it was woken, and always its own stack.
 *
 * Claims: the waiter gets on exactly once and is never resumed while its stack still runs; nobody touches the stack (race, node, timer)
 * or the primitive after its death; a woken waiter sees all that its taker wrote; and nobody sleeps for ever when there is no deadline.
 *
 * -DARM_BEFORE_SWITCH lets the waiter arm its race while it is still on its stack. -DASK_UNLOCKED asks outside of the lock.
 * -DPASS_EARLY lets an early winner's waiter go on without taking the lock. -DLEAVE_UNLOCKED lets a timed-out node die without the lock.
 * -DFORGET_TIMER does not wait for a timer that could not be taken back. -DTOUCH_AFTER lets the waker look at the primitive once more
 * after the lock. -DWIN_BY_STORE lets the deadline load and store instead of a CAS. -DUNLOCK_BEFORE_SWITCH lets wait_in give the lock back
 * while it is still on its stack, and -DTOUCH_SECTION_AFTER lets the next context look at the section, which lies on that stack, once more.
 * All must fail.
 */
#define NONE 0
#define NODE 1
#define DEADLINE 2
#define INTERRUPT 3

bool lock = false;
bool open = false, linked = false, note = false;     /* the primitive and the node */
byte winner = NONE;
bool armed = false;                                  /* the race's word: winner and armed, changed together */
bool on_stack = true, object_alive = true, stack_alive = true;
bool in_heap = false, popped = false;                /* the timer */
byte timer_state = 0;                                /* 0 pending, 1 over, 2 awaited */
byte resumed = 0;
bool returned = false, waits = false, with_deadline = false;
bool switched = false;                               /* to the context after one in wait_in */
bool in_lock = false;                                /* the waiter is in wait_in; r/o once linked */

inline acquire() { atomic { !lock -> lock = true } }
inline release() { lock = false }
inline resume() { assert(!on_stack); assert(stack_alive); resumed++ }

inline win(cause, how) { /* how: 0 too late, 1 early, 2 armed */
    atomic {
        assert(stack_alive);
        if
        :: winner != NONE -> how = 0
        :: else -> winner = cause; how = (armed -> 2 : 1)
        fi
    }
}

active proctype waiter() {
    bool must, slept = false, was_in;
    if
    :: in_lock = true
    :: in_lock = false
    fi;
#ifdef ASK_UNLOCKED
    must = !open;
    acquire();
#else
    acquire();
    must = !open;
#endif
    if
    :: must -> linked = true
    :: else -> skip
    fi;
    if
    :: must && in_lock ->
#ifdef UNLOCK_BEFORE_SWITCH
        release();
        on_stack = false;
#else
        atomic { on_stack = false; switched = true }; /* next_context unlocks */
#endif
        atomic { resumed == 1 -> resumed = 0; on_stack = true };
        assert(winner == NODE);
        slept = true;
        goto settle
    :: else -> skip
    fi;
    release();
    if
    :: !must -> goto out
    :: else -> waits = true
    fi;
    if
    :: with_deadline = true
    :: with_deadline = false
    fi;
    if
    :: winner != NONE -> goto settle /* over() */
    :: else -> skip
    fi;
#ifdef ARM_BEFORE_SWITCH
    armed = true;
#endif
    on_stack = false; /* the switch; from here on another stack acts for us */
    if
    :: with_deadline -> in_heap = true
    :: else -> skip
    fi;
    atomic { armed = true; slept = (winner == NONE) };
    if
    :: !slept -> resume()
    :: else -> skip
    fi;
    atomic { resumed == 1 -> resumed = 0; on_stack = true };
    if
    :: with_deadline && winner != DEADLINE && !popped ->
        atomic { was_in = in_heap; in_heap = false }
    :: with_deadline && winner != DEADLINE && popped -> was_in = false
    :: else -> was_in = true
    fi;
#ifndef FORGET_TIMER
    if
    :: !was_in ->
        on_stack = false;
        atomic { if :: timer_state == 0 -> timer_state = 2 :: else -> resume() fi };
        atomic { resumed == 1 -> resumed = 0; on_stack = true }
    :: else -> skip
    fi;
#endif
settle:
    if
    :: winner == NODE ->
        if
        :: !slept ->
#ifndef PASS_EARLY
            acquire(); release()
#else
            skip
#endif
        :: else -> skip
        fi;
        assert(!linked);
        assert(note);
        object_alive = false
    :: else ->
#ifdef LEAVE_UNLOCKED
        linked = false
#else
        acquire();
        linked = false;
        release()
#endif
    fi;
out:
    stack_alive = false;
    returned = true
}

active proctype next_context() {
end_none:
    switched == true;
    assert(stack_alive);
    release();
#ifdef TOUCH_SECTION_AFTER
    assert(stack_alive);
#endif
}

active proctype waker() {
    byte how = 0;
    acquire();
    assert(object_alive);
    open = true;
    if
    :: linked ->
        assert(stack_alive);
        linked = false;
        if
        :: in_lock -> assert(stack_alive && winner == NONE); winner = NODE; how = 2 /* a plain store */
        :: else -> win(NODE, how)
        fi;
        if
        :: how != 0 -> assert(stack_alive); note = true
        :: else -> skip
        fi
    :: else -> skip
    fi;
    assert(object_alive); /* the last access */
    release();
#ifdef TOUCH_AFTER
    assert(object_alive);
#endif
    if
    :: how == 2 -> resume()
    :: else -> skip
    fi
}

active proctype timekeeper() {
    byte how;
end_idle:
    atomic { in_heap -> in_heap = false; popped = true };
    assert(stack_alive);
#ifdef WIN_BY_STORE
    bool free, was_armed;
    free = (winner == NONE); was_armed = armed;
    if
    :: free -> winner = DEADLINE; how = (was_armed -> 2 : 1)
    :: else -> how = 0
    fi;
#else
    win(DEADLINE, how);
#endif
    if
    :: how == 2 -> resume()
    :: how == 1 -> skip
    :: else ->
        atomic {
            assert(stack_alive);
            if
            :: timer_state == 2 -> timer_state = 1; resume()
            :: else -> timer_state = 1
            fi
        }
    fi
}

active proctype interrupter() {
    byte how;
    if
    :: atomic { waits && !returned -> how = 3 }; /* a stop_callback is registered, so that the race lives */
        if
        :: atomic { stack_alive -> win(INTERRUPT, how) };
            if
            :: how == 2 -> resume()
            :: else -> skip
            fi
        :: else -> skip
        fi
    :: true -> skip
    fi
}

init {
    timeout ->
        assert(returned);
        assert(resumed == 0)
}
