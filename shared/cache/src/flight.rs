//! One production at a time for what many ask at once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::sync::Mutex as Turn;

/// What a leader has come to; nothing while it is on its way, or if it never came back.
type Flight<T> = Turn<Option<T>>;
type Board<C, T> = Mutex<HashMap<C, Weak<Flight<T>>>>;

/// All that is on its way.
pub(crate) struct Flights<C, T> {
    board: Arc<Board<C, T>>,
}

impl<C, T> Default for Flights<C, T> {
    fn default() -> Self {
        Self {
            board: Arc::default(),
        }
    }
}

fn lock<C, T>(board: &Board<C, T>) -> MutexGuard<'_, HashMap<C, Weak<Flight<T>>>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in a flight; the last one to leave takes it off the board.
struct Seat<C: Hash + Eq, T> {
    board: Arc<Board<C, T>>,
    course: C,
    flight: Option<Arc<Flight<T>>>,
}

impl<C: Hash + Eq, T> Drop for Seat<C, T> {
    fn drop(&mut self) {
        self.flight = None;
        let mut board = lock(&self.board);
        if board
            .get(&self.course)
            .is_some_and(|flight| flight.strong_count() == 0)
        {
            board.remove(&self.course);
        }
    }
}

impl<C: Hash + Eq + Clone, T: Clone> Flights<C, T> {
    fn seat(&self, course: C) -> (Seat<C, T>, Arc<Flight<T>>) {
        let mut board = lock(&self.board);
        let flying = board.get(&course).and_then(Weak::upgrade);
        let flight = flying.unwrap_or_else(|| {
            let fresh = Arc::new(Turn::new(None));
            board.insert(course.clone(), Arc::downgrade(&fresh));
            fresh
        });
        let seat = Seat {
            board: self.board.clone(),
            course,
            flight: Some(flight.clone()),
        };
        (seat, flight)
    }

    /// Leads, or waits for whoever does; `true` with what was led. Everybody on board gets what the
    /// leader came to; whoever comes later begins anew. A leader that is dropped hands over to the one
    /// that has waited longest.
    pub async fn join<F>(&self, course: C, lead: impl FnOnce() -> F) -> (T, bool)
    where
        F: Future<Output = T>,
    {
        let (seat, flight) = self.seat(course);
        let mut turn = flight.lock().await;
        if let Some(landed) = &*turn {
            return (landed.clone(), false);
        }
        let landed = lead().await;
        *turn = Some(landed.clone());
        self.take_off_board(&seat.course, &flight);
        (landed, true)
    }

    fn take_off_board(&self, course: &C, flight: &Arc<Flight<T>>) {
        let mut board = lock(&self.board);
        let this = board
            .get(course)
            .is_some_and(|listed| std::ptr::eq(listed.as_ptr(), Arc::as_ptr(flight)));
        if this {
            board.remove(course);
        }
    }

