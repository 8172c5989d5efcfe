// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;

async fn all(tasks: u64) -> u64 {
    let mut handles = Vec::with_capacity(tasks as usize);
    for i in 0..tasks {
        handles.push(tokio::spawn(async move { i }));
    }
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap();
    }
    sum
}

pub async fn run(p: Arc<Program>) {
    let tasks = p.size("tasks");
    for time in ["cold", "warm"] {
        let begin = Instant::now();
        let sum = all(tasks).await;
        let ns = ns_since(begin);
        p.require(sum == tasks * (tasks - 1) / 2, "the sum is wrong");
        p.figure(time, "ns", ns / tasks as f64);
    }
}
