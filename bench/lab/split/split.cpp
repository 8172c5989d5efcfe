// SPDX-License-Identifier: MIT
// Question: where does the time of one creation go? weft's threads with a time noted at each of their
// moments, a replica of pthread_create's steps with the same, and pthread_create itself as it is seen from
// outside. Held fixed: the work, stacks of 8 MiB, one untimed life before each timed one. Falsified by: a
// replica whose whole is not the real thing's; a noise figure above the threshold.
#include "lab/split/split.hpp"
#include "lab/cpus.hpp"
#include "lab/evaluate.hpp"
#include "lab/split/pthread_replica.hpp"
#include "lab/split/real_pthread.hpp"
#include "lab/split/stamped_thread.hpp"
#include <algorithm>
#include <functional>

namespace weft::lab {

namespace {

constexpr std::size_t stack_size = 8 << 20;

enum class shown_as { parts, outline }; // an outline has no more than pthread_create shows from outside

struct bar {
    contender_card card;
    shown_as how;
    int exit_from; // which spinning lane tells its exit: 0 weft, 1 replica
};

const std::vector<bar>& bars() {
    constexpr auto thread = contender_kind::kernel_thread;
    static const std::vector<bar> all = {
        {{"weft_cold", "weft::kernel_thread, cold",
          "A block is mapped for the thread and unmapped behind it.", thread, 0},
         shown_as::parts,
         0},
        {{"weft_cached", "weft::kernel_thread, cached", "The block of a thread that has ended is used again.",
          thread, 1},
         shown_as::parts,
         0},
        {{"replica_cold", "pthread replica, cold",
          "pthread_create's steps on a stack that is mapped and unmapped.", thread, 2},
         shown_as::parts,
         1},
        {{"replica_cached", "pthread replica, cached", "pthread_create's steps on a stack that is kept.",
          thread, 3},
         shown_as::parts,
         1},
        {{"pthread_cold", "pthread_create, cold",
          "The real thing with a stack of 64 MiB, more than glibc keeps, so that it is mapped and unmapped "
          "each time.",
          thread, 4},
         shown_as::outline,
         1},
        {{"pthread_cached", "pthread_create, cached", "The real thing with a stack that glibc has kept.",
          thread, 5},
         shown_as::outline,
         1},
    };
    return all;
}

#if !defined(WEFT_KERNEL_THREADS_PTHREAD)
/// One life by name. Index i < bars().size(): that bar's; then the two that spin.
class lives {
  public:
    life live(std::size_t which, cell& c) {
        switch (which) {
        case 0:
            return live_stamped(c, stack_size, true, joiner::parks);
        case 1:
            return live_stamped(c, stack_size, false, joiner::parks);
        case 2:
            return cold_.live(c, true, joiner::parks);
        case 3:
            return cached_.live(c, false, joiner::parks);
        case 4:
            return live_pthread(c, std::size_t{64} << 20);
        case 5:
            return live_pthread(c, stack_size);
        case 6:
            return live_stamped(c, stack_size, false, joiner::spins);
        default:
            return cached_.live(c, false, joiner::spins);
        }
    }

