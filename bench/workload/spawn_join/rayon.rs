// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::time::Instant;

fn all(tasks: u64) -> u64 {
    let mut answers = vec![0u64; tasks as usize];
    rayon::scope(|s| {
        for (i, answer) in answers.iter_mut().enumerate() {
            s.spawn(move |_| *answer = i as u64);
        }
    });
    answers.iter().sum()
}

pub fn run(p: &Program) {
    let tasks = p.size("tasks");
    for time in ["cold", "warm"] {
        let begin = Instant::now();
        let sum = all(tasks);
        let ns = ns_since(begin);
        p.require(sum == tasks * (tasks - 1) / 2, "the sum is wrong");
        p.figure(time, "ns", ns / tasks as f64);
    }
}
