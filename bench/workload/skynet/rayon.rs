// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::time::Instant;
use rayon::iter::{IntoParallelIterator, ParallelIterator, IndexedParallelIterator};

fn by_joins(first: u64, leaves: u64) -> u64 {
    if leaves == 1 {
        return first;
    }
    let part = leaves / 10;
    (0..10usize).into_par_iter().with_max_len(1).map(|i| by_joins(first + i as u64 * part, part)).sum()
}

pub fn run(p: &Program) {
    let leaves = p.size("leaves");
    let begin = Instant::now();
    let answer = by_joins(0, leaves);
    let ns = ns_since(begin);
    p.require(answer == leaves * (leaves - 1) / 2, "the sum by joins is wrong");
    p.figure("joins", "ms", ns / 1e6);
}
