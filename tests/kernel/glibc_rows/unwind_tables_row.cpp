// SPDX-License-Identifier: MIT
// Row: unwind tables. Only for a static program that never mentions pthread_key_create: there libgcc takes no lock around the sorting of
// the unwind tables, which the first throw sets off, so the first throws of two threads race. Each try is a child of its own, since
// a process sorts them once.
#include "support/child.hpp"
#include "support/raw_thread.hpp"
#include "support/row.hpp"

static void row() {
    for (int i = 0; i < 50; ++i) {
        const support::outcome how = support::run_in_child([] {
            std::atomic<int> caught{0};
            support::on_raw_threads_together(8, [&](int index) {
                try {
                    throw index;
                } catch (int thrown) {
                    caught += thrown == index;
                }
            });
            return caught == 8 ? 0 : 1;
        });
        support::require_exit(how, 0, "eight threads that throw first");
    }
}

int main(int argc, char** argv) {
    return support::row_main(argc, argv, weft::kernel::measure::unwind_tables, row);
}