  private:
    pthread_replica cold_{stack_size}, cached_{stack_size};
};

split_share share(const char* name, const char* title, const char* what, unsigned place,
                  std::vector<double> samples) {
    split_share s{name, title, what, place, std::move(samples), {}};
    s.figures = summarise(s.samples);
    return s;
}

split_row row_of(const bar& b, const std::vector<life>& all, double exit_ns) {
    split_row row{b.card.name, b.card.title, b.card.what, {}, {}, {}, {}};
    std::array<std::vector<double>, part_count> parts;
    std::vector<double> rest_of_clone;
    std::vector<double> mask_put_back;
    std::vector<double> outline[3];
    for (const life& l : all) {
        row.samples.push_back(whole_of(l));
        if (b.how == shown_as::outline) {
            outline[0].push_back(static_cast<double>(l.signals_open - l.began));
            outline[1].push_back(static_cast<double>(l.user_code_left - l.signals_open));
            outline[2].push_back(static_cast<double>(l.end_seen - l.user_code_left));
            continue;
        }
        const split_parts p = parts_of(l, exit_ns);
        for (std::size_t i = 0; i < part_count; ++i) {
            parts[i].push_back(p[i]);
        }
        rest_of_clone.push_back(static_cast<double>(l.clone_returned - l.signals_blocked));
        mask_put_back.push_back(static_cast<double>(l.started - l.clone_returned));
    }
    row.whole = summarise(row.samples);
    if (b.how == shown_as::outline) {
        row.parts.push_back(share("until_work", "up to the work",
                                  "pthread_create up to the thread's first own instruction",
                                  static_cast<unsigned>(part_count), std::move(outline[0])));
        row.parts.push_back(share("work", "work", words_of(part::work).what,
                                  static_cast<unsigned>(part::work), std::move(outline[1])));
        row.parts.push_back(share("until_joined", "from the work to the join",
                                  "from the thread's last own instruction until "
                                  "pthread_join has returned",
                                  static_cast<unsigned>(part_count) + 1, std::move(outline[2])));
        return row;
    }
    for (std::size_t i = 0; i < part_count; ++i) {
        const part_words& w = words_of(static_cast<part>(i));
        split_share s = share(w.name, w.title, w.what, static_cast<unsigned>(i), std::move(parts[i]));
        if (s.figures.max > 0) {
            row.parts.push_back(std::move(s));
        }
    }
    row.beside.push_back(share("clone_call_of_creator", "whole clone call",
                               "the creator's whole clone call; the thread may run before it returns", 0,
                               std::move(rest_of_clone)));
    row.beside.push_back(share("mask_put_back", "mask put back",
                               "the creator opens its signals again and returns", 0,
                               std::move(mask_put_back)));
    return row;
}

/// The fastest quarter's bound: a spinning joiner and the thread hold both CPUs, so what else runs lengthens
/// the rest.
double usual_exit(const std::vector<life>& spinning) {
    std::vector<double> seen;
    for (const life& l : spinning) {
        seen.push_back(exit_and_wake(l));
    }
    return quantile_of_sorted(sorted_copy(seen), 0.25);
}
#endif

} // namespace

std::vector<contender_card> split_cards() {
    std::vector<contender_card> cards;
    for (const bar& b : bars()) {
        cards.push_back(b.card);
    }
    return cards;
}

split_result measure_split(const settings& asked, double clock_cost_ns, progress& shown) {
    split_result result;
    result.title = "Where the time of one creation goes";
    result.question = "What does a thread cost, part by part, along the path from before its creation until "
                      "its join has returned?";
    result.held_fixed =
        "the work, stacks of 8 MiB, one at a time, an untimed life of the same kind before each timed one";
    result.differences = pthread_replica::differences();
    result.clock_cost_ns = clock_cost_ns;
#if defined(WEFT_KERNEL_THREADS_PTHREAD)
    (void)asked;
    (void)shown;
    result.missing =
        "this build takes kernel threads from pthread_create, so there is nothing of weft's to split";
    return result;
#else
    const std::size_t kinds = bars().size() + 2;
    lives all;
    std::vector<std::vector<life>> seen(kinds);
    std::vector<lane> lanes;
    std::uint64_t next_input = asked.seed << 32 | std::uint64_t{3} << 30;
    const auto take = [&](std::size_t which, std::vector<life>* into) {
        life last;
        for (int i = 0; i < 2; ++i) { // the first is untimed: it meets its own caches cold
            cell c;
            load({&c, 1}, next_input++);
            c.ask_when = which == 4 || which == 5; // the real ones have no other way to say
            last = all.live(which, c);
            verify({&c, 1}, which < bars().size() ? bars()[which].card.title : "a joiner that spins");
        }
        if (into) {
            into->push_back(last);
        }
        return whole_of(last);
    };
    for (std::size_t i = 0; i < kinds; ++i) {
        lanes.push_back({"split", [&take, &seen, i] { return take(i, &seen[i]); }});
    }
    lanes.push_back({"split", [&take] { return take(1, nullptr); }}); // A/A

    const extent how_much = split_extent(asked);
    result.planned_rounds = how_much.rounds;
    std::vector<contender_card> cards = split_cards();
    cards.push_back({"weft_spins", "weft, spinning joiner", "", contender_kind::kernel_thread, 6});
    cards.push_back({"replica_spins", "replica, spinning joiner", "", contender_kind::kernel_thread, 7});
    experiment_result whole; // for its noise figure
    evaluate(whole, cards, interleave("split", lanes, how_much, asked.seed, shown), 1, "pthread_cached",
             asked.seed);
    result.rounds = whole.rounds;
    result.cut_short = whole.cut_short;
    result.seconds = whole.seconds;
    result.noise = whole.noise;

    for (std::vector<life>& of : seen) { // warm-up rounds come first
        of.erase(of.begin(), of.end() - static_cast<std::ptrdiff_t>(result.rounds));
    }
    const bool two_cpus = allowed_cpus().size() > 1;
    const double exits[] = {usual_exit(seen[bars().size()]), usual_exit(seen[bars().size() + 1])};
    result.exit_told =
        two_cpus
            ? "Exit and wake are one stretch from outside; the exit's part is what a joiner that never "
              "sleeps has seen in the "
              "fastest quarter of the same rounds, the rest is the wake."
            : "Only one CPU may be used, so exit and wake could not be told apart: all of it is called exit.";
    for (std::size_t i = 0; i < bars().size(); ++i) {
        result.rows.push_back(row_of(bars()[i], seen[i], two_cpus ? exits[bars()[i].exit_from] : 1e18));
    }
    const bootstrap_plan plan{.seed = asked.seed};
    for (const auto& [replica, real] :
         {std::pair("replica_cold", "pthread_cold"), std::pair("replica_cached", "pthread_cached")}) {
        const split_row* a = result.find(replica);
        const split_row* b = result.find(real);
        if (a && b && b->whole.p50 > 0) {
            result.comparisons.push_back({replica, real, ratio_of_medians(a->samples, b->samples, plan)});
        }
    }
    return result;
#endif
}

} // namespace weft::lab
