// SPDX-License-Identifier: MIT
use crate::program::{ns_since, resident_bytes, Program};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

struct Place {
    gate: Semaphore,
    arrived: Semaphore,
    begun: AtomicU64,
    went_on: AtomicU64,
}

pub async fn run(p: Arc<Program>) {
    let tasks = p.size("tasks");
    let place = Arc::new(Place { gate: Semaphore::new(0), arrived: Semaphore::new(0), begun: AtomicU64::new(0), went_on: AtomicU64::new(0) });
    let mut all = Vec::with_capacity(tasks as usize);
    let before = resident_bytes();
    let begin = Instant::now();
    for _ in 0..tasks {
        let place = place.clone();
        all.push(tokio::spawn(async move {
            if place.begun.fetch_add(1, Ordering::SeqCst) + 1 == tasks {
                place.arrived.add_permits(1);
            }
            place.gate.acquire().await.unwrap().forget();
            place.went_on.fetch_add(1, Ordering::SeqCst);
        }));
    }
    place.arrived.acquire().await.unwrap().forget();
    let made = ns_since(begin);
    let bytes = resident_bytes() - before;
    p.require(place.went_on.load(Ordering::SeqCst) == 0, "a task did not wait");
    let begin = Instant::now();
    place.gate.add_permits(tasks as usize);
    for task in all {
        task.await.unwrap();
    }
    let released = ns_since(begin);
    p.require(place.went_on.load(Ordering::SeqCst) == tasks, "a task did not go on");
    p.figure("memory", "bytes", bytes / tasks as f64);
    p.figure("make", "ns", made / tasks as f64);
    p.figure("release", "ns", released / tasks as f64);
}
