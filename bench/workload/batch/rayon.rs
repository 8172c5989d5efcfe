// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::time::Instant;

pub fn run(p: &Program) {
    let (batches, tasks) = (p.size("batches"), p.size("tasks"));
    let mut answers = vec![0u64; tasks as usize];
    let mut sum = 0;
    let begin = Instant::now();
    for _ in 0..batches {
        rayon::scope(|s| {
            for (i, answer) in answers.iter_mut().enumerate() {
                s.spawn(move |_| *answer = i as u64);
            }
        });
        for answer in answers.iter_mut() {
            sum += *answer;
            *answer = 0;
        }
    }
    let ns = ns_since(begin);
    p.require(sum == batches * (tasks * (tasks - 1) / 2), "the sum is wrong");
    p.figure("task", "ns", ns / (batches * tasks) as f64);
}
