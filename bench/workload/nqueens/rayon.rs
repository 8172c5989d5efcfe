// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::time::Instant;

#[derive(Clone, Copy)]
struct Row {
    all: u32,
    columns: u32,
    left: u32,
    right: u32,
}

impl Row {
    fn with(self, queen: u32) -> Row {
        Row { all: self.all, columns: self.columns | queen, left: (self.left | queen) << 1, right: (self.right | queen) >> 1 }
    }
}

fn in_places(r: Row, places: u32) -> u64 {
    let queen = places & places.wrapping_neg();
    let rest = places & !queen;
    if rest == 0 {
        return solutions(r.with(queen));
    }
    let (here, there) = rayon::join(|| solutions(r.with(queen)), || in_places(r, rest));
    here + there
}

fn solutions(r: Row) -> u64 {
    if r.columns == r.all {
        return 1;
    }
    match r.all & !(r.columns | r.left | r.right) {
        0 => 0,
        free => in_places(r, free),
    }
}

pub fn run(p: &Program) {
    let n = p.size("n") as usize;
    let known = [1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14_200, 73_712, 365_596];
    let begin = Instant::now();
    let answer = solutions(Row { all: (1u32 << n) - 1, columns: 0, left: 0, right: 0 });
    let ns = ns_since(begin);
    p.require(answer == known[n], "the number of solutions is wrong");
    p.figure("whole", "ms", ns / 1e6);
}
