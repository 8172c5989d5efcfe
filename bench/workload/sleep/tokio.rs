// SPDX-License-Identifier: MIT
use crate::program::{cpu_ns, Program};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub async fn run(p: Arc<Program>) {
    let sleepers = p.size("sleepers");
    let used = cpu_ns();
    let mut all = Vec::with_capacity(sleepers as usize);
    for i in 0..sleepers {
        all.push(tokio::spawn(async move {
            let length = Duration::from_millis(1 + i * 7919 % 1000);
            let begin = Instant::now();
            tokio::time::sleep(length).await;
            begin.elapsed().as_nanos() as f64 - length.as_nanos() as f64
        }));
    }
    let mut late = Vec::with_capacity(sleepers as usize);
    for task in all {
        late.push(task.await.unwrap());
    }
    let used = cpu_ns() - used;
    late.sort_by(|a, b| a.partial_cmp(b).unwrap());
    p.require(late[0] >= 0.0, "a sleeper woke early");
    let at = |part: f64| late[(part * (late.len() - 1) as f64) as usize] / 1e6;
    p.figure("late p50", "ms", at(0.5));
    p.figure("late p99", "ms", at(0.99));
    p.figure("late max", "ms", at(1.0));
    p.figure("CPU", "ms", used / 1e6);
}
