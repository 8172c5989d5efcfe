// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;

pub async fn run(p: Arc<Program>) {
    let (tasks, yields) = (p.size("tasks"), p.size("yields"));
    let begin = Instant::now();
    let all: Vec<_> = (0..tasks)
        .map(|_| {
            tokio::spawn(async move {
                let mut had = 0u64;
                for _ in 0..yields {
                    tokio::task::yield_now().await;
                    had += 1;
                }
                had
            })
        })
        .collect();
    for task in all {
        p.require(task.await.unwrap() == yields, "a task had not all of its turns");
    }
    p.figure("yield", "ns", ns_since(begin) / (tasks * yields) as f64);
}
