// SPDX-License-Identifier: MIT
use crate::program::{ns_since, Program};
use std::sync::Arc;
use std::time::Instant;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;

fn by_joins(first: u64, leaves: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            return first;
        }
        let part = leaves / 10;
        let children: Vec<_> = (0..10).map(|i| tokio::spawn(by_joins(first + i * part, part))).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}

fn by_channel(out: mpsc::Sender<u64>, first: u64, leaves: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            return out.send(first).await.unwrap();
        }
        let (sender, mut sums) = mpsc::channel(10);
        let part = leaves / 10;
        for i in 0..10 {
            tokio::spawn(by_channel(sender.clone(), first + i * part, part));
        }
        let mut sum = 0;
        for _ in 0..10 {
            sum += sums.recv().await.unwrap();
        }
        out.send(sum).await.unwrap();
    })
}

pub async fn run(p: Arc<Program>) {
    let leaves = p.size("leaves");
    let right_answer = leaves * (leaves - 1) / 2;
    let begin = Instant::now();
    let answer = by_joins(0, leaves).await;
    let ns = ns_since(begin);
    p.require(answer == right_answer, "the sum by joins is wrong");
    p.figure("joins", "ms", ns / 1e6);
    let begin = Instant::now();
    let (sender, mut whole) = mpsc::channel(1);
    tokio::spawn(by_channel(sender, 0, leaves));
    let answer = whole.recv().await.unwrap();
    let ns = ns_since(begin);
    p.require(answer == right_answer, "the sum by channels is wrong");
    p.figure("channels", "ms", ns / 1e6);
}
