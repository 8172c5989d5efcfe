// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;

pub async fn run(p: Arc<Program>) {
    let locks = p.size("locks");
    for tasks in [4, 8] {
        let each = locks / tasks;
        let counted = Arc::new(Mutex::new(0u64));
        let begin = Instant::now();
        let all: Vec<_> = (0..tasks)
            .map(|_| {
                let counted = counted.clone();
                tokio::spawn(async move {
                    for _ in 0..each {
                        *counted.lock().await += 1;
                    }
                })
            })
            .collect();
        for task in all {
            task.await.unwrap();
        }
        let ns = ns_since(begin);
        p.require(*counted.lock().await == each * tasks, "a lock let two in");
        p.figure(&format!("{} tasks", tasks), "ns", ns / (each * tasks) as f64);
    }
}
