// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::time::Instant;

fn forked(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = rayon::join(|| forked(n - 1), || forked(n - 2));
    a + b
}

fn right_answer(n: u64) -> u64 {
    (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
}

pub fn run(p: &Program) {
    let n = p.size("n");
    p.require(forked(n / 2) == right_answer(n / 2), "fib is wrong");
    let begin = Instant::now();
    let answer = forked(n);
    let ns = ns_since(begin);
    p.require(answer == right_answer(n), "fib is wrong");
    p.figure("call", "ns", ns / (2 * right_answer(n + 1) - 1) as f64);
}
