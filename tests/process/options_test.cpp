// SPDX-License-Identifier: MIT
// What a child is given: streams, descriptors, environment, directory, signals, groups, session.
#include "process_support.hpp"
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <vector>

using namespace support;
using weft::process;
using weft::process_options;
using weft::redirection;

namespace {

std::string content(const std::string& file) {
    weft::file_descriptor f(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(f);
    return f.read_all();
}

struct folder {
    char path[32] = "/tmp/weft-process-XXXXXX";
    folder() { REQUIRE(mkdtemp(path)); }
    ~folder() { REQUIRE(process({"rm", "-r", path}).wait().success()); }
    std::string operator/(const char* name) const { return std::string(path) + "/" + name; }
};

void pipes_to_all_streams() {
    process_options how;
    how.input = how.output = how.error = redirection::pipe();
    process p = shell("cat; echo wrong >&2", how);
    const std::string big(300'000, 'x'); // more than a pipe holds: the reader must go on meanwhile
    process writer([&] { // a process of its own, since this thread reads
        p.input.write_all(big);
        return 0;
    }, [&] {
        process_options keep;
        keep.close_others = false;
        return keep;
    }());
    p.input.close();
    REQUIRE(p.output.read_all() == big);
    REQUIRE(p.error.read_all() == "wrong\n");
    REQUIRE(writer.wait().success());
    REQUIRE(p.wait().success());
}

void files_and_null() {
    folder f;
    process_options how;
    how.input = redirection::null();
    how.output = redirection::write(f / "out");
    how.error = redirection::to_output();
    REQUIRE(shell("cat; echo one; echo two >&2", how).wait().success());
    REQUIRE(content(f / "out") == "one\ntwo\n");
    how.output = redirection::append(f / "out");
    REQUIRE(shell("echo three", how).wait().success());
    REQUIRE(content(f / "out") == "one\ntwo\nthree\n");
    how.input = redirection::read(f / "out");
    how.output = redirection::write(f / "copy");
    REQUIRE(shell("tail -n 1", how).wait().success());
    REQUIRE(content(f / "copy") == "three\n");
    require_refusal(ENOENT, "/nowhere/in", [] {
        process_options bad;
        bad.input = redirection::read("/nowhere/in");
        process p({"true"}, bad);
    });
}

void descriptors_cross() {
    // The child's 1 is our 2's pipe and the other way round, its 7 is our stdin's, and sources lie where targets are.
    int a[2], b[2];
    REQUIRE(pipe2(a, O_CLOEXEC) == 0 && pipe2(b, O_CLOEXEC) == 0);
    process_options how;
    how.output = redirection::pipe();
    how.descriptors = {{a[1], b[1]}, {b[1], a[1]}}; // swapped in the child
    process p = shell("echo to-a >&" + std::to_string(b[1]) + "; echo to-b >&" + std::to_string(a[1]), how);
    close(a[1]);
    close(b[1]);
    weft::file_descriptor from_a(a[0]), from_b(b[0]);
    REQUIRE(from_a.read_all() == "to-a\n");
    REQUIRE(from_b.read_all() == "to-b\n");
    REQUIRE(p.wait().success());
    process_options same;
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    same.descriptors = {{null, null}}; // the same number, and no longer closed at exec
    REQUIRE(shell("test -e /proc/self/fd/" + std::to_string(null), same).wait().success());
    close(null);
}

void other_descriptors_are_closed() {
    const int open_at_exec = open("/dev/null", O_RDONLY); // a careless library's: without O_CLOEXEC
    const int high = fcntl(open_at_exec, F_DUPFD, 300);
    process_options how;
    how.descriptors = {{open_at_exec, 77}};
    const std::string listed = " " + output_of("for n in /proc/$$/fd/*; do printf '%s ' ${n##*/}; done", how);
    REQUIRE(listed == " 0 1 2 3 77 "); // 3: the shell's own, for the listing
    process inside([=] { return fcntl(open_at_exec, F_GETFD) == -1 && fcntl(high, F_GETFD) == -1 && fcntl(77, F_GETFD) >= 0 ? 0 : 1; }, how);
    REQUIRE(inside.wait().success());
    how.close_others = false;
    const std::string more = output_of("for n in /proc/$$/fd/*; do printf '%s ' ${n##*/}; done", how);
    REQUIRE(more.find(" 300 ") != std::string::npos);
    close(open_at_exec);
    close(high);
}

/// A copy that ends itself, so that what it does to 0, 1 and 2 stays its own; its exit code is f's.
template <class F>
int in_a_copy(F f) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        alarm(60); // it may hang: then the signal says so
        _exit(f());
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// With some of 0, 1 and 2 closed, the pipes' ends and the pidfds take their numbers; the child has what was asked for all the same, and reads the
/// end of its input.
void closed_standard_descriptors() {
    for (int closed = 0; closed < 8; ++closed) {
        for (const bool function : {false, true}) {
            const int code = in_a_copy([=] {
                for (int n = 0; n < 3; ++n) {
                    if ((closed & 1 << n) != 0) {
                        close(n);
                    }
                }
                process_options how;
                how.input = how.output = how.error = redirection::pipe();
                const auto to_both = [] {
                    alarm(60);
                    char text[16];
                    const ssize_t size = read(0, text, sizeof text);
                    return size == 4 && write(1, text, 4) == 4 && read(0, text, sizeof text) == 0 && write(2, "end", 3) == 3 ? 0 : 1;
                };
                process p = function ? process(to_both, how) : shell("cat; printf end >&2", how);
                p.input.write_all("text");
                p.input.close();
                if (p.output.read_all() != "text" || p.error.read_all() != "end" || !p.wait().success()) {
                    return 1;
                }
                process_options two;
                two.input = redirection::pipe();
                two.output = redirection::pipe();
                process second = shell("cat", two);
                // Neither its own pipes' nor second's ends, nor second's pidfd, may be open in there.
                process_options one;
                one.output = redirection::pipe();
                const auto list = [] {
                    std::string open_ones;
                    for (int n = 0; n < 64; ++n) {
                        if (fcntl(n, F_GETFD) >= 0) {
                            open_ones += std::to_string(n);
                        }
                    }
                    return write(1, open_ones.data(), open_ones.size()) > 0 ? 0 : 1;
                };
                std::string wanted;
                for (int n = 0; n < 3; ++n) {
                    wanted += n == 1 || (closed & 1 << n) == 0 ? std::to_string(n) : "";
                }
                process third = function ? process(list, one)
                                         : shell("for n in 0 1 2; do test -e /proc/$$/fd/$n && printf $n; done; :", one);
                const bool right = third.output.read_all() == wanted;
                second.input.close();
                return right && third.wait().success() && second.wait().success() ? 0 : 2;
            });
            if (code != 0) {
                say("FAILED: %s, closed %d: %d\n", function ? "function" : "program", closed, code);
                _exit(failed);
            }
        }
    }
}

/// Without close_others a function keeps the parent's descriptors, but not the ends of its own pipes: it would never read the end of its input.
void own_pipes_are_not_kept() {
    const int code = in_a_copy([] {
        process_options how;
        how.close_others = false;
        how.input = redirection::pipe();
        process p([] {
            char byte;
            alarm(60);
            return read(0, &byte, 1) == 0 ? 0 : 1;
        }, how);
        p.input.close();
        return p.wait().success() ? 0 : 1;
    });
    REQUIRE(code == 0);
}

void environment_and_path() {
    setenv("WEFT_PARENT", "yes", 1);
    REQUIRE(output_of("echo $WEFT_PARENT") == "yes\n");
    process_options how;
    how.environment = {{"A=1", "B=two words"}};
    REQUIRE(output_of("echo $A $B $WEFT_PARENT") == "yes\n");
    REQUIRE(output_of("echo $A $B $WEFT_PARENT", how) == "1 two words\n");
    how.environment = std::vector<std::string>{};
    REQUIRE(output_of("echo x$HOME", how) == "x\n");
    // PATH is the child's own.
    folder f;
    const std::string tool = f / "weft-tool";
    REQUIRE(shell("printf '#!/bin/sh\\nexit 12\\n' >" + tool + "; chmod +x " + tool).wait().success());
    how.environment = {{"PATH=/nowhere:" + std::string(f.path) + ":/bin:/usr/bin"}};
    REQUIRE(process({"weft-tool"}, how).wait().code() == 12);
    require_refusal(ENOENT, "cannot run 'weft-tool'", [] { process p({"weft-tool"}); });
    how.search_path = false;
    require_refusal(ENOENT, "cannot run 'weft-tool'", [&] { process p({"weft-tool"}, how); });
    how.directory = f.path;
    REQUIRE(process({"./weft-tool"}, how).wait().code() == 12);
    // A folder where we may not look does not hide a later one; if nothing is found, it is the better reason.
    REQUIRE(shell("chmod -x " + tool).wait().success());
    how = {};
    how.environment = {{"PATH=" + std::string(f.path) + ":/nowhere"}};
    require_refusal(EACCES, "cannot run 'weft-tool'", [&] { process p({"weft-tool"}, how); });
}

void directory() {
    process_options how;
    how.directory = "/proc";
    REQUIRE(output_of("pwd", how) == "/proc\n");
    how.directory = "/nowhere/to/go";
    require_refusal(ENOENT, "directory '/nowhere/to/go'", [&] { process p({"true"}, how); });
    require_refusal(ENOENT, "directory '/nowhere/to/go'", [&] { process p([] { return 0; }, how); });
}

std::string status_line(const char* name, const process_options& how = {}) {
    process_options read = how; // not through a shell: some open the mask at their start
    read.output = redirection::pipe();
    process p({"sed", "-n", std::string("s/^") + name + ":[[:space:]]*//p", "/proc/self/status"}, read);
    const std::string line = p.output.read_all();
    REQUIRE(p.wait().success());
    return line;
}

void signal_mask_and_dispositions() {
    signal(SIGUSR1, [](int) {});
    signal(SIGUSR2, SIG_IGN);
    sigset_t usr, before;
    sigemptyset(&usr);
    sigaddset(&usr, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr, &before);
    // As exec has it: the mask and what is ignored stay, handlers go.
    REQUIRE(status_line("SigBlk") == "0000000000000200\n"); // bit 9: SIGUSR1
    REQUIRE(status_line("SigIgn") == "0000000000000800\n");
    process_options how;
    how.blocked_signals = weft::signal_set{};
    how.default_signals = {SIGUSR2};
    how.ignored_signals = {SIGTERM};
    REQUIRE(status_line("SigBlk", how) == "0000000000000000\n");
    REQUIRE(status_line("SigIgn", how) == "0000000000004000\n");
    sigprocmask(SIG_SETMASK, &before, nullptr);
    // The same for a function, whose handlers would otherwise survive.
    process p([] {
        struct sigaction one {}, two {};
        sigaction(SIGUSR1, nullptr, &one);
        sigaction(SIGUSR2, nullptr, &two);
        return one.sa_handler == SIG_DFL && two.sa_handler == SIG_IGN ? 0 : 1;
    });
    REQUIRE(p.wait().success());
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    how.blocked_signals = weft::signal_set::all();
    process blocked({"sleep", "1000"}, how);
    REQUIRE(blocked.terminate());
    REQUIRE(!blocked.wait_for(std::chrono::milliseconds(50)));
    REQUIRE(blocked.kill());
    REQUIRE(blocked.wait().signal() == SIGKILL);
}

void group_and_session() {
    process_options how;
    how.process_group = 0;
    process leader({"sleep", "1000"}, how);
    REQUIRE(getpgid(leader.id()) == leader.id());
    how.process_group = leader.id();
    process member({"sleep", "1000"}, how);
    REQUIRE(getpgid(member.id()) == leader.id());
    REQUIRE(kill(-leader.id(), SIGKILL) == 0);
    REQUIRE(leader.wait().signal() == SIGKILL && member.wait().signal() == SIGKILL);
    how = {};
    how.new_session = true;
    process alone({"sleep", "1000"}, how);
    REQUIRE(getsid(alone.id()) == alone.id());
    REQUIRE(alone.kill());
    alone.wait();
    how = {};
    how.process_group = 1; // not ours
    require_refusal(EPERM, "process group 1", [&] { process p({"true"}, how); });
}

void death_signal() {
    // A parent that spawns and dies: its child must go with it.
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    process_options keep;
    keep.descriptors = {{ends[1], ends[1]}};
    process parent([&] {
        process_options how = keep;
        how.death_signal = SIGKILL;
        process child({"sleep", "1000"}, how);
        _exit(0); // no wait
        return 0;
    }, keep);
    close(ends[1]);
    REQUIRE(parent.wait().success());
    weft::file_descriptor watch(ends[0]);
    REQUIRE(weft::await_readable_for(watch.get(), std::chrono::seconds(20))); // end of file: the last holder is gone
}

void bad_options() {
    require_bad_option("names no program", [] { process p(std::vector<std::string>{}); });
    require_bad_option("NUL", [] { process p({"echo", std::string("a\0b", 3)}); });
    require_bad_option("NAME=value", [] {
        process_options how;
        how.environment = {{"nothing"}};
        process p({"true"}, how);
    });
    require_bad_option("asked for twice", [] {
        process_options how;
        how.descriptors = {{1, 5}, {2, 5}};
        process p({"true"}, how);
    });
    require_bad_option("cannot be a descriptor", [] {
        process_options how;
        how.descriptors = {{1, -5}};
        process p({"true"}, how);
    });
    require_bad_option("user namespace", [] {
        process_options how;
        how.user_map = {{0, 1000, 1}};
        process p({"true"}, how);
    });
    require_refusal(EBADF, "descriptor 4711", [] {
        process_options how;
        how.output = redirection::descriptor(4711);
        process p({"true"}, how);
    });
    require_refusal(EBADF, "descriptor -3", [] {
        process_options how;
        how.output = redirection::descriptor(-3);
        process p({"true"}, how);
    });
    require_refusal(ENOENT, "cannot run ''", [] { process p({""}); });
    require_refusal(EACCES, "cannot run '/etc/passwd'", [] { process p({"/etc/passwd"}); });
    require_refusal(EACCES, "cannot run '/tmp'", [] { process p({"/tmp"}); });
    require_refusal(E2BIG, "cannot run", [] { process p({"true", std::string(1 << 20, 'x')}); });
    require_refusal(EINVAL, "death signal", [] {
        process_options how;
        how.death_signal = 4711;
        process p({"true"}, how);
    });
    REQUIRE(no_children());
}

void exec_format_is_told() {
    folder f;
    const std::string file = f / "nonsense";
    REQUIRE(shell("echo nonsense >" + file + "; chmod +x " + file).wait().success());
    require_refusal(ENOEXEC, "nonsense", [&] { process p({file}); });
    // execve says "no such file" of the interpreter, too; the sentence tells which.
    const std::string script = f / "script";
    REQUIRE(shell("echo '#!/nowhere/shell' >" + script + "; chmod +x " + script).wait().success());
    require_refusal(ENOENT, "the file is there", [&] { process p({script}); });
    process_options there;
    there.directory = f.path;
    require_refusal(ENOENT, "the file is there", [&] { process p({"./script"}, there); });
    require_refusal(ENOENT, "[execve]: No such file", [&] { process p({f / "nothing"}); });
}

} // namespace

int main(int argc, char** argv) {
    return run_cases(argc, argv,
                     {{"pipes to all three streams", pipes_to_all_streams},
                      {"files and /dev/null", files_and_null},
                      {"descriptors may cross", descriptors_cross},
                      {"other descriptors are closed", other_descriptors_are_closed},
                      {"0, 1 and 2 may be closed in the parent", closed_standard_descriptors},
                      {"a function does not hold the parent's ends of its pipes", own_pipes_are_not_kept},
                      {"environment and PATH", environment_and_path},
                      {"the directory", directory},
                      {"signal mask and dispositions", signal_mask_and_dispositions},
                      {"process group and session", group_and_session},
                      {"the death signal", death_signal},
                      {"bad options are refused with a sentence", bad_options},
                      {"a file that is no program is refused", exec_format_is_told}});
}
