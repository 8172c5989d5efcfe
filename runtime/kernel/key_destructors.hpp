// SPDX-License-Identifier: MIT
// The destructors of pthread_key_create, which glibc runs in its own threads only and does not export.
//
// The values of a thread are two levels of 32: descriptor.specific[key / 32][key % 32] = {sequence, value}. A value is alive when its sequence
// is the key's. The first block lies in the descriptor, the others come from calloc in pthread_setspecific.
// Reference: pthread_key_create(3p): up to PTHREAD_DESTRUCTOR_ITERATIONS rounds, in no particular order; glibc
// nptl/nptl_deallocate_tsd.c.
#pragma once

namespace weft::kernel {

/// On the thread itself. Runs user code.
void run_key_destructors(char* thread_pointer);

/// Empties the thread's values, so that the block's next thread starts with none.
void forget_key_values(char* thread_pointer) noexcept;

/// The same without freeing the blocks of values: for a thread of the parent, in a child of fork().
void abandon_key_values(char* thread_pointer) noexcept;

} // namespace weft::kernel
