// SPDX-License-Identifier: MIT
// A tree like sysfs's in a temporary folder, for tests and simulations of machines that are not here. Gone with the object.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace test {

class fake_sysfs {
  public:
    fake_sysfs() {
        std::string name = (std::filesystem::temp_directory_path() / "weft-sysfs-XXXXXX").string();
        if (!mkdtemp(name.data())) {
            throw std::runtime_error("no temporary folder " + name);
        }
        root_ = name;
    }
    fake_sysfs(const fake_sysfs&) = delete;
    fake_sysfs& operator=(const fake_sysfs&) = delete;
    ~fake_sysfs() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    const char* root() const { return root_.c_str(); }
    static std::string cpu(unsigned number, const std::string& file) {
        return std::string("sys/devices/system/cpu/cpu").append(std::to_string(number)).append(1, '/').append(file);
    }
    static std::string node(unsigned number) {
        return std::string("sys/devices/system/node/node").append(std::to_string(number)).append("/cpulist");
    }
    static constexpr const char* online = "sys/devices/system/node/online";

    void write(const std::string& file, const std::string& text) const {
        const std::filesystem::path path = std::filesystem::path(root_) / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream out(path, std::ios::binary);
        out << text;
        if (!out.flush()) {
            throw std::runtime_error("cannot write " + path.string());
        }
    }
    void remove(const std::string& file) const { std::filesystem::remove_all(std::filesystem::path(root_) / file); }

  private:
    std::string root_;
};

/// A machine of equal parts, its CPUs numbered as Linux does on most: the first hardware thread of every core, then the second of
/// every core, and so on. An L2 cache a core; a node a socket.
struct machine {
    unsigned sockets = 2;
    unsigned l3s = 2;   // in a socket
    unsigned cores = 4; // at an L3
    unsigned threads = 2;

    unsigned all_cores() const { return sockets * l3s * cores; }
    unsigned cpus() const { return all_cores() * threads; }
    unsigned core_of(unsigned cpu) const { return cpu % all_cores(); }
    unsigned l3_of(unsigned cpu) const { return core_of(cpu) / cores; }
    unsigned socket_of(unsigned cpu) const { return l3_of(cpu) / l3s; }

    /// A list of the CPUs for which same(cpu) holds, with ranges, as the kernel writes it.
    template <class Same>
    std::string list(Same same) const {
        std::string text;
        for (unsigned i = 0; i < cpus(); ++i) {
            if (!same(i)) {
                continue;
            }
            const unsigned first = i;
            while (i + 1 < cpus() && same(i + 1)) {
                ++i;
            }
            if (!text.empty()) {
                text.append(1, ',');
            }
            text.append(std::to_string(first));
            if (i > first) {
                text.append(1, '-').append(std::to_string(i));
            }
        }
        return text.append(1, '\n');
    }

    void write_to(const fake_sysfs& tree) const {
        for (unsigned c = 0; c < cpus(); ++c) {
            const std::string core = list([&](unsigned o) { return core_of(o) == core_of(c); });
            const std::string l3 = list([&](unsigned o) { return l3_of(o) == l3_of(c); });
            tree.write(tree.cpu(c, "topology/core_cpus_list"), core);
            tree.write(tree.cpu(c, "topology/physical_package_id"), std::to_string(socket_of(c)) + "\n");
            for (const auto& [index, level, shared] : {std::tuple("index0", "1", core), {"index1", "1", core}, {"index2", "2", core}, {"index3", "3", l3}}) {
                tree.write(tree.cpu(c, std::string("cache/") + index + "/level"), std::string(level) + "\n");
                tree.write(tree.cpu(c, std::string("cache/") + index + "/shared_cpu_list"), shared);
            }
        }
        for (unsigned s = 0; s < sockets; ++s) {
            tree.write(tree.node(s), list([&](unsigned o) { return socket_of(o) == s; }));
        }
        tree.write(fake_sysfs::online, sockets == 1 ? "0\n" : std::string("0-").append(std::to_string(sockets - 1)).append(1, '\n'));
    }

    std::vector<unsigned> all() const {
        std::vector<unsigned> numbers(cpus());
        for (unsigned i = 0; i < cpus(); ++i) {
            numbers[i] = i;
        }
        return numbers;
    }
};

} // namespace test
