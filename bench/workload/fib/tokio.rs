// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;
use std::future::Future;
use std::pin::Pin;

fn forked(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let a = tokio::spawn(forked(n - 1));
        let b = forked(n - 2).await;
        a.await.unwrap() + b
    })
}

fn right_answer(n: u64) -> u64 {
    (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
}

pub async fn run(p: Arc<Program>) {
    let n = p.size("n");
    p.require(forked(n / 2).await == right_answer(n / 2), "fib is wrong");
    let begin = Instant::now();
    let answer = forked(n).await;
    let ns = ns_since(begin);
    p.require(answer == right_answer(n), "fib is wrong");
    p.figure("call", "ns", ns / (2 * right_answer(n + 1) - 1) as f64);
}
