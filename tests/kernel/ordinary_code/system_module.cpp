// SPDX-License-Identifier: MIT
#include "kernel/ordinary_code/activities.hpp"
#include <arpa/inet.h>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace ordinary {
namespace {

bool localhost_is_in_the_hosts_file() {
    std::ifstream hosts("/etc/hosts");
    for (std::string word; hosts >> word;) {
        if (word == "localhost") {
            return true;
        }
    }
    return false;
}

void names_and_addresses(lane& l) {
    static const bool by_file = localhost_is_in_the_hosts_file(); // else the name would go out to a name server
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    const bool by_name = by_file && l.below(2);
    wanted.ai_flags = by_name ? 0 : AI_NUMERICHOST;
    addrinfo* found = nullptr;
    REQUIRE(getaddrinfo(by_name ? "localhost" : "127.0.0.1", "80", &wanted, &found) == 0);
    sockaddr_in address{};
    std::memcpy(&address, found->ai_addr, sizeof address);
    char text[64];
    REQUIRE(inet_ntop(AF_INET, &address.sin_addr, text, sizeof text) && std::strcmp(text, "127.0.0.1") == 0);
    REQUIRE(ntohs(address.sin_port) == 80);
    freeaddrinfo(found);
    wanted.ai_flags = AI_NUMERICHOST;
    REQUIRE(getaddrinfo("not an address", nullptr, &wanted, &found) == EAI_NONAME);
}

void user_names(lane&) {
    passwd entry{};
    passwd* result = nullptr;
    char buffer[4096];
    REQUIRE(getpwuid_r(0, &entry, buffer, sizeof buffer, &result) == 0);
    REQUIRE(!result || std::strcmp(result->pw_name, "root") == 0);
    ::group group_entry{};
    ::group* group_result = nullptr;
    REQUIRE(getgrgid_r(0, &group_entry, buffer, sizeof buffer, &group_result) == 0);
}

void files(lane& l) {
    REQUIRE(std::filesystem::exists("/proc/self/status"));
    int entries = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
        entries += !entry.path().empty();
    }
    REQUIRE(entries >= 1);
    char path[] = "/tmp/weft_test_XXXXXX";
    const int file = mkostemp(path, O_CLOEXEC);
    REQUIRE(file != -1);
    const std::string text(l.below(5000), 'x');
    REQUIRE(write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    struct stat facts {};
    REQUIRE(fstat(file, &facts) == 0 && facts.st_size == static_cast<off_t>(text.size()));
    close(file);
    REQUIRE(unlink(path) == 0);
    REQUIRE(std::getenv("PATH") != nullptr);
}

void child_processes(lane& l) {
    pid_t child = -1;
    char name[] = "sh";
    char option[] = "-c";
    char command[] = "exit 7";
    char* arguments[] = {name, option, command, nullptr};
    REQUIRE(posix_spawn(&child, "/bin/sh", nullptr, nullptr, arguments, environ) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    if (l.below(4) == 0) {
        std::FILE* pipe = popen("echo woven", "re");
        REQUIRE(pipe);
        char text[32] = {};
        REQUIRE(std::fgets(text, sizeof text, pipe) && std::strcmp(text, "woven\n") == 0);
        REQUIRE(pclose(pipe) == 0);
    }
}

void modules(lane& l) {
    // Loaded and unloaded while other threads run; its thread_local is fresh for this thread each time it is loaded anew.
    void* module = dlopen(WEFT_TLS_DYNAMIC_MODULE, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(module);
    const auto number = reinterpret_cast<int* (*)()>(dlsym(module, "module_number"));
    REQUIRE(number && !dlsym(module, "no_such_symbol") && dlerror());
    int& mine = *number();
    REQUIRE(mine == 4711);
    mine = static_cast<int>(l.below(1000));
    sched_yield();
    mine = 4711; // for the next activity on this thread, should another thread keep it loaded
    Dl_info where{};
    REQUIRE(dladdr(reinterpret_cast<void*>(number), &where) != 0 && std::strstr(where.dli_fname, "module"));
    REQUIRE(dlclose(module) == 0);
}

void where_we_run(lane&) {
    cpu_set_t allowed;
    REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    const int cpu = sched_getcpu();
    REQUIRE(cpu >= 0 && CPU_ISSET(cpu, &allowed));
}

constexpr activity activities[] = {
    {"getaddrinfo", names_and_addresses, 10}, {"getpwuid_r", user_names, 4}, {"files", files, 6},
    {"child processes", child_processes, 1},  {"dlopen", modules, 6},        {"sched_getcpu", where_we_run, 10},
};

void begin() {}
void end() {}

} // namespace
const group system_group{"system", begin, end, activities};
} // namespace ordinary
