// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, Semaphore};

async fn by_semaphores(rounds: u64) -> u64 {
    let there = Arc::new(Semaphore::new(0));
    let back = Arc::new(Semaphore::new(0));
    let ball = Arc::new(AtomicU64::new(0));
    let other = {
        let (there, back, ball) = (there.clone(), back.clone(), ball.clone());
        tokio::spawn(async move {
            for _ in 0..rounds {
                there.acquire().await.unwrap().forget();
                // Only who was released writes; the semaphores order it.
                ball.store(ball.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                back.add_permits(1);
            }
        })
    };
    for _ in 0..rounds {
        there.add_permits(1);
        back.acquire().await.unwrap().forget();
    }
    other.await.unwrap();
    ball.load(Ordering::Relaxed)
}

async fn by_channels(rounds: u64) -> u64 {
    let (there, mut comes) = mpsc::channel::<u64>(1);
    let (goes, mut back) = mpsc::channel::<u64>(1);
    let other = tokio::spawn(async move {
        for _ in 0..rounds {
            let ball = comes.recv().await.unwrap();
            goes.send(ball + 1).await.unwrap();
        }
    });
    let mut ball = 0;
    for _ in 0..rounds {
        there.send(ball).await.unwrap();
        ball = back.recv().await.unwrap();
    }
    other.await.unwrap();
    ball
}

pub async fn run(p: Arc<Program>) {
    let rounds = p.size("rounds");
    let begin = Instant::now();
    let ball = by_semaphores(rounds).await;
    let ns = ns_since(begin);
    p.require(ball == rounds, "the semaphores lost a round");
    p.figure("semaphore", "ns", ns / rounds as f64);
    let begin = Instant::now();
    let ball = by_channels(rounds).await;
    let ns = ns_since(begin);
    p.require(ball == rounds, "the channels lost a round");
    p.figure("channel", "ns", ns / rounds as f64);
}