    #[cfg(test)]
    fn on_their_way(&self) -> usize {
        lock(&self.board).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::{
        sync::atomic::{AtomicU32, Ordering::SeqCst},
        time::Duration,
    };
    use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Productions that wait until they are told to end.
    #[derive(Default)]
    struct Gate {
        begun: AtomicU32,
        go: Option<Semaphore>,
    }
    impl Gate {
        fn shut() -> Arc<Self> {
            Arc::new(Self {
                begun: AtomicU32::new(0),
                go: Some(Semaphore::new(0)),
            })
        }
        async fn produce(&self, value: u32) -> u32 {
            self.begun.fetch_add(1, SeqCst);
            if let Some(go) = &self.go {
                go.acquire().await.unwrap().forget();
            }
            value
        }
        fn open(&self) {
            self.go.as_ref().unwrap().add_permits(1);
        }
        async fn until_begun(&self, count: u32) {
            let begun = async {
                while self.begun.load(SeqCst) < count {
                    tokio::task::yield_now().await;
                }
            };
            timeout(PATIENCE, begun).await.unwrap();
        }
    }

    /// Waits until so many are on board: each holds the flight once, and so does its seat.
    async fn until_on_board(flights: &Flights<u8, u32>, count: usize) {
        let boarded = async {
            loop {
                let on_board = lock(&flights.board).get(&1).map_or(0, Weak::strong_count);
                if on_board >= 2 * count {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, boarded).await.unwrap();
    }

    fn board(
        tasks: &mut JoinSet<(u32, bool)>,
        flights: &Arc<Flights<u8, u32>>,
        gate: &Arc<Gate>,
        value: u32,
    ) -> tokio::task::AbortHandle {
        let (flights, gate) = (flights.clone(), gate.clone());
        tasks.spawn(async move { flights.join(1, || gate.produce(value)).await })
    }

    #[tokio::test]
    async fn many_at_once_are_one() {
        let (flights, gate) = (Arc::new(Flights::default()), Gate::shut());
        let mut tasks = JoinSet::new();
        for value in 0..100 {
            board(&mut tasks, &flights, &gate, value);
        }
        until_on_board(&flights, 100).await;
        gate.open();
        let all = timeout(PATIENCE, tasks.join_all()).await.unwrap();
        assert_eq!(gate.begun.load(SeqCst), 1);
        assert_eq!(all.iter().filter(|(_, led)| *led).count(), 1);
        assert!(all.iter().all(|(value, _)| *value == all[0].0));
        assert_eq!(flights.on_their_way(), 0);
    }

    #[tokio::test]
    async fn a_leader_that_is_cancelled_hands_over_once() {
        let (flights, gate) = (Arc::new(Flights::default()), Gate::shut());
        let mut tasks = JoinSet::new();
        let leader = board(&mut tasks, &flights, &gate, 0);
        gate.until_begun(1).await;
        for value in 1..50 {
            board(&mut tasks, &flights, &gate, value);
        }
        until_on_board(&flights, 50).await;
        leader.abort();
        gate.until_begun(2).await;
        gate.open();
        let mut values = Vec::new();
        while let Some(done) = timeout(PATIENCE, tasks.join_next()).await.unwrap() {
            values.extend(done.ok());
        }
        assert_eq!(values.len(), 49, "all but the cancelled one");
        assert_eq!(gate.begun.load(SeqCst), 2, "exactly one more");
        assert_eq!(flights.on_their_way(), 0);
    }

    #[tokio::test]
    async fn one_that_is_cancelled_alone_leaves_nothing_behind() {
        let (flights, gate) = (Arc::new(Flights::default()), Gate::shut());
        let mut tasks = JoinSet::new();
        board(&mut tasks, &flights, &gate, 0);
        gate.until_begun(1).await;
        tasks.shutdown().await;
        assert_eq!(flights.on_their_way(), 0);
    }

    #[tokio::test]
    async fn a_leader_that_panics_hands_over() {
        let (flights, gate) = (Arc::new(Flights::default()), Gate::shut());
        let mut tasks = JoinSet::new();
        let (failing, told) = (flights.clone(), gate.clone());
        tasks.spawn(async move {
            let fail = || async {
                told.produce(0).await;
                panic!("on purpose")
            };
            failing.join(1, fail).await
        });
        gate.until_begun(1).await;
        board(&mut tasks, &flights, &gate, 7);
        until_on_board(&flights, 2).await;
        gate.open();
        gate.until_begun(2).await;
        gate.open();
        let mut values = Vec::new();
        while let Some(done) = timeout(PATIENCE, tasks.join_next()).await.unwrap() {
            values.extend(done.ok());
        }
        assert_eq!(values, [(7, true)]);
    }

    #[tokio::test]
    async fn whoever_comes_later_begins_anew_also_while_others_still_leave() {
        let (flights, gate) = (Flights::default(), Gate::shut());
        let mut leader = Box::pin(flights.join(1, || gate.produce(1)));
        assert!(leader.as_mut().now_or_never().is_none());
        let mut follower = Box::pin(flights.join(1, || async { 8 }));
        assert!(follower.as_mut().now_or_never().is_none());
        gate.open();
        assert_eq!(leader.await, (1, true));
        // The follower has not looked yet.
        let later = timeout(PATIENCE, flights.join(1, || async { 2 })).await;
        assert_eq!(later.unwrap(), (2, true));
        assert_eq!(follower.await, (1, false));
        assert_eq!(flights.on_their_way(), 0);
    }
}
