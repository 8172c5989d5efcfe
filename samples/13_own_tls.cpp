// SPDX-License-Identifier: MIT
// 13: a thread's own things.
//
// A weft::thread is a green thread: it moves from one kernel thread to another whenever it waits. What C and C++ keep per thread
// (thread_locals, errno, the owner of a mutex, destructors that are due) moves along, so code that was written for kernel threads is right.
// A light task, which costs less, borrows its worker's; for it there is task_local.
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

namespace {

struct diary {
    std::string text;
    ~diary() {
        if (!text.empty()) {
            std::printf("%s\n", text.c_str()); // at the thread's end, before join returns
        }
    }
};
thread_local diary mine;

std::recursive_mutex pen;

void keep_diary(const char* who) {
    mine.text = std::string(who) + ":";
    for (int day = 1; day <= 3; ++day) {
        errno = day;
        const std::lock_guard outer(pen); // a std::mutex of any kind knows its owner, wherever he goes on
        const std::lock_guard inner(pen);
        mine.text += " day " + std::to_string(errno);
    }
    weft::yield(); // the others' turn; perhaps we come back elsewhere
    mine.text += errno == 3 ? ", and errno is still mine" : ", and errno is somebody else's";
}

} // namespace

int main() {
    for (const char* who : {"Ada", "Grace"}) {
        weft::thread t(keep_diary, who);
        t.join();
    }
    std::vector<std::thread::id> ids(2);
    weft::latch both_live(2); // an id may be used again when its thread has ended
    const auto note_id = [&](std::size_t i) {
        ids[i] = std::this_thread::get_id();
        both_live.arrive_and_wait();
    };
    weft::thread a(note_id, 0);
    weft::thread b(note_id, 1);
    a.join();
    b.join();
    std::printf("std::this_thread tells them apart: %s\n", ids[0] != ids[1] ? "yes" : "no");

    weft::spawn_options like_a_thread; // any task can have it
    like_a_thread.own_tls = true;
    weft::spawn(like_a_thread, [] { mine.text = "a task with a diary of its own"; }).join();
}
