// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;

pub async fn run(p: Arc<Program>) {
    let (batches, tasks) = (p.size("batches"), p.size("tasks"));
    let mut sum = 0;
    let begin = Instant::now();
    for _ in 0..batches {
        let mut group = Vec::with_capacity(tasks as usize);
        for i in 0..tasks {
            group.push(tokio::spawn(async move { i }));
        }
        for task in group {
            sum += task.await.unwrap();
        }
    }
    let ns = ns_since(begin);
    p.require(sum == batches * (tasks * (tasks - 1) / 2), "the sum is wrong");
    p.figure("task", "ns", ns / (batches * tasks) as f64);
}
