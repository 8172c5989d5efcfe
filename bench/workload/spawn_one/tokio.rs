// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;

pub async fn run(p: Arc<Program>) {
    let tasks = p.size("tasks");
    let mut sum = 0;
    let begin = Instant::now();
    for i in 0..tasks {
        sum += tokio::spawn(async move { i }).await.unwrap();
    }
    let ns = ns_since(begin);
    p.require(sum == tasks * (tasks - 1) / 2, "the sum is wrong");
    p.figure("spawn and wait", "ns", ns / tasks as f64);
}
